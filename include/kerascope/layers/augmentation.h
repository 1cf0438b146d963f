// keras.layers: augmentation, which changes pictures in the training phase only. (N, H, W, C) -> (N, H, W, C).
//
// At inference y = x, except for RandomCrop. Kerascope does not compute the training phase yet: there, too, they are
// the identity, and a run says so. Their arguments are kept so that a saved model has them.
//
//     const auto flip = ks::layer(kl::RandomFlip{.mode = kl::FlipMode::kHorizontal});
//     const auto turn = ks::layer(kl::RandomRotation{.factor = {0.2f}});
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// One number, or lower and upper limit, with the meaning of the Keras layer; empty is Keras's None.
using Factor = std::vector<float>;

/// How pixels from beyond the picture's edges are filled: `fill_mode`.
enum class FillMode {
  kConstant,  ///< fill_value
  kNearest,   ///< the pixel at the edge
  kReflect,   ///< mirrored, with the outermost pixels repeated
  kWrap,      ///< the picture from its other side
  kMirror,    ///< mirrored, without repeating the outermost pixels
};

/// Along which axes RandomFlip mirrors.
enum class FlipMode { kHorizontal, kVertical, kHorizontalAndVertical };

/// Mirrors pictures.
struct RandomFlip {
  FlipMode mode = FlipMode::kHorizontalAndVertical;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Rotates pictures, by a fraction of a full turn.
struct RandomRotation {
  Factor factor = {};  ///< required, like each Factor below without a default number
  FillMode fill_mode = FillMode::kReflect;
  Interpolation interpolation = Interpolation::kBilinear;  ///< kNearest or kBilinear, as below
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Zooms pictures out (factors above 0) or in, by a fraction of their size.
struct RandomZoom {
  Factor height_factor = {};
  Factor width_factor = {};  ///< empty: as the height's
  FillMode fill_mode = FillMode::kReflect;
  Interpolation interpolation = Interpolation::kBilinear;
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Shifts pictures, by a fraction of their size.
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

/// Distorts pictures as if seen from another viewpoint.
struct RandomPerspective {
  Factor factor = {1}, scale = {1};
  Interpolation interpolation = Interpolation::kBilinear;
  float fill_value = 0;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Distorts pictures elastically.
struct RandomElasticTransform {
  Factor factor = {1}, scale = {1};
  Interpolation interpolation = Interpolation::kBilinear;
  FillMode fill_mode = FillMode::kReflect;
  float fill_value = 0;
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Crops pictures to height x width. (N, H, W, C) -> (N, height, width, C) in the training phase (Kerascope always
/// takes the centre). At inference y = x; in a model of Keras up to 3.7 the picture is cropped and resized to that
/// size, as in that version.
struct RandomCrop {
  std::int64_t height = 0, width = 0;  ///< required, in pixels
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Changes the height by a fraction of it. Keras 2 only.
struct RandomHeight {
  Factor factor = {};
  Interpolation interpolation = Interpolation::kBilinear;  ///< any
};

/// Changes the width by a fraction of it. Keras 2 only.
struct RandomWidth {
  Factor factor = {};
  Interpolation interpolation = Interpolation::kBilinear;  ///< any
};

/// Adds a number to all pixels.
struct RandomBrightness {
  Factor factor = {};
  Factor value_range = {0, 255};
};

/// Moves pixels away from their mean or towards it.
struct RandomContrast {
  Factor factor = {};
  Factor value_range = {0, 255};  ///< Keras 2 has none
};

/// Blends pictures with their grey versions.
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

/// Shifts hues around the colour wheel.
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

/// Changes those of brightness, contrast, saturation and hue that have a factor.
struct RandomColorJitter {
  Factor value_range = {0, 255};
  Factor brightness_factor = {}, contrast_factor = {}, saturation_factor = {}, hue_factor = {};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Reduces the number of bits per channel.
struct RandomPosterization {
  Factor factor = {};  ///< the bits that are left
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Converts pictures to grey.
struct RandomGrayscale {
  float factor = 0.5f;  ///< with which probability, 0 to 1
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Inverts pictures.
struct RandomInvert {
  Factor factor = {1};
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Inverts the brightest pixels.
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
  Factor factor = {1};
  Factor scale = {0.02f, 0.33f};         ///< the covered part's share of the picture
  std::optional<float> fill_value = {};  ///< empty: noise
  Factor value_range = {0, 255};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Pastes a part of one picture into another.
struct CutMix {
  Factor factor = {1};
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Mixes pictures with each other.
struct MixUp {
  float alpha = 0.2f;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Blends pictures with versions augmented by chains of other layers.
struct AugMix {
  Factor value_range = {0, 255};
  std::int64_t num_chains = 3, chain_depth = 3;
  Factor factor = {0.3f};
  float alpha = 1;
  bool all_ops = true;
  Interpolation interpolation = Interpolation::kBilinear;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// Applies a few of the layers above, newly chosen for each batch.
struct RandAugment {
  Factor value_range = {0, 255};
  std::int64_t num_ops = 2;
  Factor factor = {0.5f};
  Interpolation interpolation = Interpolation::kBilinear;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// y = x, in either phase: it only affects bounding boxes that accompany the pictures.
struct MaxNumBoundingBoxes {
  std::int64_t max_number = 0;  ///< required
  std::int64_t fill_value = -1;
};

}  // namespace kerascope::layers
