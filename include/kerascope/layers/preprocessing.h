// keras.layers: preprocessing.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = x * scale + offset; each one number, or one for each entry of the last axis. (...) -> (...)
struct Rescaling {
  std::vector<float> scale = {1};
  std::vector<float> offset = {0};
};

/// y = (x - mean) / max(sqrt(variance), 1e-7) along the axes; with invert the way back.
/// Mean and variance stand in the config, or are weights after `adapt`.
struct Normalization {
  std::vector<std::int64_t> axis = {-1};
  std::vector<float> mean;      ///< empty: a weight
  std::vector<float> variance;  ///< empty: a weight
  bool invert = false;
};

}  // namespace kerascope::layers
