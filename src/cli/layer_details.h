// kerascope layers MODEL --layer LAYER: all that the file says of chosen layers, computable or not.
#pragma once

#include "cli/request.h"
#include "layers/assemble_open.h"

namespace kerascope::cli {

/// Prints a paragraph for each chosen layer: place, class, inputs, output, config, weights with their statistics.
/// @throws Error{layer-not-found, ...} if Request::layers names what is not there
void print_layer_details(const Request& request, const ModelData& model, const OpenAssembly& open);

}  // namespace kerascope::cli
