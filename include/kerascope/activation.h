// What a layer gave for an input.
#pragma once

#include <string>

#include "kerascope/tensor.h"

namespace kerascope {

/// Keras's learning phase.
enum class Phase {
  kInference,  ///< 0: moving statistics; dropout and noise keep still
  kTraining    ///< 1: the batch's own statistics; dropout, noise, augmentation act
};

/// The output of one call of one layer.
struct Activation {
  std::string address;     ///< "block1_conv1", "resnet50/conv1_relu", "tower@1/dense#0", "conv5:17"
  std::string axes;        ///< the role of each axis but the batch's: "HWC", "CHW", "TC", "C"
  std::string class_name;  ///< the layer's, Keras's: "Conv2D"
  bool is_model = false;   ///< a nested model's own output
  Tensor tensor;           ///< batch first; shares its numbers with the run that gave it and keeps them alive
};

}  // namespace kerascope
