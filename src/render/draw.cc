#include "render/draw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "base/statistics.h"
#include "render/canvas.h"
#include "render/colorbar.h"
#include "render/numbers.h"

namespace kerascope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// round(top (x - min) / (max - min)), halves to even, in float32; clipped.
void levels_from(std::span<const float> numbers, const Range& own, const Range& range, int top, unsigned char* levels) {
  const float width = range.maximum - range.minimum, factor = static_cast<float>(top);
  const bool overflows = !std::isfinite(factor * width);
  if (overflows || own.minimum < range.minimum || own.maximum > range.maximum) {
    const double minimum = range.minimum, wide = static_cast<double>(range.maximum) - minimum;
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (std::isfinite(numbers[i])) {
        const double clipped = std::clamp(numbers[i], range.minimum, range.maximum);
        levels[i] = static_cast<unsigned char>(std::nearbyint(top * ((clipped - minimum) / wide)));
      }
    return;
  }
  // Adding 1.5 * 2^23 rounds to a whole number in the processor's rounding mode and leaves it in the lowest bits.
  constexpr float kRounder = 12582912.0f;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const float level = factor * (numbers[i] - range.minimum) / width;
    levels[i] = static_cast<unsigned char>(std::bit_cast<std::uint32_t>(level + kRounder));
  }
}

/// Copies the tiles of some neighbouring channels, each row by row. Channels that are interleaved in memory are copied
/// together, so that each cache line is read once.
class Gatherer {
 public:
  static constexpr std::int64_t kTogether = 16;

  explicit Gatherer(const Tiles& tiles) : tiles_(tiles) {}

  void gather(const float* first, std::int64_t channel_count) {
    const std::int64_t height = tiles_.height.size, width = tiles_.width.size;
    numbers_.resize(static_cast<std::size_t>(channel_count * pitch()));
    for (std::int64_t y = 0; y < height; ++y)
      for (std::int64_t x = 0; x < width; ++x) {
        const float* from = first + y * tiles_.height.stride + x * tiles_.width.stride;
        float* to = numbers_.data() + y * width + x;
        for (std::int64_t k = 0; k < channel_count; ++k) to[k * pitch()] = from[k * tiles_.channels.stride];
      }
  }
  const float* tile(std::int64_t k) const { return numbers_.data() + k * pitch(); }

 private:
  // Tiles at distances of a power of two would compete for the same cache sets.
  std::int64_t pitch() const { return tiles_.tile_size() + 16; }

  const Tiles& tiles_;
  std::vector<float> numbers_;
};

/// Draws one tile from its numbers row by row; returns their range.
Range draw_tile(Canvas& canvas, std::int64_t tile, const Tiles& tiles, const float* numbers, const Range* scale,
                std::vector<unsigned char>& levels) {
  const std::span<const float> all(numbers, static_cast<std::size_t>(tiles.tile_size()));
  const Range own = finite_range(all), &range = scale ? *scale : own;
  const bool is_constant = tiles.hatch_constant && all.size() > 1 && own.minimum == own.maximum;
  if (is_constant || !(range.minimum < range.maximum)) {
    canvas.hatch(tile);
    return own;
  }
  levels_from(all, own, range, canvas.levels() - 1, levels.data());
  for (std::int64_t y = 0; y < tiles.height.size; ++y) canvas.draw_row(tile, y, levels.data() + y * tiles.width.size);
  return own;
}

void draw_not_finite(Canvas& canvas, std::int64_t tile, const Tiles& tiles, const float* numbers) {
  for (std::int64_t y = 0; y < tiles.height.size; ++y)
    for (std::int64_t x = 0; x < tiles.width.size; ++x)
      if (!std::isfinite(numbers[y * tiles.height.stride + x * tiles.width.stride])) canvas.draw_magenta(tile, y, x);
}

/// Draws all tiles; returns each one's range.
std::vector<Range> draw_tiles(Canvas& canvas, const float* numbers, const Tiles& tiles, std::span<const Range> scales) {
  std::vector<Range> ranges(static_cast<std::size_t>(tiles.count()));
  auto scale_of = [&](std::int64_t tile) {
    return scales.empty() ? nullptr : &scales[scales.size() == 1 ? 0 : static_cast<std::size_t>(tile)];
  };
  const std::int64_t slices = tiles.slice_count();
  const std::int64_t together = tiles.rows_are_contiguous() ? 1 : Gatherer::kTogether;
  const std::int64_t groups = (tiles.channels.size + together - 1) / together * slices;
  constexpr std::int64_t kGrain = 1 << 16;  // as many numbers make another thread worthwhile
  parallel_for(groups, kGrain / (together * tiles.tile_size()) + 1, [&](std::int64_t begin, std::int64_t end) {
    Gatherer gatherer(tiles);
    std::vector<unsigned char> levels(static_cast<std::size_t>(tiles.tile_size()));
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t slice = group % slices, channel = group / slices * together;
      const std::int64_t count = std::min(together, tiles.channels.size - channel);
      const float* first = numbers + tiles.offset(channel, slice);
      if (together > 1) gatherer.gather(first, count);
      for (std::int64_t k = 0; k < count; ++k) {
        const std::int64_t tile = (channel + k) * slices + slice;
        ranges[static_cast<std::size_t>(tile)] =
            draw_tile(canvas, tile, tiles, together > 1 ? gatherer.tile(k) : first, scale_of(tile), levels);
      }
    }
  });
  return ranges;
}

