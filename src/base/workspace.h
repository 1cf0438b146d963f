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
/// @throws Error{memory}
Pages allocate_pages(std::size_t bytes);

/// Meant to be thread_local, and used within a parallel::Computation. Each request invalidates its previous content.
class Workspace {
 public:
  Workspace();
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  /// Memory as from allocate_pages.
  void* bytes(std::size_t count);
  float* floats(std::size_t count) { return static_cast<float*>(bytes(count * sizeof(float))); }

  std::size_t capacity() const { return capacity_; }

  /// Gives back the memory of all threads' workspaces of which less than half was asked for since the last time. Nobody
  /// may use one meanwhile.
  static void shrink_all();

 private:
  Pages memory_;
  std::size_t capacity_ = 0, most_used_ = 0;
};

}  // namespace kerascope
