// keras.layers: reshaping. Shapes of layers over spatial axes are for two axes and channels_last.
//
//     const auto around = ks::layer(kl::ZeroPadding2D{.padding = 3});
//     const auto below = ks::layer(kl::ZeroPadding2D{.padding = {{0, 2}, 0}});
//     const ks::KerasTensor taller = below(ks::Input({4, 6, 1}));  // (-1, 6, 6, 1)
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// (N, ...) -> (N, product), the last axis varies fastest. With channels_first, channels are moved last before.
struct Flatten {
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// (N, ...) -> (N, target_shape...); one entry may be -1: it is inferred.
struct Reshape {
  std::vector<std::int64_t> target_shape;  ///< without the batch
};

/// (N, ...) -> (N, ...): axis i of the output is the input's axis dims[i - 1], both counted from 1, after the batch.
struct Permute {
  std::vector<std::int64_t> dims;  ///< required: the numbers from 1 to the number of axes without the batch
};

/// (N, C) -> (N, n, C): the same row n times.
struct RepeatVector {
  std::int64_t n = 0;  ///< required, at least 1
};

/// (N, H, W, C) -> (N, top + H + bottom, left + W + right, C), with zeros around the input.
template <int Rank>
struct ZeroPadding {
  Borders<Rank> padding = 1;  ///< 1, {1, 2} for rows and columns, {{top, bottom}, {left, right}}
  DataFormat data_format = DataFormat::kChannelsLast;
};
using ZeroPadding1D = ZeroPadding<1>;
using ZeroPadding2D = ZeroPadding<2>;
using ZeroPadding3D = ZeroPadding<3>;

/// (N, H, W, C) -> (N, H - top - bottom, W - left - right, C), at least 1 each.
template <int Rank>
struct Cropping {
  Borders<Rank> cropping = Rank == 2 ? 0 : 1;          ///< as ZeroPadding's
  DataFormat data_format = DataFormat::kChannelsLast;  ///< Keras's 1D layer has none
};
using Cropping1D = Cropping<1>;
using Cropping2D = Cropping<2>;
using Cropping3D = Cropping<3>;

/// (N, H, W, C) -> (N, H * size[0], W * size[1], C), each entry repeated.
template <int Rank>
struct UpSampling {
  Size<Rank> size = each<Rank>(2);                     ///< whole factors, at least 1
  DataFormat data_format = DataFormat::kChannelsLast;  ///< Keras's 1D layer has none
};
/// Pictures can also be interpolated.
template <>
struct UpSampling<2> {
  Size<2> size = each<2>(2);
  DataFormat data_format = DataFormat::kChannelsLast;
  Interpolation interpolation = Interpolation::kNearest;  ///< kGaussian and kMitchellCubic: Keras 2 only
};
using UpSampling1D = UpSampling<1>;
using UpSampling2D = UpSampling<2>;
using UpSampling3D = UpSampling<3>;

}  // namespace kerascope::layers
