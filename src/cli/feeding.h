// --input LAYER=FILE: outputs of layers that are fed instead of being computed.
#pragma once

#include "cli/request.h"

namespace kerascope::cli {

/// Files for the model's inputs and for layers, these under their addresses, and what is known of the layers' shapes.
struct Feeding {
  std::vector<InputFile> files;
  std::vector<ModelInput> layers;
};
/// @throws Error{usage, input-unknown, layer-ambiguous, ...}
Feeding feeding(const ModelData& model, std::vector<InputFile> files);

/// Where layers are fed: the inputs that the model's outputs need all the same are there.
/// @throws Error{input-missing}
void require_needed_inputs(const ModelData& model, const Fed& fed);

/// The function for so many samples of what is fed.
std::unique_ptr<CompiledFunction> function_for(const ModelData& model, const Fed& fed, std::int64_t count,
                                               FunctionOptions options);
bool keeps_samples_apart(const ModelData& model, const Fed& fed);

/// What cannot be computed. Where layers are fed, not what lies before them or depends on an input that is left out.
std::vector<Skipped> skipped_of(const ModelData& model, const Fed& fed, const CompiledFunction& function);

}  // namespace kerascope::cli
