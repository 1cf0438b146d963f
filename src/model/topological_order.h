// The calls of a network, each after the calls that it needs.
#pragma once

#include <vector>

#include "model/model.h"

namespace kerascope {

struct CallId {
  int layer = 0, call = 0;  ///< indices as in TensorRef
  auto operator<=>(const CallId&) const = default;
};

/// All calls, in the file's order as far as that is possible.
/// @throws Error{config-invalid} if layers need each other's outputs
std::vector<CallId> topological_order(const Network& network);

}  // namespace kerascope
