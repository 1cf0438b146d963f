#include "render/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/memory.h"
#include "base/text.h"
#include "kerascope/error.h"
#include "render/canvas.h"
#include "render/draw.h"
#include "render/font.h"
#include "render/lines.h"
#include "render/resize.h"
#include "render/thumbnails.h"
#include "render/view.h"

namespace kerascope {
namespace {

/// Copies the chosen channels in their order.
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

std::string name_of_channel(const std::vector<std::int64_t>& channels, std::int64_t place) {
  return std::to_string(channels.empty() ? place : channels[static_cast<std::size_t>(place)]);
}

/// The channel index for each tile; of several slices only the first one has it.
std::vector<std::string> channel_labels(const Tiles& tiles, const std::vector<std::int64_t>& channels) {
  if (tiles.may_stretch) return {};
  std::vector<std::string> labels(static_cast<std::size_t>(tiles.count()));
  const std::int64_t slices = tiles.slice_count();
  for (std::int64_t channel = 0; channel < tiles.channels.size; ++channel)
    labels[static_cast<std::size_t>(channel * slices)] = name_of_channel(channels, channel);
  return labels;
}

Grid number_as_text(float number, const GridOptions& options) {
  constexpr Rgb kInk = {240, 240, 240}, kNotFinite = {255, 0, 255};
  constexpr std::int64_t kSide_px = 24;
  const std::string text = std::isnan(number) ? "NaN" : fmt::format("{:.6g}", number);
  Grid grid{.rows = 1,
            .columns = 1,
            .minimum = std::isfinite(number) ? number : NAN,
            .maximum = std::isfinite(number) ? number : NAN,
            .has_numbers = true,
            .has_one_scale = true,
            .low = number,
            .high = number,
            .scale = options.scale.kind,
            .form = Grid::Form::kNumber,
            .layout = "one number, " + text};
  grid.picture = plain({.width = std::max<std::int64_t>(text_width(text, kTitleText) + 2 * kSide_px, 160),
                        .height = line_height(kTitleText) + 2 * kSide_px},
                       ThumbnailOptions().ground);
  draw_text(grid.picture, (grid.picture.width - text_width(text, kTitleText)) / 2, kSide_px, text,
            std::isfinite(number) ? kInk : kNotFinite, kTitleText);
  return grid;
}

/// Turns three tiles into one whose colours are the three channels; nothing if they are not three maps.
std::optional<Axis> take_colors(Tiles& tiles) {
  if (tiles.channels.size != 3 || tiles.one_scale) return {};
  const Axis colors = std::exchange(tiles.channels, {});
  tiles.layout.clear();
  lay_square(tiles);
  return colors;
}

}  // namespace

Grid grid(const Tensor& activation, const std::string& axes, const GridOptions& options) try {
  if (activation.empty()) throw Error({.code = "shape-empty", .what = "a tensor without a shape cannot be drawn"});
  if (activation.dtype() != DType::kFloat32) return grid(drawable(activation), axes, options);
  if (options.tokens) {
    const View view = view_of(activation, axes, "", options.tokens);
    GridOptions others = options;
    others.tokens.reset();
    return with_remark(grid(view.sample, view.axes, others), view.remark);
  }
  const auto channel_axis = axes.find('C');
  const bool chooses = !options.channels.empty() && channel_axis != axes.npos;
  const Tensor drawn = chooses ? with_channels(activation, channel_axis, options.channels) : activation;
  const std::vector<std::int64_t> channels = chooses ? options.channels : std::vector<std::int64_t>{};
  Tiles tiles = tiles_of(drawn.shape(), axes);
  if (drawn.size() == 1 && options.zoom == 0) return number_as_text(drawn.data()[0], options);
  const bool has_own_scales = options.scale.kind == Scale::Kind::kTile;
  // The scale is that of all channels, also those that are not drawn.
  const auto shared = [&] { return range_of(options.scale, activation.numbers()); };
  if (options.in_color)
    if (const auto colors = take_colors(tiles)) {
      const Range range = has_own_scales ? picture_range(drawn.numbers()).value_or(shared()) : shared();
      return draw_rgb(drawn.data(), tiles, colors->stride, {&range, 1}, options);
    }
  if (are_lines(tiles, options)) {
    require_valid_options(options);
    std::vector<std::string> names;
    // A channel that was selected from several need not be number 0.
    const bool is_alone = tiles.height.size == 1 && channels.empty();
    for (std::int64_t i = 0; i < tiles.height.size; ++i) names.push_back(is_alone ? "" : name_of_channel(channels, i));
    const Range range = shared();
    return draw_lines(drawn.data(), tiles, names, has_own_scales ? nullptr : &range, options);
  }
  if (options.columns > 0 && are_maps(tiles)) lay_in_columns(tiles, options.columns);
  if (options.numbers) tiles.labels = channel_labels(tiles, channels);
  if (has_own_scales && !tiles.one_scale) return draw(drawn.data(), tiles, {}, options);
  const Range range = shared();
  return draw(drawn.data(), tiles, {&range, 1}, options);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

Grid with_remark(Grid grid, const std::string& remark) {
  if (!remark.empty()) grid.layout = grid.layout.empty() ? remark : remark + ", " + grid.layout;
  return grid;
}

Grid input_picture(const Tensor& input, const std::string& axes, const GridOptions& options) try {
  if (input.dtype() != DType::kFloat32) return input_picture(drawable(input), axes, options);
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
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

std::string Grid::str() const {
  if (form == Form::kNumber || form == Form::kClasses) return layout;
  const std::string ends = fmt::format("{} .. {}", text::number(low), text::number(high));
  const std::string range = std::isnan(minimum)
                                ? "no finite number"
                                : fmt::format("range {} .. {}", text::number(minimum), text::number(maximum));
  const std::string map = colormap == Colormap::kGray ? "" : ", " + name_of(colormap);
  const std::string color = form == Form::kColor ? "in colour" + (has_one_scale ? " from " + ends : "") + ", " : "";
  const std::string start = (layout.empty() ? "" : layout + ", ") + color;
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
  const bool is_told = layout.empty() || !color.empty() || (form == Form::kLines && rows == 1);
  return start + (is_told ? "" : "one scale, ") + range + map;
}

}  // namespace kerascope
