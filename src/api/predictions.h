// Names of classes for a model whose outputs' shapes are known.
#pragma once

#include <span>

#include "kerascope/predictions.h"
#include "model/model.h"

namespace kerascope::api {

/// See kerascope::labels.
/// @param outputs  one shape per output of the model, batch first
std::vector<std::string> labels(const ModelData& model, std::span<const Shape> outputs);

}  // namespace kerascope::api
