// keras.layers: normalization. (...) -> (...). Axis 0 is the batch; negative axes count from the end.
//
//     const auto norm = ks::layer(kl::BatchNormalization{.epsilon = 1e-5f}, {.trainable = false});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta along the axis, with moving statistics at inference, and
/// with the batch's statistics in the training phase unless the layer is frozen (LayerOptions::trainable). (...) ->
/// (...) Weights (C): gamma if `scale`, beta if `center`, moving_mean, moving_variance.
struct BatchNormalization {
  std::int64_t axis = -1;  ///< the channel axis
  float epsilon = 1e-3f;
  bool center = true;
  bool scale = true;
  bool renorm = false;  ///< Error{layer-unsupported} in the training phase
};

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, with mean and variance over the axes. (...) -> (...)
/// Weights gamma (if `scale`) and beta (if `center`) have those axes' sizes.
struct LayerNormalization {
  std::vector<std::int64_t> axis = {-1};
  float epsilon = 1e-3f;
  bool center = true;
  bool scale = true;
  bool rms_scaling = false;  ///< without mean and beta: y = x / sqrt(variance + epsilon) * gamma
};

/// LayerNormalization over all axes except the batch, separately for each group of neighbouring channels. (...) ->
/// (...) Weights (C): gamma if `scale`, beta if `center`.
struct GroupNormalization {
  std::int64_t groups = 32;  ///< divides C; -1: each channel is a group
  std::int64_t axis = -1;    ///< the channel axis
  float epsilon = 1e-3f;
  bool center = true;
  bool scale = true;
};

/// y = x / sqrt(mean(x * x) + epsilon) * scale, with the mean over the axes. (...) -> (...) Weight scale has those
/// axes' sizes.
struct RMSNormalization {
  std::vector<std::int64_t> axis = {-1};
  float epsilon = 1e-6f;
};

/// y = x / sqrt(sum(x * x)), with the sum over the axes; zeros stay zeros. (...) -> (...)
struct UnitNormalization {
  std::vector<std::int64_t> axis = {-1};
};

/// A layer whose kernel, or embeddings, training divides by their largest singular value. At inference it is just the
/// layer, as the divided kernel was saved; in the training phase that value is estimated anew from vector_u. In Keras 3
/// the output has the input's type: embeddings of whole numbers lose their fractions. Weights are the layer's, and
/// vector_u (1, last axis of the kernel).
struct SpectralNormalization {
  LayerConfig layer;  ///< required
  std::int64_t power_iterations = 1;
};

}  // namespace kerascope::layers
