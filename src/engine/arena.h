// Memory for many tensors in one piece, on huge pages where the system gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace kerascope {

class Arena {
 public:
  explicit Arena(std::size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  float* at(std::size_t offset) const { return reinterpret_cast<float*>(memory_ + offset); }
  std::size_t size() const { return size_; }

 private:
  std::byte* memory_ = nullptr;
  std::size_t size_ = 0;
};

/// Lends memory, if possible what was given back: the system takes a while to clear new memory. Thread-safe.
class ArenaLender {
 public:
  /// At least so many bytes. Its last holder may let go of it in any thread, also when the lender is no more.
  std::shared_ptr<Arena> lend(std::size_t bytes);
  /// What is kept to be lent again.
  std::size_t idle_bytes() const;

 private:
  static constexpr std::size_t kMostIdle = 4;
  struct Idle {
    std::unique_ptr<Arena> arena;
    int passed_over = 0;  ///< so often it was not what was needed
  };
  struct Returned {
    std::mutex mutex;
    std::vector<Idle> idle;                  ///< the last given back first; few, as they take memory
    Returned() { idle.reserve(kMostIdle); }  // no memory is needed to give some back
  };
  std::shared_ptr<Returned> returned_ = std::make_shared<Returned>();
};

}  // namespace kerascope
