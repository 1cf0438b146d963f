// keras.layers: convolutions, over 1, 2 or 3 spatial axes. Shapes below are for two axes and channels_last: with the
// dilated kernel size k' = dilation_rate (k - 1) + 1, H' is ceil((H - k' + 1) / stride) without padding and
// ceil(H / stride) with kSame or kCausal. Required: filters and kernel_size. In Conv and ConvTranspose, not both
// strides and dilation_rate may be above 1.
#pragma once

#include <type_traits>

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// Along a single axis also kCausal, which Keras 3 no longer has for SeparableConv1D.
template <int Rank>
using ConvPadding = std::conditional_t<Rank == 1, SequencePadding, Padding>;

/// y = activation(x * kernel + bias), where * is a cross-correlation: the kernel is not flipped. (N, H, W, C) -> (N,
/// H', W', filters). Weights: kernel (kh, kw, C/groups, filters), bias (filters).
///
///     const auto conv = ks::layer(kl::Conv2D{.filters = 64, .kernel_size = {3, 3}, .padding = kl::Padding::kSame});
///     std::cout << conv(ks::Input({64, 64, 1})).shape().str();  // (-1, 64, 64, 64)
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

/// Convolves each channel alone; channel c gives depth_multiplier outputs, beginning with c * depth_multiplier. (N, H,
/// W, C) -> (N, H', W', C * depth_multiplier). Weights: kernel (kh, kw, C, depth_multiplier), bias (C *
/// depth_multiplier).
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

/// A depthwise convolution, then a 1 x 1 convolution. (N, H, W, C) -> (N, H', W', filters). Weights: depthwise_kernel
/// (kh, kw, C, depth_multiplier), pointwise_kernel (1, 1, C * depth_multiplier, filters), bias (filters).
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

/// The gradient of a convolution with these arguments: each input number is spread over k' places. H' is a size that
/// such a convolution maps to H: H * stride with kSame, (H - 1) * stride + max(k', stride) without padding. (N, H, W,
/// C) -> (N, H', W', filters). Weights: kernel (kh, kw, filters, C), bias (filters).
template <int Rank>
struct ConvTranspose {
  std::int64_t filters = 0;
  Size<Rank> kernel_size = each<Rank>(0);
  Size<Rank> strides = each<Rank>(1);
  Padding padding = Padding::kValid;
  std::optional<Size<Rank>> output_padding;  ///< chooses among the sizes that a convolution maps to the input's
  DataFormat data_format = DataFormat::kChannelsLast;
  Size<Rank> dilation_rate = each<Rank>(1);
  ActivationFunction activation;
  bool use_bias = true;
};
using Conv1DTranspose = ConvTranspose<1>;
using Conv2DTranspose = ConvTranspose<2>;
using Conv3DTranspose = ConvTranspose<3>;

/// Keras 2 only: a convolution whose kernel and bias differ from place to place. (N, H, W, C) -> (N, H', W', filters),
/// with H' as in Conv. Weights: kernel and bias (H', W', filters). The implementation decides how the kernel is stored.
/// 1: (H' W', kh kw C, filters). 2: (H, W, C, H', W', filters), of which only the numbers inside the windows are read.
/// 3: these numbers alone, output by output. With kChannelsFirst C stands before kh, H and (3) filters before H'.
template <int Rank>
struct LocallyConnected {
  std::int64_t filters = 0;
  Size<Rank> kernel_size = each<Rank>(0);
  Size<Rank> strides = each<Rank>(1);
  Padding padding = Padding::kValid;  ///< kSame: implementations 2 and 3 only
  DataFormat data_format = DataFormat::kChannelsLast;
  ActivationFunction activation;
  bool use_bias = true;
  std::int64_t implementation = 1;
};
using LocallyConnected1D = LocallyConnected<1>;
using LocallyConnected2D = LocallyConnected<2>;

}  // namespace kerascope::layers
