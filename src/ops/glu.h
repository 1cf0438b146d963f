// The gated linear unit.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// Splits the axis in two halves: first * sigmoid(second).
Value glu(Graph& graph, Value x, int axis = -1);

}  // namespace kerascope::ops
