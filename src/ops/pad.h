// Constant borders around a tensor.
#pragma once

#include <array>
#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// before and after for every axis, batch included; the padding has the value `fill`.
struct PadOptions {
  std::vector<std::array<std::int64_t, 2>> sizes;
  float fill = 0;
};
Value pad(Graph& graph, Value x, const PadOptions& options);

}  // namespace kerascope::ops
