// Opens a model file of any format that Kerascope knows, told by its content.
#pragma once

#include <span>
#include <string>

#include "model/model.h"

namespace kerascope {

/// A JSON architecture gives a model without weights.
/// @throws Error{file-missing, format-unknown, format-unsupported, model-missing, model-opaque, config-invalid, ...}
ModelData open_model(const std::string& path);

/// True if the file begins as a model's does: HDF5, JSON, or an archive that holds a config.json.
bool is_model_file(const std::string& path);

/// True if the bytes begin as HDF5 does, maybe behind a block of the user's own.
bool is_hdf5(std::span<const std::byte> bytes);

}  // namespace kerascope
