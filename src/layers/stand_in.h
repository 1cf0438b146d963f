// Builds a layer that takes another layer's place: an activation, or a part of a Pipeline.
#pragma once

#include "layers/build.h"

namespace kerascope::layers {

/// Adds the ops of `inner` for the same inputs. Its notes become the outer layer's.
/// @param inner  class, config and name; it has the call of `build`'s layer
/// @return  nothing if Kerascope does not know the class, or if it needs weights, which such a layer cannot have
std::optional<Outputs> build_inside(Build& build, const LayerData& inner, const std::vector<Output>& inputs);

}  // namespace kerascope::layers
