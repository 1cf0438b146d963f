// Whether the samples of a batch may be computed in parts.
#pragma once

#include <span>

#include "kerascope/shape.h"
#include "layers/assemble.h"
#include "model/model.h"

namespace kerascope {

/// True where, in the inference phase, all that a model computes for a sample depends on that sample alone. Says no
/// where it cannot tell.
/// @param shapes  of the inputs, in the model's order, for any batch; none where `fed` says what is fed.
bool keeps_samples_apart(const ModelData& model, std::span<const Shape> shapes, std::span<const Feed> fed = {});

}  // namespace kerascope
