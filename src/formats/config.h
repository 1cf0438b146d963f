// The configuration that every Keras saves, as a Network: Sequential (also the old list), functional, nested.
#pragma once

#include "kerascope/error.h"
#include "model/model.h"

namespace kerascope {

/// @param description  {class_name, config, ...} as in `model_config` or config.json.
/// @param keras_major  of the Keras that wrote it; older ones count a nested model's calls from 1.
/// @param file         the file's name, for messages.
/// @throws Error{config-invalid} with the place, {model-opaque} where the file holds no graph.
Network network_from_config(const Json& description, int keras_major, const std::string& file);

/// Whether a configuration that does not say its version has Keras 1's keys.
bool is_keras_1(const Json& description);

/// What is said of a file that Keras 1 wrote, whose configurations and weights are not understood.
Error of_keras_1(const std::string& file);

}  // namespace kerascope
