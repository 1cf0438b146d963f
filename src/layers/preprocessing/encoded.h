// What the layers share that encode whole numbers as vectors.
#pragma once

#include <optional>

#include "kerascope/layers/preprocessing.h"
#include "layers/build.h"

namespace kerascope::layers {

/// Encodes numbers as vectors: (N, T) -> (N, depth), or with kOneHot (N, T, depth). Skips numbers from `depth` on.
/// @param weights  (N, T): what each number adds when they are counted.
Value encoded(Build& b, Value numbers, std::int64_t depth, CategoryMode mode, std::optional<Value> weights = {});

}  // namespace kerascope::layers
