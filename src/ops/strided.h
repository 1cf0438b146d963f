// Iterating over strided tensors: views of tensors with other strides than the output's.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace kerascope::ops {

/// An axis of K tensors that are iterated together: its size, and its stride in each.
template <std::size_t K>
struct StridedAxis {
  std::int64_t size;
  std::array<std::int64_t, K> strides;
};

/// The same elements in the same order with fewer axes: axes of size 1 are dropped, contiguous neighbours are merged.
template <std::size_t K>
std::vector<StridedAxis<K>> merged(std::span<const StridedAxis<K>> axes) {
  std::vector<StridedAxis<K>> result;
  for (const StridedAxis<K>& axis : axes) {
    if (axis.size == 1) continue;
    bool joins = !result.empty();
    for (std::size_t k = 0; k < K && joins; ++k) joins = result.back().strides[k] == axis.strides[k] * axis.size;
    if (joins)
      result.back() = {result.back().size * axis.size, axis.strides};
    else
      result.push_back(axis);
  }
  return result;
}

/// Visits the positions of `axes` in row-major order, from `position` on. No size may be 0; `axes` must outlive it.
template <std::size_t K>
class StridedIterator {
 public:
  StridedIterator(std::span<const StridedAxis<K>> axes, std::int64_t position) : axes_(axes), index_(axes.size()) {
    for (std::size_t axis = axes.size(); axis-- > 0; position /= axes[axis].size) {
      index_[axis] = position % axes[axis].size;
      for (std::size_t k = 0; k < K; ++k) offsets_[k] += index_[axis] * axes[axis].strides[k];
    }
  }

  /// The position's offset in each tensor.
  const std::array<std::int64_t, K>& offsets() const { return offsets_; }
  const std::vector<std::int64_t>& index() const { return index_; }

  void next() {
    for (std::size_t axis = axes_.size(); axis-- > 0;) {
      const bool wraps = ++index_[axis] == axes_[axis].size;
      const std::int64_t steps = wraps ? 1 - axes_[axis].size : 1;
      for (std::size_t k = 0; k < K; ++k) offsets_[k] += steps * axes_[axis].strides[k];
      if (!wraps) return;
      index_[axis] = 0;
    }
  }

 private:
  std::span<const StridedAxis<K>> axes_;
  std::vector<std::int64_t> index_;
  std::array<std::int64_t, K> offsets_{};
};

/// Cuts elements [begin, end) at the ends of rows and calls body(row, from, to) for columns [from, to) of each row.
template <typename Body>
void for_each_row_piece(std::int64_t begin, std::int64_t end, std::int64_t row_length, const Body& body) {
  for (std::int64_t row = begin / row_length, from = begin % row_length; begin < end; ++row, from = 0) {
    const std::int64_t to = std::min(row_length, from + end - begin);
    body(row, from, to);
    begin += to - from;
  }
}

}  // namespace kerascope::ops
