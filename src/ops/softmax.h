// Softmax and its logarithm.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

Value softmax(Graph& graph, Value x, int axis = -1);
Value log_softmax(Graph& graph, Value x, int axis = -1);

}  // namespace kerascope::ops
