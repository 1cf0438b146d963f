// NumPy's broadcasting: axes count from the last one, and what has size 1 or is missing is repeated.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "kerascope/shape.h"
#include "ops/strided.h"

namespace kerascope::ops {

/// @throws Error{shape-mismatch} naming the op if the shapes do not broadcast
Shape broadcast_shape(std::string_view op, std::span<const Shape> in);

/// See Op::keeps_items_apart: what has items must have its first axis where the output has it.
bool broadcasts_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items);

/// The strides of `shape` along the axes of `out`, 0 where it is repeated.
std::vector<std::int64_t> broadcast_strides(const Shape& shape, const Shape& out);

/// The output's axes with the strides in each input, as few as possible.
template <std::size_t K>
std::vector<StridedAxis<K>> broadcast_axes(const std::array<Shape, K>& in, const Shape& out) {
  std::vector<StridedAxis<K>> axes(static_cast<std::size_t>(out.rank()));
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i].size = out[static_cast<int>(i)];
  for (std::size_t k = 0; k < K; ++k) {
    const std::vector<std::int64_t> strides = broadcast_strides(in[k], out);
    for (std::size_t i = 0; i < axes.size(); ++i) axes[i].strides[k] = strides[i];
  }
  return merged<K>(axes);
}

}  // namespace kerascope::ops
