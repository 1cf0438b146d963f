// What layers that make vectors of whole numbers share.
#pragma once

#include <optional>

#include "kerascope/layers/preprocessing.h"
#include "layers/build.h"

namespace kerascope::layers {

/// (N, T) -> (N, depth), or with kOneHot (N, T, depth): numbers as vectors; those from `depth` on are passed over.
/// @param weights  (N, T), of the numbers that are counted.
Value encoded(Build& b, Value numbers, std::int64_t depth, CategoryMode mode, std::optional<Value> weights = {});

}  // namespace kerascope::layers
