// Permutes axes.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// axes[i] is the input's axis that becomes axis i, as numpy.transpose. A view where no number moves.
Value transpose(Graph& graph, Value x, std::vector<int> axes);

}  // namespace kerascope::ops
