// --input LAYER=FILE: outputs of layers that are fed from files instead of being computed.
#pragma once

#include "cli/request.h"

namespace kerascope::cli {

/// Files for the model's inputs and for layers (by address), and the layers' shapes as far as known.
struct Feeding {
  std::vector<InputFile> files;
  std::vector<ModelInput> layers;
};
/// @throws Error{usage, input-unknown, layer-ambiguous, ...}
Feeding feeding(const ModelData& model, std::vector<InputFile> files);

/// If layers are fed: checks that the inputs which the model's outputs still need are given.
/// @throws Error{input-missing}
void require_needed_inputs(const ModelData& model, const Fed& fed);

/// Compiles the function for `count` samples of the fed tensors.
std::unique_ptr<CompiledFunction> function_for(const ModelData& model, const Fed& fed, std::int64_t count,
                                               FunctionOptions options);
bool keeps_samples_apart(const ModelData& model, const Fed& fed);

/// The layers that cannot be computed; without layers before fed ones, or that depend on a missing input.
std::vector<Skipped> skipped_of(const ModelData& model, const Fed& fed, const CompiledFunction& function);

}  // namespace kerascope::cli
