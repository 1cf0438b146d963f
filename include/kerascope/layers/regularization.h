// keras.layers: layers that act only in the training phase with a seed (CallOptions::seed). (...) -> (...). Rates are 0
// to 1. The random numbers differ from Keras's, whose generators depend on the backend.
//
//     const auto drop = ks::layer(kl::Dropout{.rate = 0.5f});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// Sets a fraction `rate` of the numbers to 0 and scales the others by 1 / (1 - rate).
struct Dropout {
  float rate = 0;  ///< required by Keras, like each rate and stddev below
  /// The mask's shape with the batch; it is broadcast to the input's. An empty entry (Keras's None) means the input's
  /// size. An empty vector: the input's shape.
  std::vector<std::optional<std::int64_t>> noise_shape;
};

/// Drops whole feature maps of (N, H, W, C), or with 1 or 3 spatial axes.
template <int Rank>
struct SpatialDropout {
  float rate = 0;
  DataFormat data_format = DataFormat::kChannelsLast;  ///< no effect with a single axis
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
  float stddev = 0;  ///< 0 to 1
};

/// Dropout that preserves the mean and variance of selu's outputs (Klambauer et al. 2017).
struct AlphaDropout {
  float rate = 0;
  std::vector<std::optional<std::int64_t>> noise_shape;  ///< as Dropout's
};

/// y = x, in either phase: it only adds to the loss of training, so l1 and l2 are left out.
struct ActivityRegularization {};

}  // namespace kerascope::layers
