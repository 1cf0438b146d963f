// TensorFlowOpLayer of TensorFlow 2.0 to 2.3: an operation as the graph of TensorFlow stores it.
#pragma once

#include <string>

#include "model/model.h"

namespace kerascope::operations {

/// A call of an operation that is registered under `name`.
struct NodeCall {
  std::string name;
  Call call;
};

/// The same operation by Keras's or TensorFlow's public name.
/// @throws Error{layer-unknown} if there is none, {config-invalid} for a node that TensorFlow could not have written
NodeCall call_of_node(const LayerData& layer, const Call& call);

}  // namespace kerascope::operations
