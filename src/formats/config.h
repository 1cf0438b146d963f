// Reads the configuration that any Keras version saves into a Network: Sequential (also the old list), functional,
// nested.
#pragma once

#include "kerascope/error.h"
#include "model/model.h"

namespace kerascope {

/// @param description  {class_name, config, ...} as in `model_config` or config.json.
/// @param keras_major  of the Keras that wrote it; before 3 a nested model's calls count from 1.
/// @param file         the file's name, for messages.
/// @throws Error{config-invalid} with the place, {model-opaque} if the file holds no graph.
Network network_from_config(const Json& description, int keras_major, const std::string& file);

/// Whether a configuration without a version has the keys of Keras 1.
bool is_keras_1(const Json& description);

/// The error for a file of Keras 1, whose configurations and weights are not supported.
Error of_keras_1(const std::string& file);

}  // namespace kerascope
