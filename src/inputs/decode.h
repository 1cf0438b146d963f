// The decoders behind read_image: encoded bytes -> pixels in the file's own channels.
#pragma once

#include <cstddef>
#include <span>

#include "inputs/image.h"

namespace kerascope {

/// 1 channel (grey) or 3 (RGB). Bytes after a corrupt place are decoded as far as they go, as Pillow does.
/// @throws Error{image-invalid, image-format} without a place.
Image decode_jpeg(std::span<const std::byte> bytes);

/// 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGBA) channels; palettes and transparent colours are resolved.
/// @throws Error{image-invalid, image-format} without a place.
Image decode_png(std::span<const std::byte> bytes);

/// Memory for a picture of these sizes.
/// @throws Error{image-invalid} if they are not positive, beyond 2^28 pixels, or more than `most_pixels`, which is
/// what the file's bytes can hold at all.
Image allocate_image(std::int64_t width, std::int64_t height, int channels, std::int64_t most_pixels);

}  // namespace kerascope
