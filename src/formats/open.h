// Opens a model file of any format that Kerascope knows; the content tells the format.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/model.h"

namespace kerascope {

/// A JSON architecture gives a model without weights.
/// @throws Error{file-missing, format-unknown, format-unsupported, model-missing, model-opaque, config-invalid, ...}
ModelData open_model(const std::string& path);

/// A model from its architecture and weights in memory; see from_json.
ModelData model_in_memory(const std::string& json, const std::vector<std::pair<std::string, Tensor>>& weights,
                          const std::string& keras_version);

/// True if the file begins like a model: HDF5, JSON, or an archive that holds a config.json.
bool is_model_file(const std::string& path);

/// True if the bytes begin like HDF5, possibly after a user block.
bool is_hdf5(std::span<const std::byte> bytes);

}  // namespace kerascope
