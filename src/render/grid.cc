#include "render/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/parallel.h"
#include "base/statistics.h"
#include "kerascope/error.h"
#include "render/canvas.h"

namespace kerascope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Axis {
  std::int64_t size = 1, stride = 0;  // in numbers
};

/// A sample seen as tiles of height x width: those of one channel, slice by slice, then the next channel's.
struct Tiles {
  Axis channels, slices, height, width;
  bool one_scale = false;  // of all tiles

  std::int64_t count() const { return channels.size * slices.size; }
  std::int64_t tile_size() const { return height.size * width.size; }
  std::int64_t offset(std::int64_t channel, std::int64_t slice) const {
    return channel * channels.stride + slice * slices.stride;
  }
  bool rows_are_contiguous() const {
    return (width.size == 1 || width.stride == 1) && (height.size == 1 || height.stride == width.size);
  }
};

Tiles tiles_of(const Shape& shape, const std::string& roles) {
  KERASCOPE_CHECK(static_cast<int>(roles.size()) == shape.rank());
  if (shape.elements() == 0)
    throw Error({.code = "shape-empty", .what = "an output of shape " + shape.str() + " has no numbers to draw"});
  Tiles tiles;
  std::vector<Axis> others;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const Axis it{shape[axis], shape.elements(axis + 1, shape.rank())};
    if (roles[static_cast<std::size_t>(axis)] == 'C')
      tiles.channels = it;
    else if (it.size > 1)
      others.push_back(it);
  }
  if (others.size() > 3)
    throw Error({.code = "shape-rank",
                 .what = fmt::format("an output of shape {} has {} axes beside its channels, at most 3 can be drawn",
                                     shape.str(), others.size())});
  if (others.size() < 2) {
    tiles.one_scale = true;
    if (others.empty()) return tiles;
    if (tiles.channels.size == 1) {
      tiles.channels = others[0];
    } else {
      tiles.height = others[0];
      tiles.width = std::exchange(tiles.channels, {});
    }
    return tiles;
  }
  tiles.width = others.back();
  tiles.height = others[others.size() - 2];
  if (others.size() == 3) tiles.slices = others[0];
  return tiles;
}

/// round(255 (x - min) / (max - min)), halves to even, in float32.
void greys_from(const float* numbers, std::int64_t count, Range range, unsigned char* greys) {
  const float width = range.maximum - range.minimum;
  if (!std::isfinite(255 * width)) {  // float32 would overflow
    const double minimum = range.minimum, wide = static_cast<double>(range.maximum) - minimum;
    for (std::int64_t i = 0; i < count; ++i)
      if (std::isfinite(numbers[i]))
        greys[i] = static_cast<unsigned char>(std::nearbyint(255 * ((numbers[i] - minimum) / wide)));
    return;
  }
  // Adding 1.5 * 2^23 rounds to a whole number, as the processor does it, and leaves that number in the lowest bits.
  constexpr float kRounder = 12582912.0f;
  for (std::int64_t i = 0; i < count; ++i) {
    const float grey = 255 * (numbers[i] - range.minimum) / width;
    greys[i] = static_cast<unsigned char>(std::bit_cast<std::uint32_t>(grey + kRounder));
  }
}

/// Tiles of some neighbouring channels, each laid out row by row. Channels that lie side by side in memory are copied
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
  // Tiles a power of two apart would compete for the same few cache lines.
  std::int64_t pitch() const { return tiles_.tile_size() + 16; }

  const Tiles& tiles_;
  std::vector<float> numbers_;
};

/// Draws one tile from its numbers row by row, and says which range it was scaled from.
Range draw_tile(Canvas& canvas, std::int64_t tile, const Tiles& tiles, const float* numbers, const Range* shared,
                std::vector<unsigned char>& greys) {
  Range range = finite_range({numbers, static_cast<std::size_t>(tiles.tile_size())});
  if (shared) range = {shared->minimum, shared->maximum, range.all_finite};
  if (!(range.minimum < range.maximum)) {
    canvas.hatch(tile);
    return range;
  }
  greys_from(numbers, tiles.tile_size(), range, greys.data());
  for (std::int64_t y = 0; y < tiles.height.size; ++y) canvas.draw_row(tile, y, greys.data() + y * tiles.width.size);
  return range;
}

void draw_not_finite(Canvas& canvas, std::int64_t tile, const Tiles& tiles, const float* numbers) {
  for (std::int64_t y = 0; y < tiles.height.size; ++y)
    for (std::int64_t x = 0; x < tiles.width.size; ++x)
      if (!std::isfinite(numbers[y * tiles.height.stride + x * tiles.width.stride])) canvas.draw_magenta(tile, y, x);
}