/// The range of each tile's three colours together.
std::vector<Range> color_ranges(const float* numbers, const Tiles& tiles, std::int64_t color_stride) {
  std::vector<Range> ranges;
  std::vector<float> all;
  const std::int64_t slices = tiles.slice_count();
  for (std::int64_t tile = 0; tile < tiles.count(); ++tile) {
    all.clear();
    for (std::int64_t c = 0; c < 3; ++c)
      for (std::int64_t y = 0; y < tiles.height.size; ++y)
        for (std::int64_t x = 0; x < tiles.width.size; ++x)
          all.push_back(numbers[tiles.offset(tile / slices, tile % slices) + c * color_stride +
                                y * tiles.height.stride + x * tiles.width.stride]);
    ranges.push_back(finite_range(all));
  }
  return ranges;
}

Picture merged(const std::array<Grid, 3>& planes) {
  Picture picture = planes[0].picture;
  picture.channels = 3;
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height * 3));
  for (std::size_t pixel = 0; pixel < picture.pixels.size() / 3; ++pixel) {
    unsigned char* const rgb_pixel = &picture.pixels[pixel * 3];
    for (std::size_t c = 0; c < 3; ++c)
      rgb_pixel[c] = planes[c].picture.pixels[pixel * static_cast<std::size_t>(planes[c].picture.channels)];
    // A plane with NaN or infinity is RGB: its pixels that are not grey are magenta.
    for (const Grid& plane : planes)
      if (plane.picture.channels == 3 && plane.picture.pixels[pixel * 3] != plane.picture.pixels[pixel * 3 + 1])
        std::copy_n(&plane.picture.pixels[pixel * 3], 3, rgb_pixel);
  }
  return picture;
}

}  // namespace

Grid draw(const float* numbers, const Tiles& tiles, std::span<const Range> scales, const GridOptions& options) {
  Canvas canvas(tiles, options, tile_for(tiles.labels));
  const std::vector<Range> ranges = draw_tiles(canvas, numbers, tiles, scales);
  Range all{kNan, kNan};
  for (const Range& range : ranges) {
    all.minimum = std::fmin(all.minimum, range.minimum);
    all.maximum = std::fmax(all.maximum, range.maximum);
    all.all_finite = all.all_finite && range.all_finite;
  }
  if (!all.all_finite) {
    canvas.make_room_for_magenta();
    const std::int64_t slices = tiles.slice_count();
    for (std::int64_t tile = 0; tile < tiles.count(); ++tile)
      if (!ranges[static_cast<std::size_t>(tile)].all_finite)
        draw_not_finite(canvas, tile, tiles, numbers + tiles.offset(tile / slices, tile % slices));
  }
  Grid grid{.rows = static_cast<int>(tiles.rows),
            .columns = static_cast<int>(tiles.columns),
            .minimum = all.minimum,
            .maximum = all.maximum,
            .zoom = canvas.zoom(),
            .has_numbers = !tiles.labels.empty(),
            .is_zoom_raised = canvas.is_zoom_raised(),
            .scale = options.scale.kind,
            .colormap = options.colormap,
            .layout = tiles.layout};
  if (scales.size() == 1) {
    grid.has_one_scale = true;
    grid.low = scales[0].minimum;
    grid.high = scales[0].maximum;
  }
  grid.picture = canvas.take_picture();
  if (grid.has_numbers) draw_numbers(grid.picture, canvas, tiles.labels);
  if (options.colorbar) add_colorbar(grid);
  return grid;
}

Grid draw_rgb(const float* numbers, const Tiles& tiles, std::int64_t color_stride, std::span<const Range> scales,
              const GridOptions& options) {
  std::vector<Range> own;
  if (scales.empty()) {
    own = color_ranges(numbers, tiles, color_stride);
    scales = own;
  }
  GridOptions plain = options;
  plain.colormap = Colormap::kGray;
  plain.colorbar = false;
  Tiles of_one_color = tiles;
  of_one_color.hatch_constant = false;
  std::array<Grid, 3> planes;
  for (std::size_t c = 0; c < 3; ++c)
    planes[c] = draw(numbers + static_cast<std::int64_t>(c) * color_stride, of_one_color, scales, plain);
  Grid result = planes[0];
  result.form = Grid::Form::kColor;
  result.scale = options.scale.kind;
  result.has_one_scale = own.empty();
  result.picture = merged(planes);
  for (const Grid& plane : planes) {
    result.minimum = std::fmin(result.minimum, plane.minimum);
    result.maximum = std::fmax(result.maximum, plane.maximum);
  }
  if (options.colorbar) add_colorbar(result);
  return result;
}

}  // namespace kerascope
