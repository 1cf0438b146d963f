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

/// A site whose numbers are given instead of computed, and their shape.
struct Feed {
  std::string address;
  Shape shape;
  std::string axes = {};  ///< as in Output; empty if they are not known
};

struct AssembleOptions {
  Phase phase = Phase::kInference;
  bool random = true;  ///< false: dropout and noise do nothing in the training phase
  /// The tensors that are fed instead of the model's inputs.
  std::vector<Feed> fed = {};
  bool with_weights = true;  ///< false: does not look for them in the file; see Assembly::needs
  /// Layers that count as the identity if they cannot be computed.
  std::set<const LayerData*> assumed = {};
  /// Outputs that earlier parts of the run have computed, by the address of the call; see Assembly::barriers.
  std::map<std::string, std::vector<Tensor>> known = {};
  /// Used for a size that the file leaves open in the output of a layer that cannot be computed; 0: the output then has
  /// no shape.
  std::int64_t open_size = 0;
};

/// The output of a site, or why there is none. A tensor that cannot be computed has an output, too, if its shape is
/// known.
struct SiteResult {
  std::optional<Output> output;
  std::shared_ptr<const Error> problem;  ///< why it cannot be computed; null if it can
  int order = 0;  ///< in which sites are computed: a nested model's output comes after all sites inside it
};

/// The values that one call of a layer added to the graph, including those inside the layer.
struct BuiltCall {
  std::string address;  ///< without an output's "#1"
  const LayerData* layer = nullptr;
  int begin = 0, end = 0;  ///< value ids
};

struct Assembly {
  Graph graph;
  std::vector<Site> sites;
  std::vector<SiteResult> results;                 ///< one per site
  std::vector<Value> inputs;                       ///< in the order of the model, or of AssembleOptions::fed
  std::vector<int> outputs;                        ///< the sites of the model's outputs, in the model's order
  std::vector<BuiltCall> calls;                    ///< sorted by value ids
  std::vector<std::string> notes;                  ///< what was odd but not fatal
  std::map<const LayerData*, LayerWeights> needs;  ///< the weights that each layer asked for
  std::map<int, std::string> assumed;              ///< by value: the address of the call that counts as the identity

  /// Calls whose output shapes depend on numbers. What follows them is assembled once AssembleOptions::known has their
  /// outputs.
  std::vector<ShapeBarrier> barriers;

  /// The call that a value belongs to; null for the model's inputs.
  const BuiltCall* call_of(Value value) const;
  /// For each value, the calls that count as the identity and that it depends on.
  std::vector<std::set<std::string>> assumptions() const;
};

/// @param shapes  one per model input, batch first, without open sizes; none if AssembleOptions::fed is given.
/// @throws Error{layer-not-found} if a site that is fed does not exist; Error{config-invalid} if two sites have the
/// same address; Error{call-invalid} if an output of the model does not exist. An error of one layer becomes the
/// problem of its sites.
Assembly assemble(const ModelData& model, std::span<const Shape> shapes, const AssembleOptions& options = {});

}  // namespace kerascope
