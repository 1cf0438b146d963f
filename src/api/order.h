// The layers of a functional model in Keras's order, by which weights are matched.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "api/state.h"

namespace kerascope::api {

struct Order {
  std::vector<std::shared_ptr<LayerState>> layers;
  std::vector<std::shared_ptr<const Node>> nodes;  ///< each after the nodes whose outputs it takes
};

/// All nodes that the outputs need, back to the inputs. Layers are in keras.Model's order: by decreasing depth (the
/// longest path to an output); with equal depth, in the order of a depth-first walk back from the outputs.
/// @throws Error{graph-disconnected} if the walk reaches an Input that is not among the inputs
Order keras_order(std::span<const Ref> inputs, std::span<const Ref> outputs);

}  // namespace kerascope::api
