// What the layers share that encode whole numbers as vectors.
#pragma once

#include <optional>

#include "kerascope/layers/preprocessing.h"
#include "layers/build.h"

namespace kerascope::layers {

/// Encodes numbers as vectors: (N, T) -> (N, depth), or with kOneHot (N, T, depth). Skips numbers from `depth` on.
/// @param weights  (N, T): what each number adds when they are counted.
Value encoded(Build& b, Value numbers, std::int64_t depth, CategoryMode mode, std::optional<Value> weights = {});
/// The same as a layer's outputs, which with kInt are the numbers themselves.
Outputs encoded(Build& b, Value numbers, std::int64_t depth, Discretization::Mode mode);

/// For a key, `sparse` or `ragged`, that asks for a tensor which is not dense.
/// @throws Error{layer-unsupported} if the config has it as true
void require_dense(const Build& b, const char* key);

}  // namespace kerascope::layers
