#include "base/workspace.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <unordered_set>

#include "base/memory.h"

namespace kerascope {

void FreePages::operator()(void* memory) const { munmap(memory, bytes); }

Pages allocate_pages(std::size_t bytes) {
  constexpr std::size_t kPage = 4 << 10, kHugePage = 2 << 20;
  const std::size_t page = bytes >= 2 * kHugePage ? kHugePage : kPage, rounded = (bytes + page) / page * page;
  const std::size_t most = page == kHugePage ? rounded + page : rounded;  // room to begin at a huge page's boundary
  void* mapped = mmap(nullptr, most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw want_of_memory(bytes);
  if (page != kHugePage) return {mapped, FreePages{rounded}};
  char* begin = static_cast<char*>(mapped);
  if (const std::size_t before = (page - reinterpret_cast<std::uintptr_t>(begin) % page) % page; before > 0)
    munmap(begin, before), begin += before;
  if (char* end = static_cast<char*>(mapped) + most; end > begin + rounded)
    munmap(begin + rounded, static_cast<std::size_t>(end - begin) - rounded);
  madvise(begin, rounded, MADV_HUGEPAGE);  // faster page faults and fewer TLB misses
  return {begin, FreePages{rounded}};
}

namespace {

struct Workspaces {
  std::mutex mutex;
  std::unordered_set<Workspace*> all;
};
Workspaces& workspaces() {
  static auto* const known = new Workspaces;  // threads that end after it would be destroyed use it
  return *known;
}

}  // namespace

Workspace::Workspace() {
  const std::lock_guard lock(workspaces().mutex);
  workspaces().all.insert(this);
}

Workspace::~Workspace() {
  const std::lock_guard lock(workspaces().mutex);
  workspaces().all.erase(this);
}

void Workspace::shrink_all() {
  const std::lock_guard lock(workspaces().mutex);
  for (Workspace* one : workspaces().all) {
    if (one->most_used_ < one->capacity_ / 2) {
      one->memory_.reset();
      one->capacity_ = 0;
    }
    one->most_used_ = 0;
  }
}

void* Workspace::bytes(std::size_t count) {
  most_used_ = std::max(most_used_, count);
  if (count > capacity_) {
    memory_.reset();
    capacity_ = 0;
    memory_ = allocate_pages(count);
    capacity_ = count;
  }
  return memory_.get();
}

}  // namespace kerascope
