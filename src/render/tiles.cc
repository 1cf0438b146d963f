#include "render/tiles.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr std::int64_t kLongestRow = 16;        // up to so many cells make one row
constexpr std::int64_t kWidestStrip_px = 4096;  // width of one channel's slices together

std::int64_t square_side(std::int64_t count) {
  return static_cast<std::int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
}

}  // namespace

std::int64_t Tiles::slice_count() const {
  std::int64_t product = 1;
  for (const Axis& axis : slices) product *= axis.size;
  return product;
}

std::int64_t Tiles::offset(std::int64_t channel, std::int64_t slice) const {
  std::int64_t sum = channel * channels.stride;
  for (auto axis = slices.rbegin(); axis != slices.rend(); ++axis) {
    sum += slice % axis->size * axis->stride;
    slice /= axis->size;
  }
  return sum;
}

void lay_square(Tiles& tiles) {
  tiles.rows = tiles.columns = square_side(tiles.count());
  if (tiles.count() > 1) tiles.layout = fmt::format("{}x{} tiles", tiles.rows, tiles.columns);
}

bool are_maps(const Tiles& tiles) { return tiles.slices.empty() && !tiles.one_scale; }

void lay_in_columns(Tiles& tiles, std::int64_t columns) {
  tiles.columns = columns;
  tiles.rows = (tiles.count() + columns - 1) / columns;
  if (tiles.count() > 1) tiles.layout = fmt::format("{}x{} tiles", tiles.rows, tiles.columns);
}

void lay_cells(Tiles& tiles) {
  const std::int64_t count = tiles.count(), side = square_side(count);
  tiles.columns = count <= kLongestRow ? count : side;
  for (std::int64_t columns = tiles.columns; columns <= 2 * side; ++columns)
    if (count % columns == 0) {
      tiles.columns = columns;
      break;
    }
  tiles.rows = (count + tiles.columns - 1) / tiles.columns;
  if (count > 1) tiles.layout = fmt::format("{}x{} cells", tiles.rows, tiles.columns);
}

void lay_strips(Tiles& tiles) {
  const std::int64_t slices = tiles.slice_count(), strip_px = slices * tiles.width.size;
  if (tiles.channels.size == 1 || strip_px > kWidestStrip_px) return lay_square(tiles);
  const double ratio = static_cast<double>(tiles.channels.size * tiles.height.size) / static_cast<double>(strip_px);
  const auto across = std::max<std::int64_t>(std::llround(std::sqrt(ratio)), 1);
  tiles.strip = slices;
  tiles.columns = across * slices;
  tiles.rows = (tiles.channels.size + across - 1) / across;
  tiles.layout = fmt::format("{} channels of {} slices", tiles.channels.size, slices);
}

Tiles tiles_of(const Shape& shape, const std::string& roles) {
  if (static_cast<int>(roles.size()) != shape.rank())
    throw Error({.code = "axes-invalid",
                 .what = fmt::format("the axes '{}' are not those of an output of shape {}", roles, shape.str()),
                 .hint = "one letter an axis, without the batch: \"HWC\""});
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
  if (others.size() >= 2) {
    tiles.width = others.back();
    tiles.height = others[others.size() - 2];
    others.resize(others.size() - 2);
    tiles.slices = std::move(others);
    if (tiles.slices.empty())
      lay_square(tiles);
    else
      lay_strips(tiles);
    return tiles;
  }
  tiles.one_scale = true;
  if (others.size() == 1) {
    tiles.width = others[0];
    tiles.height = std::exchange(tiles.channels, {});
    tiles.may_stretch = true;
    tiles.layout = fmt::format("{} steps across", tiles.width.size);
    if (tiles.height.size > 1) tiles.layout += fmt::format(", {} channels down", tiles.height.size);
    return tiles;
  }
  lay_cells(tiles);
  return tiles;
}

}  // namespace kerascope
