// keras.layers: reshaping.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// (N, ...) -> (N, product). With channels_first the channels are moved last before.
struct Flatten {
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// (N, ...) -> (N, target_shape...); one entry may be -1 and takes what remains.
struct Reshape {
  std::vector<std::int64_t> target_shape;
};

/// (N, H, W, C) -> (N, top + H + bottom, left + W + right, C), zeros around.
struct ZeroPadding2D {
  Borders<2> padding = {{{1, 1}, {1, 1}}};  ///< {{top, bottom}, {left, right}}
  DataFormat data_format = DataFormat::kChannelsLast;
};

}  // namespace kerascope::layers
