// Numbers -> the numbers of the bins that they are in.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// How many boundaries are not above each number, int32; NaN is above all.
/// @param boundaries  ascending
Value bucketize(Graph& graph, Value x, std::vector<float> boundaries);

}  // namespace kerascope::ops
