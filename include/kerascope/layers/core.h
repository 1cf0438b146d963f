// keras.layers: core layers.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = activation(x . kernel + bias), along the last axis. (..., I) -> (..., units). Weights: kernel (I, units), bias
/// (units).
///
///     const auto digit = ks::layer(kl::Dense{.units = 10, .activation = {"softmax"}}, {.name = "digit"});
struct Dense {
  std::int64_t units = 0;  ///< required
  ActivationFunction activation;
  bool use_bias = true;
};

/// y = x. (...) -> (...)
struct Identity {};

}  // namespace kerascope::layers
