// kerascope layers MODEL --layer LAYER: everything that the file stores for chosen layers, computable or not.
#pragma once

#include "cli/request.h"
#include "layers/assemble_open.h"

namespace kerascope::cli {

/// Prints a paragraph per chosen layer: place, class, inputs, output, config, weights with their statistics.
/// @throws Error{layer-not-found, ...} if Request::layers names a layer that does not exist
void print_layer_details(const Request& request, const ModelData& model, const OpenAssembly& open);

}  // namespace kerascope::cli
