// Entries of a table by their numbers.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// table (n, rest..) of float32 with whole numbers `indices` (any shape) -> (indices.., rest..).
/// What is no whole number is cut off first. A run throws Error{index-out-of-range} for one that is not 0 to n - 1.
Value gather(Graph& graph, Value table, Value indices);

}  // namespace kerascope::ops
