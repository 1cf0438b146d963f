// Arenas: one allocation for many tensors, on huge pages if the system has them; and a pool that lends arenas.
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

/// A lending pool: prefers arenas that were given back, as the system takes a while to clear new memory. Thread-safe.
class ArenaPool {
 public:
  /// @return  an arena of at least `bytes`. Whoever drops the last pointer gives it back: in any thread, and even after
  ///          the pool was destroyed.
  std::shared_ptr<Arena> lend(std::size_t bytes);
  /// Bytes of the arenas that nobody holds.
  std::size_t idle_bytes() const;

 private:
  static constexpr std::size_t kMostIdle = 4;
  struct Idle {
    std::unique_ptr<Arena> arena;
    int passed_over = 0;  ///< how many loans took another arena
  };
  struct Returned {
    std::mutex mutex;
    std::vector<Idle> idle;                  ///< the latest first; at most kMostIdle, as they take memory
    Returned() { idle.reserve(kMostIdle); }  // giving back never allocates
  };
  std::shared_ptr<Returned> returned_ = std::make_shared<Returned>();
};

}  // namespace kerascope
