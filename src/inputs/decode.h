// The decoders behind read_image: encoded bytes -> pixels in the file's own channels.
#pragma once

#include <cstddef>
#include <span>

#include "inputs/image.h"

namespace kerascope {

// Each returns grey (1), grey and alpha (2), RGB (3) or RGBA (4); palettes and transparent colours are resolved.
// @throws Error{image-invalid, image-format} without `where`.

/// After a corrupt place it decodes what it can, as Pillow does; CMYK becomes RGB.
Image decode_jpeg(std::span<const std::byte> bytes);
/// 16-bit grey stays so if 1 channel is wanted, else it is clipped to 255; other colours keep their upper 8 bits.
Image decode_png(std::span<const std::byte> bytes, int wanted_channels);
/// Decodes the first frame, on its canvas.
Image decode_gif(std::span<const std::byte> bytes);
Image decode_webp(std::span<const std::byte> bytes);
/// Only uncompressed BMP.
Image decode_bmp(std::span<const std::byte> bytes);

/// Allocates a picture.
/// @throws Error{image-invalid} if they are not positive, beyond 2^28 pixels, or more than `most_pixels`, the
/// most that the file's bytes can hold.
Image allocate_image(std::int64_t width, std::int64_t height, int channels, std::int64_t most_pixels, int bits = 8);

/// A bound for `most_pixels` in formats without one: a blank picture takes hardly any bytes.
inline std::int64_t most_blank_pixels(std::size_t bytes) {
  return (1 << 24) + (static_cast<std::int64_t>(bytes) << 13);
}

/// 256 colours of 4 bytes, initially opaque black.
struct Palette {
  unsigned char rgba[256][4] = {};
  Palette() {
    for (auto& entry : rgba) entry[3] = 255;
  }
};

}  // namespace kerascope
