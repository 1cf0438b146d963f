// --input LAYER=FILE: outputs of layers that are fed from files instead of being computed.
#pragma once

#include <memory>
#include <vector>

#include "engine/function.h"
#include "inputs/feed.h"
#include "model/model.h"

namespace kerascope::api {

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

/// For `count` samples: what is fed, if layers are among it; otherwise the inputs' shapes, in the model's order.
std::vector<Feed> feeds_of(const Fed& fed, std::int64_t count);
std::vector<Shape> shapes_of(const Fed& fed, std::int64_t count);
/// For a function of fed layers. @throws Error{graph-disconnected} if nothing that is asked for can be computed
void require_chosen(const CompiledFunction& function, const FunctionOptions& options);

/// The layers that cannot be computed; without layers before fed ones, or that depend on a missing input.
std::vector<Skipped> skipped_of(const ModelData& model, const Fed& fed, const CompiledFunction& function);

}  // namespace kerascope::api
