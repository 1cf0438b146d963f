// The ways to resize a picture that Keras and TensorFlow know.
#pragma once

#include <array>
#include <string_view>

namespace kerascope {

/// The `interpolation` of keras.layers.UpSampling2D (to kLanczos5; kGaussian and kMitchellCubic in Keras 2 only) and
/// the `method` of tf.image.resize. Pixels are at the middle of their squares (half_pixel_centers).
enum class Interpolation {
  kNearest,        ///< the pixel in which the new one's middle lies
  kBilinear,       ///< between the nearest four, in proportion
  kBicubic,        ///< Keys's kernel with a = -0.5
  kArea,           ///< the mean of what an output pixel covers
  kLanczos3,       ///< a window of 6 pixels
  kLanczos5,       ///< of 10
  kGaussian,       ///< with a standard deviation of half a pixel
  kMitchellCubic,  ///< Mitchell and Netravali's B = C = 1/3
};

/// Keras's names, in the order of the enumeration.
inline constexpr std::array<std::string_view, 8> kInterpolationNames = {
    "nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"};

}  // namespace kerascope
