// What the normalization layers share.
#pragma once

#include "layers/build.h"

namespace kerascope::layers {

/// The shape of a weight along these axes. Keras 3 sorts the axes as the user gave them, so negative ones come first;
/// Keras 2 keeps their order, and writes them counted from 0.
inline Shape weight_shape(const Build& b, std::vector<std::int64_t> axes) {
  if (b.keras_major() >= 3) std::ranges::sort(axes);
  std::vector<std::int64_t> sizes;
  for (std::int64_t axis : axes) sizes.push_back(b.shape()[b.axis_with_numbers(axis)]);
  return Shape(std::move(sizes));
}

/// The sizes of the last `axes.size()` axes of x.
inline Shape row_shape(const Build& b, Value x, const std::vector<int>& axes) {
  const Shape& shape = b.graph.shape(x);
  return shape.slice(shape.rank() - static_cast<int>(axes.size()), shape.rank());
}

}  // namespace kerascope::layers
