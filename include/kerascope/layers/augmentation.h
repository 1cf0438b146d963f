// keras.layers: augmentation, which changes pictures in the training phase only. (N, H, W, C) -> (N, H, W, C).
//
// At inference y = x, but for RandomCrop. In the training phase they keep still: Kerascope does not compute that yet,
// and a run says so. Their arguments are kept for the files that a model is saved in.
//
//     const auto flip = ks::layer(kl::RandomFlip{.mode = kl::FlipMode::kHorizontal});
//     const auto turn = ks::layer(kl::RandomRotation{.factor = {0.2f}});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// One number, or the lower and the upper end, as the layer's class in Keras takes them; empty is Keras's None.
using Factor = std::vector<float>;

/// What lies beyond the edges of a picture that is moved: `fill_mode`.
enum class FillMode {
  kConstant,  ///< fill_value
  kNearest,   ///< the pixel at the edge
  kReflect,   ///< the picture mirrored, its outermost pixels twice
  kWrap,      ///< the picture again
  kMirror,    ///< mirrored, its outermost pixels once
};

/// Along which axes RandomFlip mirrors.
enum class FlipMode { kHorizontal, kVertical, kHorizontalAndVertical };

/// Mirrors pictures.
struct RandomFlip {
  FlipMode mode = FlipMode::kHorizontalAndVertical;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Turns pictures, by a share of a full turn.
struct RandomRotation {
  Factor factor = {};  ///< required, as each Factor below without a number
  FillMode fill_mode = FillMode::kReflect;
  Interpolation interpolation = Interpolation::kBilinear;  ///< kNearest or kBilinear, as below
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Makes pictures smaller (factors above 0) or larger, by a share of their size.
struct RandomZoom {
  Factor height_factor = {};
  Factor width_factor = {};  ///< empty: as the height's
  FillMode fill_mode = FillMode::kReflect;
  Interpolation interpolation = Interpolation::kBilinear;
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Moves pictures, by a share of their size.
struct RandomTranslation {
  Factor height_factor = {}, width_factor = {};
  FillMode fill_mode = FillMode::kReflect;
  Interpolation interpolation = Interpolation::kBilinear;
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Shears pictures.
struct RandomShear {
  Factor x_factor = {0}, y_factor = {0};
  Interpolation interpolation = Interpolation::kBilinear;
  FillMode fill_mode = FillMode::kReflect;
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Views pictures from other places.
struct RandomPerspective {
  Factor factor = {1}, scale = {1};
  Interpolation interpolation = Interpolation::kBilinear;
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Bends pictures.
struct RandomElasticTransform {
  Factor factor = {1}, scale = {1};
  Interpolation interpolation = Interpolation::kBilinear;
  FillMode fill_mode = FillMode::kReflect;
  float fill_value = 0;
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Cuts a part of height x width out of pictures. (N, H, W, C) -> (N, height, width, C) in the training phase, where
/// Kerascope takes the middle. At inference y = x; in a model of Keras up to 3.7 the picture is cut and resized to that
/// size, as each version does.
struct RandomCrop {
  std::int64_t height = 0, width = 0;  ///< required, in pixels
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Changes the height by a share of it. Keras 2 only.
struct RandomHeight {
  Factor factor = {};
  Interpolation interpolation = Interpolation::kBilinear;  ///< any
};

/// Changes the width by a share of it. Keras 2 only.
struct RandomWidth {
  Factor factor = {};
  Interpolation interpolation = Interpolation::kBilinear;  ///< any
};

/// Adds to all pixels.
struct RandomBrightness {
  Factor factor = {};
  Factor value_range = {0, 255};
};

/// Moves pixels away from their mean or towards it.
struct RandomContrast {
  Factor factor = {};
  Factor value_range = {0, 255};  ///< Keras 2 has none
};

/// Mixes pictures with their grey.
struct RandomColorDegeneration {
  Factor factor = {};
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Makes colours stronger or weaker.
struct RandomSaturation {
  Factor factor = {};
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Turns colours on their circle.
struct RandomHue {
  Factor factor = {};
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Makes pictures sharper or softer.
struct RandomSharpness {
  Factor factor = {};
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Brightness, contrast, saturation and hue, those that have a factor.
struct RandomColorJitter {
  Factor value_range = {0, 255};
  Factor brightness_factor = {}, contrast_factor = {}, saturation_factor = {}, hue_factor = {};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Leaves fewer bits of each number.
struct RandomPosterization {
  Factor factor = {};  ///< bits
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Takes the colours away.
struct RandomGrayscale {
  float factor = 0.5f;  ///< how often, 0 to 1
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Makes dark pixels bright and bright ones dark.
struct RandomInvert {
  Factor factor = {1};
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Makes the brightest pixels dark.
struct Solarization {
  Factor addition_factor = {0}, threshold_factor = {0};
  Factor value_range = {0, 255};
};

/// Blurs pictures.
struct RandomGaussianBlur {
  Factor factor = {1};
  Size<2> kernel_size = each<2>(3);
  Factor sigma = {1};
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Covers a part of pictures.
struct RandomErasing {
  Factor factor = {1}, scale = {0.02f, 0.33f};
  std::optional<float> fill_value;  ///< empty: noise
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Puts a part of one picture into another.
struct CutMix {
  Factor factor = {1};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Mixes pictures with each other.
struct MixUp {
  float alpha = 0.2f;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Mixes pictures with what chains of other layers make of them.
struct AugMix {
  Factor value_range = {0, 255};
  std::int64_t num_chains = 3, chain_depth = 3;
  Factor factor = {0.3f};
  float alpha = 1;
  bool all_ops = true;
  Interpolation interpolation = Interpolation::kBilinear;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// A few of the layers above, chosen anew for each batch.
struct RandAugment {
  Factor value_range = {0, 255};
  std::int64_t num_ops = 2;
  Factor factor = {0.5f};
  Interpolation interpolation = Interpolation::kBilinear;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// y = x, in either phase: it concerns bounding boxes beside the pictures.
struct MaxNumBoundingBoxes {
  std::int64_t max_number = 0;  ///< required
  std::int64_t fill_value = -1;
};

}  // namespace kerascope::layers
