// Memory that a thread uses again and again for what it needs for a moment.
#pragma once

#include <cstddef>
#include <memory>

namespace kerascope {

/// Meant to be thread_local: it only grows, and what was in it is lost with each request.
class Workspace {
 public:
  /// Aligned to a page, on huge pages where it is large.
  /// @throws std::bad_alloc
  void* bytes(std::size_t count);
  float* floats(std::size_t count) { return static_cast<float*>(bytes(count * sizeof(float))); }

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<void, Free> memory_;
  std::size_t capacity_ = 0;
};

/// Uninitialised memory as Workspace gives it, to be given to std::free.
void* allocate_pages(std::size_t bytes);

}  // namespace kerascope
