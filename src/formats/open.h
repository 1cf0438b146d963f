// Opens a model file of any format that Kerascope knows, told by its content.
#pragma once

#include <string>

#include "model/model.h"

namespace kerascope {

/// @throws Error{file-missing, format-unknown, format-unsupported, model-missing, model-opaque, config-invalid, ...}
ModelData open_model(const std::string& path);

/// True if the file begins as a model's does: HDF5, or an archive that holds a config.json.
bool is_model_file(const std::string& path);

}  // namespace kerascope
