// keras.layers: preprocessing of numbers and pictures.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// y = x * scale + offset; each one number, or one for each entry of the last axis. (...) -> (...)
///
///     const auto unit = ks::layer(kl::Rescaling{.scale = {1.0f / 255}});
struct Rescaling {
  std::vector<float> scale = {1};  ///< required by Keras
  std::vector<float> offset = {0};
};

/// y = (x - mean) / max(sqrt(variance), 1e-7) along the axes; with invert the way back. Mean and variance stand in the
/// config, or are weights after Keras's `adapt`: mean, variance and count. (...) -> (...)
struct Normalization {
  std::vector<std::int64_t> axis = {-1};  ///< that have a mean of their own; empty: one for everything (Keras's None)
  std::vector<float> mean;                ///< one number, or one for each place along the axes; empty: a weight
  std::vector<float> variance;            ///< as many as of `mean`
  bool invert = false;
};

/// Pictures of another size. (N, H, W, C) -> (N, height, width, C)
///
///     const auto small = ks::layer(kl::Resizing{.height = 32, .width = 32, .crop_to_aspect_ratio = true});
struct Resizing {
  std::int64_t height = 0, width = 0;                      ///< required, in pixels
  Interpolation interpolation = Interpolation::kBilinear;  ///< kArea, kGaussian, kMitchellCubic are Keras 2's
  bool crop_to_aspect_ratio = false;  ///< only the largest middle part of these proportions is resized
  bool pad_to_aspect_ratio = false;   ///< the picture is padded to these proportions before it is resized
  float fill_value = 0;               ///< what it is padded with
  bool antialias = false;             ///< where a picture shrinks, every pixel of it counts
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// The middle of pictures; of a smaller one the largest middle part of these proportions, resized.
/// (N, H, W, C) -> (N, height, width, C)
struct CenterCrop {
  std::int64_t height = 0, width = 0;  ///< required, in pixels
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Spreads each channel of each picture over the whole range: its least number becomes the range's, its largest too.
/// In either phase. (N, H, W, C) -> (N, H, W, C)
struct AutoContrast {
  std::vector<float> value_range = {0, 255};
};

/// Spreads the numbers of each channel evenly over their range, tile by tile of a grid laid over the picture. In either
/// phase. (N, H, W, C) -> (N, H, W, C)
struct ContrastLimitedAdaptiveHistogramEqualization {
  std::vector<float> value_range = {0, 255};
  float clip_limit = 4;               ///< how many times commoner than the mean a number may be; 0: any number of times
  Size<2> tile_grid_size = each<2>(8);  ///< tiles down and across
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// How CategoryEncoding writes numbers down.
enum class CategoryMode {
  kOneHot,    ///< each by itself: (N, 1) -> (N, num_tokens), (N, T) -> (N, T, num_tokens)
  kMultiHot,  ///< 1 for each that occurs: (N, T) -> (N, num_tokens)
  kCount,     ///< how often it occurs, or the sum of the weights that a second input gives
};

/// Whole numbers from 0 to num_tokens - 1 as vectors of zeros and ones. Others are passed over.
///
///     const auto words = ks::layer(kl::CategoryEncoding{.num_tokens = 1000});
struct CategoryEncoding {
  std::int64_t num_tokens = 0;  ///< required
  CategoryMode output_mode = CategoryMode::kMultiHot;
};

}  // namespace kerascope::layers
