// Permutes axes.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// As numpy.transpose: axis i of the output is axis axes[i] of the input. A view if no number moves.
Value transpose(Graph& graph, Value x, std::vector<int> axes);

}  // namespace kerascope::ops
