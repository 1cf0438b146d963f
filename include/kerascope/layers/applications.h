// What the networks of keras.applications define for themselves. (...) -> (...)
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// ConvNeXt: y = x * gamma along the last axis. Weight (projection_dim): gamma.
struct LayerScale {
  std::int64_t projection_dim = 0;
};

/// ConvNeXt: in the training phase whole items of the batch become 0 and the others are scaled.
struct StochasticDepth {
  float drop_path_rate = 0;
};

/// InceptionResNetV2: y = a + b * scale of two inputs.
struct CustomScaleLayer {
  float scale = 1;
};

}  // namespace kerascope::layers
