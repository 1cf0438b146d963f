// Layers that only networks of keras.applications define. (...) -> (...)
//
//     const auto block = ks::layer(kl::CustomScaleLayer{.scale = 0.17f});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// ConvNeXt: y = x * gamma along the last axis. (..., C) -> (..., C). Weight: gamma (projection_dim).
struct LayerScale {
  std::int64_t projection_dim = 0;  ///< required: C
};

/// ConvNeXt: in the training phase, sets whole items of the batch to 0 and scales the others by 1 / (1 - rate).
struct StochasticDepth {
  float drop_path_rate = 0;  ///< 0 to 1
};

/// InceptionResNetV2: y = a + b * scale, for two inputs of the same shape.
struct CustomScaleLayer {
  float scale = 1;
};

}  // namespace kerascope::layers
