// A model's configuration as Keras 3 writes it.
#pragma once

#include <string>

#include "layers/assemble_open.h"
#include "model/model.h"

namespace kerascope::api {

/// {module, class_name, config, registered_name} of a whole model: the config.json of a .keras. What Keras 3 wrote is
/// kept as it was; layers of older files are written as Keras 3 would.
/// @throws Error{save-unsupported} that names every layer of an older file which Kerascope does not know
Json keras3_config(const ModelData& model, const OpenAssembly& open);

/// Name and whether it is trainable, with which every layer's config begins; only Keras 3's SpatialDropouts refuse the
/// latter.
Json begun_config(const LayerData& layer);

/// What Keras 3 calls the class of a layer, without its package.
std::string keras3_class(const LayerData& layer, const ModelData& model);

}  // namespace kerascope::api
