// Pooling.
#pragma once

#include "ops/graph.h"
#include "ops/spatial.h"

namespace kerascope::ops {

enum class PoolKind { kMax, kAverage };
struct PoolOptions {
  Spatial size;
  Spatial strides;  ///< empty: as size
  Padding padding = Padding::kValid;
};
/// (N, spatial.., C) -> (N, spatial.., C). Padding counts neither in the maximum nor in the average.
Value pool(Graph& graph, Value x, PoolKind kind, const PoolOptions& options);

/// (N, spatial.., C) -> (N, out.., C): along an axis of `in` numbers, window i of `out` reaches from i * in / out,
/// rounded down, to (i + 1) * in / out, rounded up.
Value adaptive_pool(Graph& graph, Value x, PoolKind kind, const Spatial& out);

}  // namespace kerascope::ops
