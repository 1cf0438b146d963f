// Memory for many tensors in one piece, on huge pages where the system gives them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

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

/// Gives memory of one size, that which was given back if nobody has it.
class ArenaLender {
 public:
  explicit ArenaLender(std::size_t bytes) : returned_(std::make_shared<Returned>()), bytes_(bytes) {}

  /// Its last holder may let go of it in any thread, also when the lender is no more.
  std::shared_ptr<Arena> lend();

 private:
  struct Returned {
    std::mutex mutex;
    std::unique_ptr<Arena> arena;
  };
  std::shared_ptr<Returned> returned_;
  std::size_t bytes_;
};

}  // namespace kerascope
