// One of two values, element by element.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// numpy.where with its broadcasting; x and y are cast to their common type. @throws Error{type-mismatch}
Value select(Graph& graph, Value condition, Value x, Value y);

}  // namespace kerascope::ops
