// keras.layers: core layers.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = activation(x . kernel + bias). (..., I) -> (..., units). Weights: kernel (I, units), bias (units).
struct Dense {
  std::int64_t units = 0;
  ActivationFunction activation;
  bool use_bias = true;
};

/// y = x. (...) -> (...)
struct Identity {};

}  // namespace kerascope::layers
