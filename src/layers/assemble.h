// From a Model to a Graph for known input shapes: every call of every layer at every depth, with its address.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/error.h"
#include "layers/bind.h"
#include "layers/build.h"
#include "model/address.h"
#include "model/model.h"
#include "ops/graph.h"

namespace kerascope {

/// Where numbers come in: a site, which is then not computed, and their shape.
struct Feed {
  std::string address;
  Shape shape;
};

struct AssembleOptions {
  Phase phase = Phase::kInference;
  bool random = true;  ///< false: dropout and noise keep still in the training phase
  /// What is fed instead of the model's inputs.
  std::vector<Feed> fed = {};
  bool with_weights = true;  ///< false: nobody asks yet whether the file has them, see Assembly::needs
};

/// What became of a site: its output, or why it cannot be computed.
struct SiteResult {
  std::optional<Output> output;
  std::shared_ptr<const Error> problem;
  int order = 0;  ///< rises as sites are computed: a nested model's own output comes after all that is inside
};

/// The values that one call of a layer added to the graph; what lies inside the layer is among them.
struct BuiltCall {
  std::string address;  ///< without an output's "#1"
  const LayerData* layer = nullptr;
  int begin = 0, end = 0;  ///< value ids
};

struct Assembly {
  Graph graph;
  std::vector<Site> sites;
  std::vector<SiteResult> results;                 ///< one a site
  std::vector<Value> inputs;                       ///< in the model's order, or in that of AssembleOptions::fed
  std::vector<int> outputs;                        ///< the sites of the model's outputs, in the model's order
  std::vector<BuiltCall> calls;                    ///< by rising value ids
  std::vector<std::string> notes;                  ///< what was odd but not fatal
  std::map<const LayerData*, LayerWeights> needs;  ///< the weights that each layer asked for

  /// The call that a value belongs to; null for the model's inputs.
  const BuiltCall* call_of(Value value) const;
};

/// @param shapes  one a model input, batch first, all numbers known; none where AssembleOptions::fed says what is fed.
/// @throws Error{layer-not-found} if there is no site that should be fed; what one layer cannot do is kept as its
/// site's problem.
Assembly assemble(const ModelData& model, std::span<const Shape> shapes, const AssembleOptions& options = {});

}  // namespace kerascope
