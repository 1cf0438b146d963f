// Rows of a table by their indices.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// table (n, rest..) of any type with whole numbers `indices` (any shape) -> (indices.., rest..).
/// Fractions are cut off first. A run throws Error{index-out-of-range} for an index that is not 0 to n - 1.
Value gather(Graph& graph, Value table, Value indices);

}  // namespace kerascope::ops
