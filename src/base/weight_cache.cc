#include "base/weight_cache.h"

#include <algorithm>

#include "base/memory.h"

namespace kerascope {
namespace {

/// The cache may take one part in kShare of the available memory.
constexpr std::size_t kShare = 2;
/// The available memory is looked up again after this many bytes.
constexpr std::size_t kLookUp = 64 << 20;

}  // namespace

std::shared_ptr<const void> WeightCache::get(const std::string& key, const std::function<Entry()>& make) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = values_.find(key); found != values_.end()) return found->second;
  }
  const Entry made = make();
  const std::lock_guard lock(mutex_);
  if (room_ < made.bytes) {
    const std::size_t most = available_memory() / kShare;
    room_ = std::min(most, std::max(made.bytes, kLookUp));
  }
  is_full_ = room_ < made.bytes;
  if (is_full_) return made.value;
  const auto [at, is_new] = values_.emplace(key, made.value);
  if (is_new) {
    bytes_ += made.bytes;
    room_ -= made.bytes;
  }
  return at->second;
}

std::size_t WeightCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

bool WeightCache::is_full() const {
  const std::lock_guard lock(mutex_);
  return is_full_;
}

}  // namespace kerascope
