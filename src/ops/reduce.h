// Reductions over axes.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

enum class Reduction { kMean, kMax, kSum };
/// Reduces over `axes` (each from 0), which vanish or, with keepdims, become 1.
struct ReduceOptions {
  std::vector<int> axes;
  bool keepdims = false;
};
/// Means are float32. The maximum of integers has their type, their sum too, but at least int32 (as in Keras); sums of
/// bools are int32.
Value reduce(Graph& graph, Value x, Reduction reduction, const ReduceOptions& options);

}  // namespace kerascope::ops
