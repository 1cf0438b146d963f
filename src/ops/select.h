// One of two values, element by element.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// x where the condition is true, otherwise y: numpy.where, with its broadcasting. x and y become the type that they
/// have in common. @throws Error{type-mismatch}
Value select(Graph& graph, Value condition, Value x, Value y);

}  // namespace kerascope::ops
