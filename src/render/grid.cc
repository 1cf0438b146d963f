#include "render/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/text.h"
#include "kerascope/error.h"
#include "render/draw.h"

namespace kerascope {
namespace {

/// The chosen channels in their order, one after the other.
Tensor with_channels(const Tensor& activation, std::size_t axis, const std::vector<std::int64_t>& channels) {
  const Shape& shape = activation.shape();
  const int at = static_cast<int>(axis);
  const std::int64_t count = shape[at], inner = shape.elements(at + 1, shape.rank());
  Shape chosen = shape;
  chosen[at] = static_cast<std::int64_t>(channels.size());
  for (const std::int64_t channel : channels)
    if (channel < 0 || channel >= count)
      throw Error({.code = "channel-invalid",
                   .what = fmt::format("there is no channel {}, an output of shape {} has {}, 0 to {}", channel,
                                       shape.str(), count, count - 1)});
  Tensor result(chosen);
  float* to = result.mutable_data();
  for (std::int64_t outer = 0; outer < shape.elements(0, at); ++outer)
    for (const std::int64_t channel : channels)
      to = std::copy_n(activation.data() + (outer * count + channel) * inner, inner, to);
  return result;
}

/// The number of each tile's channel; of several slices only the first one carries it.
std::vector<std::string> channel_labels(const Tiles& tiles, const std::vector<std::int64_t>& channels) {
  if (tiles.may_stretch) return {};
  std::vector<std::string> labels(static_cast<std::size_t>(tiles.count()));
  const std::int64_t slices = tiles.slice_count();
  for (std::int64_t channel = 0; channel < tiles.channels.size; ++channel)
    labels[static_cast<std::size_t>(channel * slices)] =
        std::to_string(channels.empty() ? channel : channels[static_cast<std::size_t>(channel)]);
  return labels;
}

}  // namespace

Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options) {
  if (activation.empty()) throw Error({.code = "shape-empty", .what = "a tensor without a shape cannot be drawn"});
  const auto channel_axis = axes.find('C');
  const bool chooses = !options.channels.empty() && channel_axis != axes.npos;
  const Tensor drawn = chooses ? with_channels(activation, channel_axis, options.channels) : activation;
  Tiles tiles = tiles_of(drawn.shape(), axes);
  if (options.columns > 0 && are_maps(tiles)) lay_in_columns(tiles, options.columns);
  if (options.numbers) tiles.labels = channel_labels(tiles, chooses ? options.channels : std::vector<std::int64_t>{});
  if (options.scale.kind == Scale::Kind::kTile && !tiles.one_scale) return draw(drawn.data(), tiles, {}, options);
  const Range shared = range_of(options.scale, activation.numbers());  // of all channels, whichever are drawn
  return draw(drawn.data(), tiles, {&shared, 1}, options);
}

Grid input_picture(const Tensor& input, const std::string& axes, const GridOptions& options) {
  Tiles tiles;
  Axis colors;
  const bool may_be_rgb = input.shape().rank() == 3 && (axes == "HWC" || axes == "CHW");
  for (int axis = 0; may_be_rgb && axis < 3; ++axis) {
    const char role = axes[static_cast<std::size_t>(axis)];
    Axis& named = role == 'C' ? colors : role == 'H' ? tiles.height : tiles.width;
    named = {input.shape()[axis], input.shape().elements(axis + 1, input.shape().rank())};
  }
  if (colors.size != 3 || input.size() == 0) return grid(input, axes, options);
  const Range shared = finite_range(input.numbers());
  return draw_rgb(input.data(), tiles, colors.stride, {&shared, 1}, options);
}

std::string Grid::str() const {
  const std::string ends = fmt::format("{} .. {}", text::number(low), text::number(high));
  const std::string range = std::isnan(minimum)
                                ? "no finite number"
                                : fmt::format("range {} .. {}", text::number(minimum), text::number(maximum));
  const std::string map = colormap == Colormap::kGray ? "" : ", " + name_of(colormap);
  const std::string start = layout.empty() ? "" : layout + ", ";
  if (!has_one_scale) return start + (layout.empty() ? "" : "each scaled alone, ") + range + map;
  switch (scale) {
    case Scale::Kind::kSymmetric:
      return fmt::format("{}symmetric scale {}, {}{}", start, ends, range, map);
    case Scale::Kind::kPercentile:
      return fmt::format("{}scale {} (1st to 99th percentile), {}{}", start, ends, range, map);
    case Scale::Kind::kFixed:
      return fmt::format("{}scale {}, {}{}", start, ends, range, map);
    case Scale::Kind::kTile:
    case Scale::Kind::kLayer:
      break;
  }
  return start + (layout.empty() ? "" : "one scale, ") + range + map;
}

}  // namespace kerascope
