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
  int bits = 8;             ///< of a sample; 16 only with 1 channel, then two bytes in the machine's order
  bool is_clipped = false;  ///< numbers of 16 bits above 255 became 255, as Pillow makes them
  std::vector<unsigned char> pixels;
};

/// True if the file begins like a picture, also of a kind that read_image refuses by its name (TIFF, AVIF, ...).
bool is_image_file(const std::filesystem::path& path);

/// Decodes a JPEG, PNG, WebP, GIF or BMP (of several frames the first) and converts it as keras.utils.load_img
/// has Pillow do it: to grey (1), which keeps a grey picture's 16 bits, RGB (3) or RGBA (4).
/// @throws Error{image-invalid, image-format, file-missing}; sizes are checked before memory is taken.
Image read_image(const std::filesystem::path& path, int channels);
/// The same, but a grey picture keeps its one channel, which takes less memory while it is resized.
Image read_narrow_image(const std::filesystem::path& path, int channels);
Image with_channels(Image image, int channels);

/// Keras's names, in the order of Filter: "nearest", ...
std::span<const std::string_view> filter_names();
std::string_view filter_name(Filter filter);

/// The columns [left, right) and rows [top, bottom) of a picture.
struct Box {
  std::int64_t left = 0, top = 0, right = 0, bottom = 0;
};
/// The largest part around the centre with the target's ratio, as load_img's keep_aspect_ratio takes it. Of a line it
/// may be empty; resizing then repeats the pixels around that place, as Pillow does.
/// @throws Error{image-size} beyond 2^28 pixels.
Box centre_of(const Image& image, std::int64_t width, std::int64_t height);

/// As Pillow's Image.resize, sample for sample; where filters reach over the box's edge, the pixels beyond it count.
/// @throws Error{image-size} beyond 2^28 pixels.
Image resize(const Image& image, const Box& box, std::int64_t width, std::int64_t height, Filter filter);
Image resize(const Image& image, std::int64_t width, std::int64_t height, Filter filter);

/// (height, width, channels) float32, 0..255 or, of 16 bits, 0..65535.
Tensor tensor_from_image(const Image& image);
/// Applies to the last axis (the channels) of a tensor of any rank; with channels_first to the last but two.
/// kCaffe turns RGB into BGR first. With a channel count that a mode does not fit (caffe, torch on grey):
/// one channel takes the mode's average constants.
/// @throws Error{preprocess-shape} where the constants do not fit the channels.
Tensor preprocess(const Tensor& pixels, const Preprocessing& preprocessing, bool channels_first = false);

}  // namespace kerascope
