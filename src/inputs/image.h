// Pictures: decoded as Pillow does, resized as keras.utils.load_img does, preprocessed as keras.applications does.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kerascope/inputs.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// Rows from the top, channels interleaved.
struct Image {
  std::int64_t width = 0, height = 0;
  int channels = 3;         ///< 1 grey, 3 RGB, 4 RGBA
  int bits = 8;             ///< per sample; 16 only with 1 channel, as two bytes in native order
  bool is_clipped = false;  ///< 16-bit numbers above 255 became 255, as in Pillow
  std::vector<unsigned char> pixels;
};

/// True if the file begins like a picture, also in formats that read_image recognises but refuses (TIFF, AVIF, ...).
bool is_image_file(const std::filesystem::path& path);

/// Decodes a JPEG, PNG, WebP, GIF or BMP (the first of several frames) and converts it as keras.utils.load_img does
/// with Pillow: to grey (1; 16-bit grey stays 16-bit), RGB (3) or RGBA (4).
/// @throws Error{image-invalid, image-format, file-missing}; sizes are checked before memory is allocated.
Image read_image(const std::filesystem::path& path, int channels);
/// The same, but a grey picture keeps its one channel, to save memory during resizing.
Image read_narrow_image(const std::filesystem::path& path, int channels);
Image with_channels(Image image, int channels);

/// Keras's names, in the order of Filter: "nearest", ...
std::span<const std::string_view> filter_names();
std::string_view filter_name(Filter filter);

/// The columns [left, right) and rows [top, bottom) of a picture.
struct Box {
  std::int64_t left = 0, top = 0, right = 0, bottom = 0;
};
/// The largest central part with the target's aspect ratio, as for load_img's keep_aspect_ratio. For a picture one
/// pixel high or wide it may be empty; resizing then repeats the pixels there, as Pillow does.
/// @throws Error{image-size} beyond 2^28 pixels.
Box centre_of(const Image& image, std::int64_t width, std::int64_t height);

/// Equals Pillow's Image.resize in every sample; filters that reach over the box's edge use the pixels beyond it.
/// @throws Error{image-size} beyond 2^28 pixels.
Image resize(const Image& image, const Box& box, std::int64_t width, std::int64_t height, Filter filter);
Image resize(const Image& image, std::int64_t width, std::int64_t height, Filter filter);

/// (height, width, channels) float32, 0..255, or 0..65535 for 16 bits.
Tensor tensor_from_image(const Image& image);
/// The channels are the last axis of a tensor of any rank, with channels_first the third from the end. kCaffe first
/// turns RGB into BGR. For grey (one channel), modes with a constant per channel use the constants' mean.
/// @throws Error{preprocess-shape} if the constants do not fit the channels.
Tensor preprocess(const Tensor& pixels, const Preprocessing& preprocessing, bool channels_first = false);

}  // namespace kerascope
