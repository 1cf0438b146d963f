// NumPy's broadcasting: axes are aligned at the last one; axes of size 1 and missing axes are repeated.
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

/// See Op::keeps_items_apart: the first axis of an input that holds a batch must be the output's first axis.
bool broadcasts_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items);

/// The strides of `shape` along the axes of `out`; 0 along axes that are repeated.
std::vector<std::int64_t> broadcast_strides(const Shape& shape, const Shape& out);

/// The output's axes with the strides in each input, merged.
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
