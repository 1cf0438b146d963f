#include "base/kept.h"

#include <algorithm>

#include "base/memory.h"

namespace kerascope {
namespace {

/// Of the memory that is available, half is left to everything else.
constexpr std::size_t kShare = 2;
/// The available memory is looked up again after so many bytes.
constexpr std::size_t kLookUp = 64 << 20;

}  // namespace

std::shared_ptr<const void> Kept::get(const std::string& key, const std::function<Made()>& make) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = things_.find(key); found != things_.end()) return found->second;
  }
  const Made made = make();
  const std::lock_guard lock(mutex_);
  if (room_ < made.bytes) {
    const std::size_t most = available_memory() / kShare;
    room_ = std::min(most, std::max(made.bytes, kLookUp));
  }
  is_full_ = room_ < made.bytes;
  if (is_full_) return made.thing;
  const auto [at, is_new] = things_.emplace(key, made.thing);
  if (is_new) {
    bytes_ += made.bytes;
    room_ -= made.bytes;
  }
  return at->second;
}

std::size_t Kept::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

bool Kept::is_full() const {
  const std::lock_guard lock(mutex_);
  return is_full_;
}

}  // namespace kerascope
