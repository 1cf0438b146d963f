// What is drawn on: pixels.
#pragma once

#include <cstdint>
#include <vector>

namespace kerascope {

struct Rgb {
  unsigned char r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

/// 8-bit RGB, grey or palette picture.
struct Picture {
  std::int64_t width = 0, height = 0;
  int channels = 1;  ///< 1 grey or palette, 3 RGB
  std::vector<unsigned char> pixels;
  std::vector<Rgb> palette;  ///< empty, or the 256 colours that the pixels stand for
};

/// The same picture as RGB, whatever it was.
Picture rgb_picture(const Picture& picture);

}  // namespace kerascope
