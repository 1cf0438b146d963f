// Products of matrices.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// Which operands have their last two axes the other way round: (B.., K, M), (B.., O, K).
struct MatmulOptions {
  bool transpose_left = false, transpose_right = false;
};
/// (B.., M, K) by (B.., K, O) -> (B.., M, O), matrix by matrix; the axes before the last two broadcast as NumPy's.
Value matmul(Graph& graph, Value left, Value right, const MatmulOptions& options = {});

}  // namespace kerascope::ops
