// Memory that a thread uses again and again for what it needs for a moment.
#pragma once

#include <cstddef>
#include <memory>

namespace kerascope {

/// Gives pages back to the system at once, which malloc would keep for later.
struct FreePages {
  std::size_t bytes = 0;
  void operator()(void* memory) const;
};
using Pages = std::unique_ptr<void, FreePages>;
/// Uninitialised memory, aligned to a page, on huge pages where it is large.
/// @throws std::bad_alloc
Pages allocate_pages(std::size_t bytes);

/// Meant to be thread_local: it only grows, and what was in it is lost with each request.
class Workspace {
 public:
  /// As allocate_pages gives it.
  void* bytes(std::size_t count);
  float* floats(std::size_t count) { return static_cast<float*>(bytes(count * sizeof(float))); }

 private:
  Pages memory_;
  std::size_t capacity_ = 0;
};

}  // namespace kerascope
