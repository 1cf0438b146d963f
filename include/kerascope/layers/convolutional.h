// keras.layers: convolutions. Shapes are those of channels_last.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// (N, H, W, C) -> (N, H', W', filters). Weights: kernel (kh, kw, C/groups, filters), bias (filters).
struct Conv2D {
  std::int64_t filters = 0;
  Size<2> kernel_size = {0, 0};
  Size<2> strides = {1, 1};
  Padding padding = Padding::kValid;
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<2> dilation_rate = {1, 1};
  std::int64_t groups = 1;
  ActivationFunction activation;
  bool use_bias = true;
};

/// (N, H, W, C) -> (N, H', W', C * depth_multiplier). Weights: kernel (kh, kw, C, depth_multiplier), bias.
struct DepthwiseConv2D {
  Size<2> kernel_size = {0, 0};
  Size<2> strides = {1, 1};
  Padding padding = Padding::kValid;
  std::int64_t depth_multiplier = 1;
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<2> dilation_rate = {1, 1};
  ActivationFunction activation;
  bool use_bias = true;
};

/// A depthwise convolution, then a 1 x 1 convolution. (N, H, W, C) -> (N, H', W', filters).
/// Weights: depthwise_kernel (kh, kw, C, depth_multiplier), pointwise_kernel (1, 1, C * depth_multiplier, filters),
/// bias.
struct SeparableConv2D {
  std::int64_t filters = 0;
  Size<2> kernel_size = {0, 0};
  Size<2> strides = {1, 1};
  Padding padding = Padding::kValid;
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<2> dilation_rate = {1, 1};
  std::int64_t depth_multiplier = 1;
  ActivationFunction activation;
  bool use_bias = true;
};

}  // namespace kerascope::layers
