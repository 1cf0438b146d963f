// One-hot, multi-hot and counted vectors.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

/// (.., T) -> (.., depth): 1 at the index of each of the T integers; integers outside of [0, depth) are ignored.
struct CategoriesOptions {
  std::int64_t depth = 1;
  bool counts = false;  ///< how often each integer occurs, or the sum of its weights
};
/// @param weights  (.., T), one per integer; only with `counts`
Value categories(Graph& graph, Value x, std::optional<Value> weights, const CategoriesOptions& options);

}  // namespace kerascope::ops
