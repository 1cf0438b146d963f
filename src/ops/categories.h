// One-hot, multi-hot and counted vectors.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

/// (.., T) -> (.., depth): 1 where one of the T whole numbers is the place's; what lies outside is passed over.
struct CategoriesOptions {
  std::int64_t depth = 1;
  bool counts = false;  ///< how often it is, or the sum of its weights
};
/// @param weights  (.., T), of the numbers; counts only
Value categories(Graph& graph, Value x, std::optional<Value> weights, const CategoriesOptions& options);

}  // namespace kerascope::ops
