// Products with a layer's kernel.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

/// (..., I) with kernel (I, O) and bias (O) -> (..., O).
Value dense(Graph& graph, Value x, Value kernel, std::optional<Value> bias);

}  // namespace kerascope::ops
