// The .keras archive of Keras 3 (and of late tf.keras): a zip of configuration and weights.
#pragma once

#include <memory>

#include "base/file.h"
#include "model/model.h"

namespace kerascope {

ModelData read_keras_archive(std::shared_ptr<const MappedFile> file);

/// Reads an unpacked .keras archive.
ModelData read_keras_folder(const std::string& path);
/// Whether a folder is an unpacked archive: it holds config.json, and metadata.json or weights.
bool is_keras_folder(const std::string& path);

}  // namespace kerascope
