// What was made of a model's weights, kept for all that compute with the model.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace kerascope {

/// Each thing is made once, if memory is not short; otherwise again each time. Thread-safe.
class Kept {
 public:
  struct Made {
    std::shared_ptr<const void> thing;
    std::size_t bytes = 0;
  };
  /// The thing with this key; what `make` gives if there is none. Two threads that ask at the same time may both make
  /// it and get the same one.
  std::shared_ptr<const void> get(const std::string& key, const std::function<Made()>& make);

  /// What all that is kept takes.
  std::size_t bytes() const;
  /// True if memory was too short for what was made last.
  bool is_full() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const void>> things_;
  std::size_t bytes_ = 0;
  std::size_t room_ = 0;  ///< how much more may be kept before the machine is asked again
  bool is_full_ = false;
};

}  // namespace kerascope
