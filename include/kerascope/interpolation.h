// The ways to resize a picture that Keras and TensorFlow know.
#pragma once

#include <array>
#include <string_view>

namespace kerascope {

enum class Interpolation {
  kNearest,
  kBilinear,
  kBicubic,
  kArea,
  kLanczos3,
  kLanczos5,
  kGaussian,
  kMitchellCubic,
};

/// Keras's names, in the order of the enumeration.
inline constexpr std::array<std::string_view, 8> kInterpolationNames = {
    "nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"};

}  // namespace kerascope
