// What is drawn on: pixels.
#pragma once

#include <cstdint>
#include <vector>

namespace kerascope {

struct Rgb {
  unsigned char r = 0, g = 0, b = 0;
  bool operator==(const Rgb&) const = default;
};

/// 8-bit RGB or grey picture.
struct Picture {
  std::int64_t width = 0, height = 0;
  int channels = 1;  ///< 1 grey, 3 RGB
  std::vector<unsigned char> pixels;
};

}  // namespace kerascope
