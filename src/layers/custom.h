// Layers that the program computes itself.
#pragma once

#include <string>

#include "layers/build.h"

namespace kerascope {

/// Null if the program computes no layers of this class.
const CustomLayer* custom_layer_of(const ModelData& model, const LayerData& layer);

/// Adds a call of the function. What it gives for zeros shows the types of the outputs, and which have masks.
/// @param weights  of the layer, as stored_weights() names them
/// @throws Error{custom-layer-failed} with what the function throws; also if it gives texts or nothing
Outputs build_custom(const CustomLayer& custom, const std::string& address, const std::vector<StoredWeight>& weights,
                     Build& build);

}  // namespace kerascope
