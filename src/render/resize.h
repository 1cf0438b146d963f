// Resizes drawn pictures.
#pragma once

#include "render/picture.h"

namespace kerascope {

/// Each new pixel is the mean of the area that it covers; whole factors above 1 repeat pixels. A magenta pixel (NaN,
/// infinity) makes the whole new pixel magenta, so that it cannot vanish.
/// @param picture  grey or RGB.
Picture resized(const Picture& picture, std::int64_t width, std::int64_t height);

/// Whether the picture shows a NaN or an infinity.
bool has_magenta(const Picture& picture);

/// The largest size with the picture's proportions within the given size, at least 1 x 1.
struct Size {
  std::int64_t width = 0, height = 0;
};
Size fitting(const Picture& picture, Size within);

/// Copies a grey or RGB picture into an RGB picture, which must have room at that place.
void paste(Picture& onto, const Picture& picture, std::int64_t x, std::int64_t y);

void fill(Picture& onto, std::int64_t x, std::int64_t y, Size size, Rgb color);

Picture plain(Size size, Rgb color);

}  // namespace kerascope
