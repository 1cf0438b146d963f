#include "engine/arena.h"

#include <sys/mman.h>

#include <algorithm>

#include "base/memory.h"

namespace kerascope {

Arena::Arena(std::size_t bytes) : size_(bytes) {
  if (size_ == 0) return;
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw want_of_memory(size_);
  // Touching memory for the first time costs several times less with pages of 2 MiB.
  madvise(memory, size_, MADV_HUGEPAGE);
  memory_ = static_cast<std::byte*>(memory);
}

Arena::~Arena() {
  if (memory_) munmap(memory_, size_);
}

std::shared_ptr<Arena> ArenaPool::lend(std::size_t bytes) {
  if (bytes == 0) return std::make_shared<Arena>(0);
  constexpr std::size_t kSmall = 4 << 20;
  constexpr int kMostPassedOver = 16;
  std::unique_ptr<Arena> arena;
  {
    const std::lock_guard lock(returned_->mutex);
    auto& idle = returned_->idle;
    const auto fits = [&](const Idle& one) {
      return one.arena->size() >= bytes && one.arena->size() <= std::max(2 * bytes, kSmall);
    };
    // The latest is the likeliest to be in a cache still.
    if (const auto found = std::ranges::find_if(idle, fits); found != idle.end()) {
      arena = std::move(found->arena);
      idle.erase(found);
    }
    std::erase_if(idle, [](Idle& one) { return ++one.passed_over > kMostPassedOver; });
  }
  if (!arena) arena = std::make_unique<Arena>(bytes);
  const auto give_back = [returned = std::weak_ptr(returned_)](Arena* given) {
    Idle unheld{std::unique_ptr<Arena>(given)};
    if (const auto to = returned.lock()) {
      const std::lock_guard lock(to->mutex);
      auto& idle = to->idle;
      if (idle.size() == kMostIdle)
        std::ranges::rotate(idle, idle.end() - 1);
      else
        idle.emplace(idle.begin());
      std::swap(idle.front(), unheld);
    }
  };
  return {arena.release(), give_back};
}

std::size_t ArenaPool::idle_bytes() const {
  const std::lock_guard lock(returned_->mutex);
  std::size_t bytes = 0;
  for (const Idle& one : returned_->idle) bytes += one.arena->size();
  return bytes;
}

}  // namespace kerascope
