// Joins tensors along an axis.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

Value concatenate(Graph& graph, const std::vector<Value>& parts, int axis);

}  // namespace kerascope::ops
