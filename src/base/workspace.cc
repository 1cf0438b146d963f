#include "base/workspace.h"

#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace kerascope {

void* allocate_pages(std::size_t bytes) {
  constexpr std::size_t kPage = 4 << 10, kHugePage = 2 << 20;
  const std::size_t page = bytes >= 2 * kHugePage ? kHugePage : kPage, rounded = (bytes + page) / page * page;
  void* memory = std::aligned_alloc(page, rounded);
  if (!memory) throw std::bad_alloc();
  // They are faster to touch for the first time, and to walk through.
  if (page == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

void* Workspace::bytes(std::size_t count) {
  if (count > capacity_) {
    memory_.reset();
    capacity_ = 0;
    memory_.reset(allocate_pages(count));
    capacity_ = count;
  }
  return memory_.get();
}

void Workspace::Free::operator()(void* memory) const { std::free(memory); }

}  // namespace kerascope
