// Sparsemax.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

Value sparsemax(Graph& graph, Value x, int axis = -1);

}  // namespace kerascope::ops
