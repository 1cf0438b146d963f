// Scratch memory that a thread reuses.
#pragma once

#include <cstddef>
#include <memory>

namespace kerascope {

/// Returns pages to the system at once; malloc would keep them.
struct FreePages {
  std::size_t bytes = 0;
  void operator()(void* memory) const;
};
using Pages = std::unique_ptr<void, FreePages>;
/// Uninitialised memory, aligned to a page, on huge pages if it is large.
/// @throws std::bad_alloc
Pages allocate_pages(std::size_t bytes);

/// Meant to be thread_local. It only grows, and each request invalidates its previous content.
class Workspace {
 public:
  /// Memory as from allocate_pages.
  void* bytes(std::size_t count);
  float* floats(std::size_t count) { return static_cast<float*>(bytes(count * sizeof(float))); }

 private:
  Pages memory_;
  std::size_t capacity_ = 0;
};

}  // namespace kerascope