/// @param shared  the scale of all tiles, or null: each its own.
Grid draw(const float* numbers, const Tiles& tiles, const Range* shared, const GridOptions& options) {
  Canvas canvas(tiles.count(), tiles.height.size, tiles.width.size, options);
  std::vector<Range> ranges(static_cast<std::size_t>(tiles.count()));
  const std::int64_t together = tiles.rows_are_contiguous() ? 1 : Gatherer::kTogether;
  const std::int64_t groups = (tiles.channels.size + together - 1) / together * tiles.slices.size;
  constexpr std::int64_t kGrain = 1 << 16;  // numbers that are worth a thread
  parallel_for(groups, kGrain / (together * tiles.tile_size()) + 1, [&](std::int64_t begin, std::int64_t end) {
    Gatherer gatherer(tiles);
    std::vector<unsigned char> greys(static_cast<std::size_t>(tiles.tile_size()));
    for (std::int64_t group = begin; group < end; ++group) {
      const std::int64_t slice = group % tiles.slices.size, channel = group / tiles.slices.size * together;
      const std::int64_t count = std::min(together, tiles.channels.size - channel);
      const float* first = numbers + tiles.offset(channel, slice);
      if (together > 1) gatherer.gather(first, count);
      for (std::int64_t k = 0; k < count; ++k) {
        const std::int64_t tile = (channel + k) * tiles.slices.size + slice;
        ranges[static_cast<std::size_t>(tile)] =
            draw_tile(canvas, tile, tiles, together > 1 ? gatherer.tile(k) : first, shared, greys);
      }
    }
  });

  Range all{kNan, kNan};
  for (const Range& range : ranges) {
    all.minimum = std::fmin(all.minimum, range.minimum);
    all.maximum = std::fmax(all.maximum, range.maximum);
    all.all_finite = all.all_finite && range.all_finite;
  }
  if (!all.all_finite) {
    canvas.turn_rgb();
    for (std::int64_t tile = 0; tile < tiles.count(); ++tile)
      if (!ranges[static_cast<std::size_t>(tile)].all_finite)
        draw_not_finite(canvas, tile, tiles,
                        numbers + tiles.offset(tile / tiles.slices.size, tile % tiles.slices.size));
  }
  return {canvas.take_picture(), canvas.columns(), canvas.columns(), all.minimum,
          all.maximum,           canvas.zoom(),    shared != nullptr};
}

}  // namespace

Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options) {
  const Tiles tiles = tiles_of(activation.shape(), axes);
  if (!tiles.one_scale) return draw(activation.data(), tiles, nullptr, options);
  const Range shared = finite_range(activation.numbers());
  return draw(activation.data(), tiles, &shared, options);
}

Grid input_picture(const Tensor& input, const std::string& axes, const GridOptions& options) {
  Tiles tiles;
  Axis channels;
  const bool may_be_rgb = input.shape().rank() == 3 && (axes == "HWC" || axes == "CHW");
  for (int axis = 0; may_be_rgb && axis < 3; ++axis) {
    const char role = axes[static_cast<std::size_t>(axis)];
    Axis& named = role == 'C' ? channels : role == 'H' ? tiles.height : tiles.width;
    named = {input.shape()[axis], input.shape().elements(axis + 1, input.shape().rank())};
  }
  if (channels.size != 3 || input.size() == 0) return grid(input, axes, options);

  const Range range = finite_range(input.numbers());
  std::array<Picture, 3> planes;
  Grid result;
  for (std::size_t c = 0; c < 3; ++c) {
    result = draw(input.data() + static_cast<std::int64_t>(c) * channels.stride, tiles, &range, options);
    planes[c] = std::move(result.picture);
  }
  Picture picture{.width = planes[0].width, .height = planes[0].height, .channels = 3};
  picture.pixels.resize(static_cast<std::size_t>(picture.width * picture.height * 3));
  for (std::size_t pixel = 0; pixel < picture.pixels.size() / 3; ++pixel) {
    unsigned char* const rgb_pixel = &picture.pixels[pixel * 3];
    for (std::size_t c = 0; c < 3; ++c)
      rgb_pixel[c] = planes[c].pixels[pixel * static_cast<std::size_t>(planes[c].channels)];
    // A plane with NaN or infinity comes coloured: what is not grey there is magenta.
    for (const Picture& plane : planes)
      if (plane.channels == 3 && plane.pixels[pixel * 3] != plane.pixels[pixel * 3 + 1])
        std::copy_n(&plane.pixels[pixel * 3], 3, rgb_pixel);
  }
  result.picture = std::move(picture);
  result.minimum = range.minimum;
  result.maximum = range.maximum;
  return result;
}

}  // namespace kerascope
