// A model's configuration as Keras 3 writes it.
#pragma once

#include <string>

#include "layers/assemble_open.h"
#include "model/model.h"

namespace kerascope::api {

/// {module, class_name, config, registered_name} for a whole model: the config.json of a .keras. Layers from Keras 3
/// stay unchanged; layers of older files are converted.
/// @throws Error{save-unsupported} naming all layers of an older file that Kerascope does not know
Json keras3_config(const ModelData& model, const OpenAssembly& open);

/// The beginning of every layer's config: name and trainable. (Only Keras 3's SpatialDropouts refuse `trainable`.)
Json begun_config(const LayerData& layer);

/// The name of a layer's class in Keras 3, without its package.
std::string keras3_class(const LayerData& layer, const ModelData& model);

}  // namespace kerascope::api
