// Layers that the networks of keras.applications define for themselves. (...) -> (...)
//
//     const auto block = ks::layer(kl::CustomScaleLayer{.scale = 0.17f});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// ConvNeXt: y = x * gamma along the last axis. (..., C) -> (..., C). Weight: gamma (projection_dim).
struct LayerScale {
  std::int64_t projection_dim = 0;  ///< required: C
};

/// ConvNeXt: in the training phase whole items of the batch become 0 and the others are scaled by 1 / (1 - rate).
struct StochasticDepth {
  float drop_path_rate = 0;  ///< 0 to 1
};

/// InceptionResNetV2: y = a + b * scale of two inputs of one shape.
struct CustomScaleLayer {
  float scale = 1;
};

}  // namespace kerascope::layers
