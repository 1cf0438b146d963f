// Whether a graph computes each item of a batch independently.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// For each value whether it holds a batch along axis 0; nothing if items may mix on the way to `results`.
/// @param has_items  the graph's inputs that hold a batch.
std::optional<std::vector<bool>> items_apart(const Graph& graph, const std::vector<Value>& has_items,
                                             const std::vector<Value>& results);

}  // namespace kerascope::ops
