// Keras's masks: which a layer hands on, and which a call is given.
#pragma once

#include <vector>

#include "layers/build.h"
#include "model/model.h"

namespace kerascope {

/// What a layer does with the mask of its first input (Keras's supports_masking and compute_mask).
enum class MaskRule {
  kStops,   ///< the outputs have no mask
  kPasses,  ///< all outputs have that mask
  kOwn,     ///< `build` gives each output its mask
};

/// Gives a layer's outputs their masks.
void hand_on_mask(MaskRule rule, const Outputs& inputs, Outputs& outputs);

/// A call of a class's layer without its argument "mask" (a tensor, or a list with one per input). Each such tensor becomes the mask of
/// its input, and is no input any more. Keras 3 also writes the masks that it found itself as this argument.
Call without_masks(const std::string& class_name, const Call& call, std::vector<Output>& inputs);

}  // namespace kerascope
