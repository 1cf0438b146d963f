// A cache of what op kernels make of a model's weights: converted, packed or transformed arrays.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

namespace kerascope {

/// Makes each entry once; if memory is short, again each time. Thread-safe.
class WeightCache {
 public:
  struct Entry {
    std::shared_ptr<const void> value;
    std::size_t bytes = 0;
  };
  /// The value with this key, made if it is not in the cache. If two threads ask at the same time, both may make it;
  /// both get the same one.
  std::shared_ptr<const void> get(const std::string& key, const std::function<Entry()>& make);

  /// The size of all entries.
  std::size_t bytes() const;
  /// True if memory was too short for the latest new entry.
  bool is_full() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const void>> values_;
  std::size_t bytes_ = 0;
  std::size_t room_ = 0;  ///< how much more may be cached before the available memory is looked up again
  bool is_full_ = false;
};

}  // namespace kerascope
