// From a Model to a Graph for known input shapes: every call of every layer at every depth, with its address.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
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
  std::string axes = {};  ///< as in Output, if they are known
};

struct AssembleOptions {
  Phase phase = Phase::kInference;
  bool random = true;  ///< false: dropout and noise keep still in the training phase
  /// What is fed instead of the model's inputs.
  std::vector<Feed> fed = {};
  bool with_weights = true;  ///< false: nobody asks yet whether the file has them, see Assembly::needs
  /// Layers taken for the identity if they cannot be computed.
  std::set<const LayerData*> assumed = {};
  /// What earlier parts of the run have computed, by the address of the call; see Assembly::barriers.
  std::map<std::string, std::vector<Tensor>> known = {};
  /// Stands for a size that the file leaves open in the output of a layer that cannot be computed; 0: nothing does.
  std::int64_t open_size = 0;
};

/// What became of a site. A tensor that cannot be computed still has an output if its shape is known.
struct SiteResult {
  std::optional<Output> output;
  std::shared_ptr<const Error> problem;  ///< why it cannot be computed; null if it can
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
  std::map<int, std::string> assumed;              ///< by value: the address of the call that is taken for the identity

  /// Where shapes depend on numbers: what lies behind them is assembled once AssembleOptions::known has these.
  std::vector<ShapeBarrier> barriers;

  /// The call that a value belongs to; null for the model's inputs.
  const BuiltCall* call_of(Value value) const;
  /// For each value, whether its numbers are right only if AssembleOptions::assumed is: the calls that it depends on.
  std::vector<std::set<std::string>> assumptions() const;
};

/// @param shapes  one a model input, batch first, all numbers known; none where AssembleOptions::fed says what is fed.
/// @throws Error{layer-not-found} if there is no site that should be fed; Error{config-invalid} if two sites have one
/// address or an output of the model does not exist. What one layer cannot do is kept as its site's problem.
Assembly assemble(const ModelData& model, std::span<const Shape> shapes, const AssembleOptions& options = {});

}  // namespace kerascope
