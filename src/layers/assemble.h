// From a Model to a Graph for known input shapes: every call of every layer at every depth, with its address.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kerascope/error.h"
#include "layers/build.h"
#include "model/address.h"
#include "model/model.h"
#include "ops/graph.h"

namespace kerascope {

enum class Phase { kInference, kTraining };

struct AssembleOptions {
  Phase phase = Phase::kInference;
  bool random = true;  ///< false: dropout and noise keep still in the training phase
};

/// What became of a site: its output, or why it cannot be computed.
struct SiteResult {
  std::optional<Output> output;
  std::shared_ptr<const Error> problem;
};

/// An input of the model: the InputLayer's name and what the file says of its shape (-1 where it says nothing).
struct ModelInput {
  std::string name;
  std::vector<std::int64_t> shape;  ///< batch first; empty where the file says nothing at all
  std::string axes;                 ///< roles without the batch axis: "HWC" or "CHW"
};
std::vector<ModelInput> model_inputs(const Model& model);

struct Assembly {
  Graph graph;
  std::vector<Site> sites;
  std::vector<SiteResult> results;  ///< one a site
  std::vector<Value> inputs;        ///< in the model's order
  std::vector<int> outputs;         ///< the sites of the model's outputs, in the model's order
  std::vector<std::string> notes;   ///< what was odd but not fatal
};

/// @param shapes  one a model input, batch first, all numbers known.
/// @throws Error{input-count}; what one layer cannot do is kept as its site's problem.
Assembly assemble(const Model& model, std::span<const Shape> shapes, const AssembleOptions& options = {});

/// How many numbers the file holds for this layer and, in nested models, all layers below.
std::int64_t parameter_count(const Layer& layer);

}  // namespace kerascope
