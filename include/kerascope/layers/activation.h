// keras.layers: activations.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = activation(x), any function of keras.activations by name. (...) -> (...)
struct Activation {
  ActivationFunction activation;
};

/// y = max_value where x >= max_value, x where x >= threshold, else negative_slope * (x - threshold). (...) -> (...)
struct ReLU {
  std::optional<float> max_value;
  float negative_slope = 0;
  float threshold = 0;
};

/// y = x where x >= 0, else negative_slope * x. (...) -> (...)
struct LeakyReLU {
  float negative_slope = 0.3f;
};

/// y = x where x > 0, else alpha * (exp(x) - 1). (...) -> (...)
struct ELU {
  float alpha = 1;
};

/// y = x where x > 0, else alpha * x. (N, ...) -> (N, ...). Weight: alpha, of the input's shape without the batch, with
/// 1 in place of the axes that share it.
struct PReLU {
  std::vector<std::int64_t> shared_axes;  ///< counted from 1
};

/// y = x where x > theta, else 0. (...) -> (...). Keras 2 only.
struct ThresholdedReLU {
  float theta = 1;
};

/// y = exp(x) / sum(exp(x)) along the axes. (...) -> (...)
struct Softmax {
  std::vector<std::int64_t> axis = {-1};
};

}  // namespace kerascope::layers
