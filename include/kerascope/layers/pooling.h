// keras.layers: pooling, over 1, 2 or 3 spatial axes. Shapes below are for two axes and channels_last: H' is ceil((H -
// pool_size + 1) / stride) without padding, ceil(H / stride) with kSame.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// (N, H, W, C) -> (N, H', W', C): the largest number of each window; padding does not count.
///
///     const auto half = ks::layer(kl::MaxPooling2D{}), third = ks::layer(kl::MaxPooling2D{.pool_size = {3, 3}});
template <int Rank>
struct MaxPooling {
  Size<Rank> pool_size = each<Rank>(2);
  std::optional<Size<Rank>> strides;  ///< pool_size if not given
  Padding padding = Padding::kValid;
  DataFormat data_format = DataFormat::kChannelsLast;
};
using MaxPooling1D = MaxPooling<1>;
using MaxPooling2D = MaxPooling<2>;
using MaxPooling3D = MaxPooling<3>;

/// (N, H, W, C) -> (N, H', W', C): the mean of each window; padding does not count.
template <int Rank>
struct AveragePooling {
  Size<Rank> pool_size = each<Rank>(2);
  std::optional<Size<Rank>> strides;  ///< pool_size if not given
  Padding padding = Padding::kValid;
  DataFormat data_format = DataFormat::kChannelsLast;
};
using AveragePooling1D = AveragePooling<1>;
using AveragePooling2D = AveragePooling<2>;
using AveragePooling3D = AveragePooling<3>;

/// (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims: the mean of each map.
template <int Rank>
struct GlobalAveragePooling {
  DataFormat data_format = DataFormat::kChannelsLast;
  bool keepdims = false;
};
using GlobalAveragePooling1D = GlobalAveragePooling<1>;
using GlobalAveragePooling2D = GlobalAveragePooling<2>;
using GlobalAveragePooling3D = GlobalAveragePooling<3>;

/// (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims: the largest number of each map.
template <int Rank>
struct GlobalMaxPooling {
  DataFormat data_format = DataFormat::kChannelsLast;
  bool keepdims = false;
};
using GlobalMaxPooling1D = GlobalMaxPooling<1>;
using GlobalMaxPooling2D = GlobalMaxPooling<2>;
using GlobalMaxPooling3D = GlobalMaxPooling<3>;

/// (N, H, W, C) -> (N, output_size.., C): the means of output_size windows, which together cover the input.
template <int Rank>
struct AdaptiveAveragePooling {
  Size<Rank> output_size{};  ///< required, each at least 1
  DataFormat data_format = DataFormat::kChannelsLast;
};
using AdaptiveAveragePooling1D = AdaptiveAveragePooling<1>;
using AdaptiveAveragePooling2D = AdaptiveAveragePooling<2>;
using AdaptiveAveragePooling3D = AdaptiveAveragePooling<3>;

/// (N, H, W, C) -> (N, output_size.., C): the largest numbers of output_size windows, which together cover the input.
template <int Rank>
struct AdaptiveMaxPooling {
  Size<Rank> output_size{};  ///< required, each at least 1
  DataFormat data_format = DataFormat::kChannelsLast;
};
using AdaptiveMaxPooling1D = AdaptiveMaxPooling<1>;
using AdaptiveMaxPooling2D = AdaptiveMaxPooling<2>;
using AdaptiveMaxPooling3D = AdaptiveMaxPooling<3>;

}  // namespace kerascope::layers
