// Axis arguments: counted from either end, checked once.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "kerascope/error.h"
#include "kerascope/shape.h"

namespace kerascope::ops {

/// The axis counted from 0.
/// @throws Error{axis-invalid} if the shape has no such axis.
inline int resolved_axis(std::string_view op, int axis, const Shape& shape) {
  if (axis < -shape.rank() || axis >= shape.rank())
    throw Error(
        {.code = "axis-invalid",
         .what = fmt::format("{} has axis {}, but its input {} has {} axes", op, axis, shape.str(), shape.rank())});
  return axis < 0 ? axis + shape.rank() : axis;
}

/// A tensor seen from one of its axes: (outer, size, inner).
struct AxisView {
  std::int64_t outer, size, inner;
};
inline AxisView view_of_axis(const Shape& shape, int axis) {
  return {shape.elements(0, axis), shape[axis], shape.elements(axis + 1, shape.rank())};
}

}  // namespace kerascope::ops
