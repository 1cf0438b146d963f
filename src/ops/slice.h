// Parts of a tensor.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// `size` positions from `start` on, `step` apart; a negative step goes backwards, step 0 repeats.
struct SliceAxis {
  std::int64_t start = 0, size = 0, step = 1;
};
/// One entry for every axis, batch included.
Value slice(Graph& graph, Value x, std::vector<SliceAxis> axes);

}  // namespace kerascope::ops
