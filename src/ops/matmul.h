// Products of matrices.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// (N, M, K) by (N, K, O) -> (N, M, O), matrix by matrix.
Value matmul(Graph& graph, Value left, Value right);

}  // namespace kerascope::ops
