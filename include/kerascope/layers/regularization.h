// keras.layers: what acts in the training phase only. (...) -> (...)
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// Sets a share `rate` of the numbers to 0 and scales the others by 1 / (1 - rate).
struct Dropout {
  float rate = 0;
  /// The mask's shape, broadcast to the input's; an empty entry takes the input's size there. Empty: the input's.
  std::vector<std::optional<std::int64_t>> noise_shape;
};

/// Drops whole feature maps of (N, H, W, C), and so with 1 and 3 spatial axes.
template <int Rank>
struct SpatialDropout {
  float rate = 0;
  DataFormat data_format = DataFormat::kChannelsLast;  ///< always, along a single axis
};
using SpatialDropout1D = SpatialDropout<1>;
using SpatialDropout2D = SpatialDropout<2>;
using SpatialDropout3D = SpatialDropout<3>;

/// Multiplies by normal noise of mean 1 and standard deviation sqrt(rate / (1 - rate)).
struct GaussianDropout {
  float rate = 0;
};

/// Adds normal noise of mean 0.
struct GaussianNoise {
  float stddev = 0;
};

/// Dropout that keeps mean and variance of selu's outputs.
struct AlphaDropout {
  float rate = 0;
  std::vector<std::optional<std::int64_t>> noise_shape;  ///< as Dropout's
};

/// Adds to the training's loss; y = x.
struct ActivityRegularization {};

}  // namespace kerascope::layers
