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

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, with mean and variance over the axes. (...) -> (...)
/// Weights gamma and beta have those axes' sizes.
struct LayerNormalization {
  std::vector<std::int64_t> axis = {-1};
  float epsilon = 1e-3f;
  bool center = true;
  bool scale = true;
  bool rms_scaling = false;  ///< neither mean nor beta: y = x / sqrt(variance + epsilon) * gamma
};

/// As LayerNormalization over everything but the batch, for each group of neighbouring channels alone. (...) -> (...)
/// Weights gamma and beta (C).
struct GroupNormalization {
  std::int64_t groups = 32;  ///< -1: each channel is a group
  std::int64_t axis = -1;    ///< the channels'
  float epsilon = 1e-3f;
  bool center = true;
  bool scale = true;
};

/// y = x / sqrt(mean(x * x) + epsilon) * scale, with the mean over the axes. (...) -> (...)
struct RMSNormalization {
  std::vector<std::int64_t> axis = {-1};
  float epsilon = 1e-6f;
};

/// y = x / sqrt(sum(x * x)), with the sum over the axes; zeros stay zeros. (...) -> (...)
struct UnitNormalization {
  std::vector<std::int64_t> axis = {-1};
};

}  // namespace kerascope::layers
