#include "render/stroke.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace kerascope {
namespace {

void blend(Picture& picture, std::int64_t x, std::int64_t y, Rgb color, double opacity) {
  unsigned char* const pixel = &picture.pixels[static_cast<std::size_t>((y * picture.width + x) * 3)];
  const unsigned char samples[] = {color.r, color.g, color.b};
  for (int i = 0; i < 3; ++i)
    pixel[i] = static_cast<unsigned char>(std::lround(pixel[i] + (samples[i] - pixel[i]) * opacity));
}

/// Paints the pixels of a box inside the picture; coverage(x, y) is the covered share of a pixel.
void over_box(Picture& picture, Point low, Point high, Rgb color, double opacity, auto coverage) {
  KERASCOPE_CHECK(picture.channels == 3);
  const auto first = [](double at) { return std::max<std::int64_t>(static_cast<std::int64_t>(std::floor(at)), 0); };
  const auto last = [](double at, std::int64_t size) {
    return std::min<std::int64_t>(static_cast<std::int64_t>(std::ceil(at)), size);
  };
  for (std::int64_t y = first(low.y); y < last(high.y, picture.height); ++y)
    for (std::int64_t x = first(low.x); x < last(high.x, picture.width); ++x) {
      const double covered = std::clamp(coverage(static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5), 0.0, 1.0);
      if (covered > 0) blend(picture, x, y, color, covered * opacity);
    }
}

}  // namespace

Picture filled_picture(std::int64_t width, std::int64_t height, Rgb ground) {
  Picture picture{.width = width, .height = height, .channels = 3};
  picture.pixels.resize(static_cast<std::size_t>(width * height * 3));
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3) {
    picture.pixels[i] = ground.r;
    picture.pixels[i + 1] = ground.g;
    picture.pixels[i + 2] = ground.b;
  }
  return picture;
}

void draw_line(Picture& picture, Point from, Point to, double width_px, Rgb color, double opacity) {
  const double dx = to.x - from.x, dy = to.y - from.y, square = dx * dx + dy * dy, reach = width_px / 2 + 1;
  over_box(picture, {std::min(from.x, to.x) - reach, std::min(from.y, to.y) - reach},
           {std::max(from.x, to.x) + reach, std::max(from.y, to.y) + reach}, color, opacity, [&](double x, double y) {
             const double along =
                 square > 0 ? std::clamp(((x - from.x) * dx + (y - from.y) * dy) / square, 0.0, 1.0) : 0;
             return width_px / 2 + 0.5 - std::hypot(x - from.x - along * dx, y - from.y - along * dy);
           });
}

void draw_dot(Picture& picture, Point middle, double radius_px, Rgb color) {
  draw_line(picture, middle, middle, 2 * radius_px, color);
}

void draw_rectangle(Picture& picture, Point from, Point to, Rgb color, double opacity) {
  over_box(picture, from, to, color, opacity, [](double, double) { return 1.0; });
}

}  // namespace kerascope
