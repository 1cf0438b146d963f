#include "render/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr unsigned char kGapGrey = 64;
constexpr unsigned char kHatchDark = 30, kHatchLight = 52;
constexpr std::int64_t kHatchStripe_px = 4;
constexpr std::int64_t kLeastWidth_px = 512, kGreatestZoomedHeight_px = 4096;
constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;

}  // namespace

Canvas::Canvas(std::int64_t tiles, std::int64_t tile_height, std::int64_t tile_width, const GridOptions& options)
    : tile_height_(tile_height), tile_width_(tile_width), gap_px_(options.gap_px) {
  KERASCOPE_CHECK(options.gap_px >= 0 && options.zoom >= 0);
  columns_ = static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(tiles))));
  zoom_ = options.zoom ? options.zoom : fitting_zoom();
  const std::int64_t width = side(tile_width_), height = side(tile_height_);
  if (static_cast<double>(width) * static_cast<double>(height) > static_cast<double>(kMostPixels))
    throw Error({.code = "picture-too-large",
                 .what = fmt::format("the picture would have {} x {} pixels, the most is {} in all", width, height,
                                     kMostPixels),
                 .hint = "choose a smaller zoom or gap, or fewer channels"});
  picture_ = {.width = width, .height = height};
  picture_.pixels.assign(static_cast<std::size_t>(width * height), gap_px_ ? kGapGrey : 0);
}

std::int64_t Canvas::fitting_zoom() const {
  const std::int64_t numbers_across = columns_ * tile_width_, gaps_px = (columns_ - 1) * gap_px_;
  const std::int64_t for_width =
      (std::max<std::int64_t>(kLeastWidth_px - gaps_px, 1) + numbers_across - 1) / numbers_across;
  // A narrow picture, such as a long sequence of few channels, would become endless.
  const std::int64_t for_height = kGreatestZoomedHeight_px / (columns_ * tile_height_);
  return std::max<std::int64_t>(std::min(for_width, for_height), 1);
}

unsigned char* Canvas::at(std::int64_t tile, std::int64_t y, std::int64_t x) {
  const std::int64_t top = tile / columns_ * (tile_height_ * zoom_ + gap_px_) + y * zoom_;
  const std::int64_t left = tile % columns_ * (tile_width_ * zoom_ + gap_px_) + x * zoom_;
  return picture_.pixels.data() + (top * picture_.width + left) * picture_.channels;
}

void Canvas::draw_row(std::int64_t tile, std::int64_t y, const unsigned char* greys) {
  unsigned char* const first = at(tile, y, 0);
  if (zoom_ == 1) {
    std::copy_n(greys, tile_width_, first);
    return;
  }
  for (std::int64_t x = 0; x < tile_width_; ++x) std::fill_n(first + x * zoom_, zoom_, greys[x]);
  for (std::int64_t copy = 1; copy < zoom_; ++copy)
    std::copy_n(first, tile_width_ * zoom_, first + copy * picture_.width);
}

void Canvas::hatch(std::int64_t tile) {
  unsigned char* row = at(tile, 0, 0);
  const std::int64_t position = row - picture_.pixels.data();
  std::int64_t diagonal = position / picture_.width + position % picture_.width;
  for (std::int64_t y = 0; y < tile_height_ * zoom_; ++y, ++diagonal, row += picture_.width)
    for (std::int64_t x = 0; x < tile_width_ * zoom_; ++x)
      row[x] = (diagonal + x) / kHatchStripe_px % 2 ? kHatchLight : kHatchDark;
}

void Canvas::turn_rgb() {
  std::vector<unsigned char> rgb(picture_.pixels.size() * 3);
  for (std::size_t i = 0; i < picture_.pixels.size(); ++i) std::fill_n(&rgb[i * 3], 3, picture_.pixels[i]);
  picture_.pixels = std::move(rgb);
  picture_.channels = 3;
}

void Canvas::draw_magenta(std::int64_t tile, std::int64_t y, std::int64_t x) {
  constexpr std::array<unsigned char, 3> kMagenta = {255, 0, 255};
  for (std::int64_t down = 0; down < zoom_; ++down) {
    unsigned char* pixel = at(tile, y, x) + down * picture_.width * 3;
    for (std::int64_t right = 0; right < zoom_; ++right, pixel += 3) std::copy(kMagenta.begin(), kMagenta.end(), pixel);
  }
}

}  // namespace kerascope
