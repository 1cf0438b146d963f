// Places tensors of different lifetimes in one arena.
#pragma once

#include <cstddef>
#include <map>

namespace kerascope {

/// First-fit allocation of offsets: the lowest gap that is large enough. The range grows as needed.
class FirstFit {
 public:
  std::size_t take(std::size_t bytes) {
    for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
      if (gap->second < bytes) continue;
      const auto [offset, size] = *gap;
      gaps_.erase(gap);
      if (size > bytes) gaps_[offset + bytes] = size - bytes;
      return offset;
    }
    // No gap fits. One at the end of the range is extended.
    std::size_t offset = end_;
    if (!gaps_.empty() && std::prev(gaps_.end())->first + std::prev(gaps_.end())->second == end_) {
      offset = std::prev(gaps_.end())->first;
      gaps_.erase(std::prev(gaps_.end()));
    }
    end_ = offset + bytes;
    return offset;
  }

  void give_back(std::size_t offset, std::size_t bytes) {
    auto gap = gaps_.emplace(offset, bytes).first;
    if (auto next = std::next(gap); next != gaps_.end() && gap->first + gap->second == next->first) {
      gap->second += next->second;
      gaps_.erase(next);
    }
    if (gap == gaps_.begin()) return;
    if (auto before = std::prev(gap); before->first + before->second == gap->first) {
      before->second += gap->second;
      gaps_.erase(gap);
    }
  }

  std::size_t end() const { return end_; }

 private:
  std::map<std::size_t, std::size_t> gaps_;  ///< offset -> bytes
  std::size_t end_ = 0;
};

}  // namespace kerascope
