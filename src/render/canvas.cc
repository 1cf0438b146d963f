#include "render/canvas.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kerascope/error.h"
#include "render/scale.h"

namespace kerascope {
namespace {

constexpr std::int64_t kHatchStripe_px = 4;
constexpr std::int64_t kLeastWidth_px = 512;
constexpr std::int64_t kLeastStretchedHeight_px = 96, kGreatestStretchedHeight_px = 1024, kGreatestStretch = 32;
constexpr std::int64_t kMostPixels = std::int64_t{1} << 28;
constexpr Rgb kMagenta = {255, 0, 255};

struct Inks {
  unsigned char outside, gap, hatch_dark, hatch_light, magenta;
};
constexpr Inks kGrayInks = {0, kGapGray, 30, 52, 0};

// A palette has 256 colours: the colour map's levels, then the inks. An odd number of levels has a middle one.
constexpr int kColorLevels = 251;
constexpr Inks kColorInks = {kColorLevels, kColorLevels + 1, kColorLevels + 2, kColorLevels + 3, kColorLevels + 4};

std::vector<Rgb> palette_of(Colormap colormap) {
  std::vector<Rgb> palette(256);
  for (int level = 0; level < kColorLevels; ++level)
    palette[static_cast<std::size_t>(level)] =
        colors(colormap)[static_cast<std::size_t>(std::lround(level * 255.0 / (kColorLevels - 1)))];
  auto set_gray = [&](unsigned char ink, unsigned char gray) { palette[ink] = {gray, gray, gray}; };
  set_gray(kColorInks.outside, kGrayInks.outside);
  set_gray(kColorInks.gap, kGrayInks.gap);
  set_gray(kColorInks.hatch_dark, kGrayInks.hatch_dark);
  set_gray(kColorInks.hatch_light, kGrayInks.hatch_light);
  palette[kColorInks.magenta] = kMagenta;
  return palette;
}

std::int64_t divided_up(std::int64_t number, std::int64_t divisor) { return (number + divisor - 1) / divisor; }

}  // namespace

void require_valid_options(const GridOptions& options) {
  if (options.gap_px < 0 || options.zoom < 0 || options.columns < 0)
    throw Error({.code = "grid-invalid",
                 .what = fmt::format("the gap is {}, the zoom {}, the columns are {}, and none may be less than 0",
                                     options.gap_px, options.zoom, options.columns)});
  require_valid(options.scale);
}

Canvas::Canvas(const Tiles& tiles, const GridOptions& options, LeastTile least)
    : tiles_(tiles),
      colormap_(options.colormap),
      gap_px_(options.gap_px),
      strip_gap_px_(tiles.strip > 1 ? 4 * options.gap_px : 0) {
  require_valid_options(options);
  choose_zoom(options.zoom, least);
  const std::int64_t width = width_px(), height = height_px();
  if (static_cast<double>(width) * static_cast<double>(height) > static_cast<double>(kMostPixels))
    throw Error({.code = "picture-too-large",
                 .what = fmt::format("the picture would have {} x {} pixels, the most is {} in all", width, height,
                                     kMostPixels),
                 .hint = "choose a smaller zoom or gap, or fewer channels"});
  const Inks& inks = is_gray() ? kGrayInks : kColorInks;
  picture_.width = width;
  picture_.height = height;
  picture_.pixels.assign(static_cast<std::size_t>(width * height), gap_px_ ? inks.gap : inks.outside);
  if (!is_gray()) picture_.palette = palette_of(colormap_);
}

void Canvas::choose_zoom(int wanted, LeastTile least) {
  const std::int64_t numbers_across = tiles_.columns * tiles_.width.size, gaps_px = width_px() - numbers_across;
  const std::int64_t numbers_down = tiles_.rows * tiles_.height.size;
  if (wanted > 0) {
    zoom_x_ = zoom_y_ = wanted;
  } else {
    zoom_x_ = divided_up(std::max<std::int64_t>(kLeastWidth_px - gaps_px, 1), numbers_across);
    if (tiles_.may_stretch) {
      const std::int64_t tallest = std::max(zoom_x_, kLeastStretchedHeight_px / numbers_down);
      zoom_y_ = std::clamp<std::int64_t>(kGreatestStretchedHeight_px / numbers_down, 1, tallest);
      zoom_x_ = std::min(zoom_x_, kGreatestStretch * zoom_y_);
    } else {
      // A narrow picture would become extremely high.
      zoom_x_ = std::clamp<std::int64_t>(tiles_.tallest_px / numbers_down, 1, zoom_x_);
      zoom_x_ = zoom_y_ = std::max(zoom_x_, tiles_.least_zoom);
    }
  }
  const std::int64_t needed =
      std::max(divided_up(least.width_px, tiles_.width.size), divided_up(least.height_px, tiles_.height.size));
  if (needed > std::min(zoom_x_, zoom_y_)) {
    zoom_x_ = zoom_y_ = needed;
    is_zoom_raised_ = true;
  }
}

int Canvas::levels() const { return is_gray() ? 256 : kColorLevels; }

std::int64_t Canvas::width_px() const {
  const std::int64_t strip_gaps = strip_gap_px_ ? tiles_.columns / tiles_.strip - 1 : 0;
  return tiles_.columns * (tiles_.width.size * zoom_x_ + gap_px_) - gap_px_ + strip_gaps * strip_gap_px_;
}

std::int64_t Canvas::height_px() const {
  const std::int64_t gap_px = gap_px_ + strip_gap_px_;
  return tiles_.rows * (tiles_.height.size * zoom_y_ + gap_px) - gap_px;
}

std::int64_t Canvas::left(std::int64_t tile) const {
  const std::int64_t column = tile % tiles_.columns;
  return column * (tiles_.width.size * zoom_x_ + gap_px_) + (strip_gap_px_ ? column / tiles_.strip * strip_gap_px_ : 0);
}

std::int64_t Canvas::top(std::int64_t tile) const {
  return tile / tiles_.columns * (tiles_.height.size * zoom_y_ + gap_px_ + strip_gap_px_);
}

void Canvas::draw_row(std::int64_t tile, std::int64_t y, const unsigned char* levels) {
  unsigned char* const first =
      &picture_.pixels[static_cast<std::size_t>((top(tile) + y * zoom_y_) * picture_.width + left(tile))];
  const std::int64_t width = tiles_.width.size;
  if (zoom_x_ == 1)
    std::copy_n(levels, width, first);
  else
    for (std::int64_t x = 0; x < width; ++x) std::fill_n(first + x * zoom_x_, zoom_x_, levels[x]);
  for (std::int64_t copy = 1; copy < zoom_y_; ++copy)
    std::copy_n(first, width * zoom_x_, first + copy * picture_.width);
}

void Canvas::hatch(std::int64_t tile) {
  const Inks& inks = is_gray() ? kGrayInks : kColorInks;
  const std::int64_t first_x = left(tile), first_y = top(tile);
  for (std::int64_t y = first_y; y < first_y + tiles_.height.size * zoom_y_; ++y)
    for (std::int64_t x = first_x; x < first_x + tiles_.width.size * zoom_x_; ++x)
      picture_.pixels[static_cast<std::size_t>(y * picture_.width + x)] =
          (x + y) / kHatchStripe_px % 2 ? inks.hatch_light : inks.hatch_dark;
}

void Canvas::make_room_for_magenta() {
  if (is_gray()) picture_ = rgb_picture(picture_);
}

void Canvas::draw_magenta(std::int64_t tile, std::int64_t y, std::int64_t x) {
  for (std::int64_t down = 0; down < zoom_y_; ++down)
    for (std::int64_t right = 0; right < zoom_x_; ++right) {
      const std::int64_t pixel = (top(tile) + y * zoom_y_ + down) * picture_.width + left(tile) + x * zoom_x_ + right;
      unsigned char* const to = &picture_.pixels[static_cast<std::size_t>(pixel * picture_.channels)];
      if (picture_.channels == 1) {
        *to = kColorInks.magenta;
      } else {
        to[0] = kMagenta.r;
        to[1] = kMagenta.g;
        to[2] = kMagenta.b;
      }
    }
}

}  // namespace kerascope
