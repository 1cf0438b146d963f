// Pictures: decoded as Pillow does, resized as keras.utils.load_img does, preprocessed as keras.applications does.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace kerascope {

/// 8-bit pixels, rows from the top, channels interleaved.
struct Image {
  std::int64_t width = 0, height = 0;
  int channels = 3;  ///< 1 grey, 3 RGB, 4 RGBA
  std::vector<unsigned char> pixels;
};

/// True if the file begins like a picture, also of a kind that read_image refuses by its name (GIF, WebP, ...).
bool is_image_file(const std::filesystem::path& path);

/// Decodes a JPEG or PNG and converts it as Pillow's `convert` does, to "L" (1), "RGB" (3) or "RGBA" (4).
/// @throws Error{image-invalid, image-format, file-missing}; sizes are checked before memory is taken.
Image read_image(const std::filesystem::path& path, int channels);

enum class Filter { kNearest, kBilinear };
/// As Pillow's Image.resize, sample for sample.
/// @throws Error{image-size} beyond 2^28 pixels.
Image resize(const Image& image, std::int64_t width, std::int64_t height, Filter filter);

/// What is done to pixel values 0..255 before the model sees them.
struct Preprocessing {
  enum class Mode { kRaw, kUnit, kTf, kCaffe, kTorch, kMeanStd };
  Mode mode = Mode::kRaw;
  std::vector<float> mean, std;  ///< kMeanStd: (x - mean) / std, one number or one a channel
  std::string str() const;       ///< "caffe"
};
/// "tf", "caffe", "torch", "unit", "raw", or "mean=a[,b,c],std=d[,e,f]", separated by commas, semicolons or blanks;
/// a mean left out is 0, an std 1.
/// @throws Error{preprocess-unknown} with did-you-mean.
Preprocessing parse_preprocessing(const std::string& text);

/// (height, width, channels) float32, 0..255.
Tensor tensor_from_image(const Image& image);
/// Applies to the last axis (the channels) of a tensor of any rank; with channels_first to the last but two.
/// kCaffe turns RGB into BGR first. With a channel count that a mode does not fit (caffe, torch on grey):
/// one channel takes the mode's average constants.
/// @throws Error{preprocess-shape} where the constants do not fit the channels.
Tensor preprocess(const Tensor& pixels, const Preprocessing& preprocessing, bool channels_first = false);

}  // namespace kerascope
