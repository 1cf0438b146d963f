#include "engine/arena.h"

#include <sys/mman.h>

#include "kerascope/error.h"

#include "base/text.h"

namespace kerascope {

Arena::Arena(std::size_t bytes) : size_(bytes) {
  if (size_ == 0) return;
  void* memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw Error({.code = "memory",
                 .what = fmt::format("{} of memory are needed and not to be had", text::bytes(size_)),
                 .hint = "ask for fewer layers, or a smaller batch"});
  // Touching memory for the first time costs several times less with pages of 2 MiB.
  madvise(memory, size_, MADV_HUGEPAGE);
  memory_ = static_cast<std::byte*>(memory);
}

Arena::~Arena() {
  if (memory_) munmap(memory_, size_);
}

std::shared_ptr<Arena> ArenaLender::lend() {
  std::unique_ptr<Arena> arena;
  {
    const std::lock_guard lock(returned_->mutex);
    arena = std::move(returned_->arena);
  }
  if (!arena) arena = std::make_unique<Arena>(bytes_);
  const auto give_back = [returned = std::weak_ptr(returned_)](Arena* given) {
    std::unique_ptr<Arena> unheld(given);
    if (const auto to = returned.lock()) {
      const std::lock_guard lock(to->mutex);
      std::swap(to->arena, unheld);
    }
  };
  return {arena.release(), give_back};
}

}  // namespace kerascope
