#include "render/numbers.h"

#include <algorithm>

#include "render/font.h"

namespace kerascope {
namespace {

constexpr Rgb kInk = {240, 240, 240};
constexpr int kPlateGray = 16, kPlateShare = 176;  // opacity of 255: the tile stays visible below
constexpr std::int64_t kSide_px = 3;

std::int64_t plate_width(const std::string& label) { return text_width(label, kSmallText) + 2 * kSide_px; }
std::int64_t plate_height() { return line_height(kSmallText); }

void darken(Picture& picture, std::int64_t left, std::int64_t top, std::int64_t width, std::int64_t height) {
  for (std::int64_t y = top; y < top + height; ++y) {
    unsigned char* row = &picture.pixels[static_cast<std::size_t>((y * picture.width + left) * picture.channels)];
    for (std::int64_t i = 0; i < width * picture.channels; ++i)
      row[i] = static_cast<unsigned char>((kPlateGray * kPlateShare + row[i] * (255 - kPlateShare)) / 255);
  }
}

}  // namespace

Canvas::LeastTile tile_for(const std::vector<std::string>& labels) {
  Canvas::LeastTile least;
  for (const std::string& label : labels)
    if (!label.empty()) least = {std::max(least.width_px, plate_width(label) + 2 * kSide_px), 2 * plate_height()};
  return least;
}

void draw_numbers(Picture& picture, const Canvas& canvas, const std::vector<std::string>& labels) {
  if (!picture.palette.empty()) picture = rgb_picture(picture);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].empty()) continue;
    const auto tile = static_cast<std::int64_t>(i);
    const std::int64_t left = canvas.left(tile), top = canvas.top(tile);
    darken(picture, left, top, plate_width(labels[i]), plate_height());
    draw_text(picture, left + kSide_px, top, labels[i], kInk, kSmallText);
  }
}

}  // namespace kerascope
