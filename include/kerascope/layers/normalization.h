// keras.layers: normalization.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta along the axis: with the moving statistics at inference,
/// with the batch's own in the training phase. Weights (C): gamma, beta, moving_mean, moving_variance.
struct BatchNormalization {
  std::int64_t axis = -1;
  float epsilon = 1e-3f;
  bool center = true;
  bool scale = true;
  bool renorm = false;
};

}  // namespace kerascope::layers
