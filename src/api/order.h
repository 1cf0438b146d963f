// The layers of a functional model in Keras's order, on which weights by order depend.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "api/state.h"

namespace kerascope::api {

struct Order {
  std::vector<std::shared_ptr<LayerState>> layers;
  std::vector<std::shared_ptr<const Node>> nodes;  ///< each behind those whose outputs it takes
};

/// All that the outputs need, back to the inputs. As in keras.Model: layers by falling depth, which is the longest way
/// to an output, and among equals by when a walk back from the outputs, depth first, meets them.
/// @throws Error{graph-disconnected} if that ends at an Input that is not among the inputs
Order keras_order(std::span<const Ref> inputs, std::span<const Ref> outputs);

}  // namespace kerascope::api
