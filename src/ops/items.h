// Whether the items of a batch stay apart in a graph.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// For each value whether it has one item of the batch per place of axis 0, given which inputs have; nothing if items
/// may mix on the way to `results`, or if that cannot be told.
/// @param has_items  the graph's inputs that have them.
std::optional<std::vector<bool>> items_apart(const Graph& graph, const std::vector<Value>& has_items,
                                             const std::vector<Value>& results);

}  // namespace kerascope::ops
