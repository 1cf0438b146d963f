// A layer inside a layer, as an activation or in a Pipeline: built as if it stood there.
#pragma once

#include "layers/build.h"

namespace kerascope::layers {

/// Adds what `inner` computes of the inputs. Its notes become the outer layer's.
/// @param inner  class, config and name; it has the call of `build`'s layer
/// @return  empty where Kerascope does not know the class, or it wants weights, which such a layer cannot have
std::optional<Outputs> build_inside(Build& build, const LayerData& inner, const std::vector<Output>& inputs);

}  // namespace kerascope::layers
