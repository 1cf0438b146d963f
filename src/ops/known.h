// Numbers that are known before a run.
#pragma once

#include <optional>

#include "ops/graph.h"

namespace kerascope::ops {

/// The numbers of a value that only depends on constants, such as the shape of a tensor, computed now. Nothing if the
/// value depends on an input or a weight.
std::optional<Tensor> known(const Graph& graph, Value value);

}  // namespace kerascope::ops
