// keras.layers: convolutions, over 1, 2 or 3 spatial axes. Shapes are those of two axes and channels_last.
#pragma once

#include <type_traits>

#include "kerascope/layers/common.h"

namespace kerascope::layers {

template <int Rank>
using ConvPadding = std::conditional_t<Rank == 1, SequencePadding, Padding>;

/// (N, H, W, C) -> (N, H', W', filters). Weights: kernel (kh, kw, C/groups, filters), bias (filters).
template <int Rank>
struct Conv {
  std::int64_t filters = 0;
  Size<Rank> kernel_size = each<Rank>(0);
  Size<Rank> strides = each<Rank>(1);
  ConvPadding<Rank> padding{};
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<Rank> dilation_rate = each<Rank>(1);
  std::int64_t groups = 1;
  ActivationFunction activation;
  bool use_bias = true;
};
using Conv1D = Conv<1>;
using Conv2D = Conv<2>;
using Conv3D = Conv<3>;

/// (N, H, W, C) -> (N, H', W', C * depth_multiplier). Weights: kernel (kh, kw, C, depth_multiplier), bias.
template <int Rank>
struct DepthwiseConv {
  Size<Rank> kernel_size = each<Rank>(0);
  Size<Rank> strides = each<Rank>(1);
  Padding padding = Padding::kValid;
  std::int64_t depth_multiplier = 1;
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<Rank> dilation_rate = each<Rank>(1);
  ActivationFunction activation;
  bool use_bias = true;
};
using DepthwiseConv1D = DepthwiseConv<1>;
using DepthwiseConv2D = DepthwiseConv<2>;

/// A depthwise convolution, then a 1 x 1 convolution. (N, H, W, C) -> (N, H', W', filters).
/// Weights: depthwise_kernel (kh, kw, C, depth_multiplier), pointwise_kernel (1, 1, C * depth_multiplier, filters),
/// bias.
template <int Rank>
struct SeparableConv {
  std::int64_t filters = 0;
  Size<Rank> kernel_size = each<Rank>(0);
  Size<Rank> strides = each<Rank>(1);
  ConvPadding<Rank> padding{};
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<Rank> dilation_rate = each<Rank>(1);
  std::int64_t depth_multiplier = 1;
  ActivationFunction activation;
  bool use_bias = true;
};
using SeparableConv1D = SeparableConv<1>;
using SeparableConv2D = SeparableConv<2>;

/// What a convolution of the same numbers turns into its input's shape, backwards.
/// (N, H, W, C) -> (N, H', W', filters). Weights: kernel (kh, kw, filters, C), bias (filters).
template <int Rank>
struct ConvTranspose {
  std::int64_t filters = 0;
  Size<Rank> kernel_size = each<Rank>(0);
  Size<Rank> strides = each<Rank>(1);
  Padding padding = Padding::kValid;
  std::optional<Size<Rank>> output_padding;  ///< chooses among the sizes that a convolution would shrink to the input's
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<Rank> dilation_rate = each<Rank>(1);
  ActivationFunction activation;
  bool use_bias = true;
};
using Conv1DTranspose = ConvTranspose<1>;
using Conv2DTranspose = ConvTranspose<2>;
using Conv3DTranspose = ConvTranspose<3>;

}  // namespace kerascope::layers
