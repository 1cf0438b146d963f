// keras.layers: activations, all elementwise except Softmax. (...) -> (...)
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = activation(x), any function of keras.activations by name. (...) -> (...)
///
///     const auto relu = ks::layer(kl::Activation{"relu"});
struct Activation {
  ActivationFunction activation;  ///< required by Keras; the default here is linear
};

/// y = max_value where x >= max_value, x where x >= threshold, else negative_slope * (x - threshold). No argument may
/// be negative. (...) -> (...)
struct ReLU {
  std::optional<float> max_value;  ///< none if not given
  float negative_slope = 0;
  float threshold = 0;
};

/// y = x where x >= 0, else negative_slope * x. (...) -> (...)
struct LeakyReLU {
  float negative_slope = 0.3f;  ///< at least 0; Keras 2's alpha
};

/// y = x where x > 0, else alpha * (exp(x) - 1). (...) -> (...)
struct ELU {
  float alpha = 1;
};

/// y = x where x > 0, else alpha * x. (N, ...) -> (N, ...). Weight: alpha, with the input's shape without the batch,
/// but size 1 along the shared axes.
struct PReLU {
  std::vector<std::int64_t> shared_axes;  ///< counted from 1, after the batch
};

/// y = x where x > theta, else 0. (...) -> (...). Keras 2 only.
struct ThresholdedReLU {
  float theta = 1;
};

/// y = exp(x) / sum(exp(x)) along the axes. (...) -> (...)
struct Softmax {
  std::vector<std::int64_t> axis = {-1};  ///< one or several axes; the batch's is 0
};

}  // namespace kerascope::layers
