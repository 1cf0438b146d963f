// keras.layers: preprocessing of numbers. (...) -> (...)
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = x * scale + offset; each one number, or one for each entry of the last axis. (...) -> (...)
///
///     const auto unit = ks::layer(kl::Rescaling{.scale = {1.0f / 255}});
struct Rescaling {
  std::vector<float> scale = {1};  ///< required by Keras
  std::vector<float> offset = {0};
};

/// y = (x - mean) / max(sqrt(variance), 1e-7) along the axes; with invert the way back. Mean and variance stand in the
/// config, or are weights after Keras's `adapt`: mean, variance and count. (...) -> (...)
struct Normalization {
  std::vector<std::int64_t> axis = {-1};  ///< that have a mean of their own; empty: one for everything (Keras's None)
  std::vector<float> mean;                ///< one number, or one for each place along the axes; empty: a weight
  std::vector<float> variance;            ///< as many as of `mean`
  bool invert = false;
};

}  // namespace kerascope::layers
