// Loads weights from a file into a model's data; see Model::load_weights.
#pragma once

#include <string>

#include "kerascope/model.h"
#include "model/model.h"

namespace kerascope::api {

/// @return  the model's network with its new weights; `model` is unchanged
/// @throws Error{weights-mismatch, weights-missing, ...}
Network with_weights(const ModelData& model, const std::string& path, const LoadWeightsOptions& options,
                     LoadedWeights& loaded);

}  // namespace kerascope::api
