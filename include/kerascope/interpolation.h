// The ways to resize a picture that Keras and TensorFlow know.
#pragma once

#include <array>
#include <string_view>

namespace kerascope {

/// The `interpolation` of keras.layers.UpSampling2D (up to kLanczos5; kGaussian and kMitchellCubic only in Keras 2) and
/// the `method` of tf.image.resize. Samples are at pixel centres (half_pixel_centers).
enum class Interpolation {
  kNearest,        ///< the pixel that contains the new pixel's centre
  kBilinear,       ///< linear between the nearest four
  kBicubic,        ///< Keys's kernel with a = -0.5
  kArea,           ///< the mean of the area that an output pixel covers
  kLanczos3,       ///< a window of 6 pixels
  kLanczos5,       ///< a window of 10 pixels
  kGaussian,       ///< with a standard deviation of half a pixel
  kMitchellCubic,  ///< Mitchell and Netravali's B = C = 1/3
};

/// Keras's names, in the order of the enumeration.
inline constexpr std::array<std::string_view, 8> kInterpolationNames = {
    "nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"};

}  // namespace kerascope
