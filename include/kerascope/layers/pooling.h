// keras.layers: pooling. Shapes are those of channels_last.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// (N, H, W, C) -> (N, H', W', C): the largest number of each window.
struct MaxPooling2D {
  Size2D pool_size = {2, 2};
  std::optional<Size2D> strides;  ///< pool_size if not given
  Padding padding = Padding::kValid;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// (N, H, W, C) -> (N, H', W', C): the mean of each window; padding does not count.
struct AveragePooling2D {
  Size2D pool_size = {2, 2};
  std::optional<Size2D> strides;  ///< pool_size if not given
  Padding padding = Padding::kValid;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims.
struct GlobalAveragePooling2D {
  DataFormat data_format = DataFormat::kChannelsLast;
  bool keepdims = false;
};

/// (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims.
struct GlobalMaxPooling2D {
  DataFormat data_format = DataFormat::kChannelsLast;
  bool keepdims = false;
};

}  // namespace kerascope::layers
