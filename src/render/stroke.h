// Smooth strokes and dots over an RGB picture.
#pragma once

#include "render/picture.h"

namespace kerascope {

struct Point {
  double x = 0, y = 0;  ///< the centre of pixel (0, 0) is (0.5, 0.5)
};

Picture filled_picture(std::int64_t width, std::int64_t height, Rgb ground);
void draw_line(Picture& picture, Point from, Point to, double width_px, Rgb color, double opacity = 1);
void draw_dot(Picture& picture, Point middle, double radius_px, Rgb color);
void draw_rectangle(Picture& picture, Point from, Point to, Rgb color, double opacity = 1);

}  // namespace kerascope
