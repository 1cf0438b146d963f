#include "render/picture.h"

namespace kerascope {

Picture rgb_picture(const Picture& picture) {
  if (picture.channels == 3) return picture;
  Picture rgb{.width = picture.width, .height = picture.height, .channels = 3, .pixels = {}, .palette = {}};
  rgb.pixels.resize(picture.pixels.size() * 3);
  unsigned char* to = rgb.pixels.data();
  for (const unsigned char pixel : picture.pixels) {
    const Rgb color = picture.palette.empty() ? Rgb{pixel, pixel, pixel} : picture.palette[pixel];
    *to++ = color.r;
    *to++ = color.g;
    *to++ = color.b;
  }
  return rgb;
}

}  // namespace kerascope
