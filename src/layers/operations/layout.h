// Moves of numbers that operations are made of.
#pragma once

#include <vector>

#include "layers/build.h"
#include "ops/slice.h"

namespace kerascope::operations {

/// All of a tensor, to be changed along some axes.
std::vector<ops::SliceAxis> whole(const Shape& shape);
/// Some positions along one axis.
Value part(Build& b, Value x, int axis, const ops::SliceAxis& positions);
/// NumPy's broadcasting to a shape. @throws Error{shape-mismatch}
Value broadcast_to(Build& b, Value x, const Shape& shape);
/// Inserts an axis of size 1.
Value with_axis(Build& b, Value x, int axis);
Value without_axis(Build& b, Value x, int axis);
/// Moves one axis to another place; the others keep their order.
Value moved(Build& b, Value x, int from, int to);
/// Bools (rows, columns), which `holds` tells.
Value mask_of(Build& b, std::int64_t rows, std::int64_t columns,
              const std::function<bool(std::int64_t row, std::int64_t column)>& holds);
/// One number in the shape of x and, as x has it, of its own batch.
Value full_like(Build& b, Value x, double number, DType dtype);

}  // namespace kerascope::operations
