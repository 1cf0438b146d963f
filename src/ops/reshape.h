// Other shapes for the same numbers.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

/// A view: the same numbers, another shape of as many elements.
Value reshape(Graph& graph, Value x, Shape shape);
/// The shape of `elements` numbers if one size may be -1, which stands for the rest; empty if there is no such shape.
std::optional<Shape> completed_shape(Shape wanted, std::int64_t elements);

}  // namespace kerascope::ops
