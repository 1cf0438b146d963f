#include "render/seen_layer.h"

#include <fmt/format.h>

#include <cmath>

#include "base/text.h"
#include "kerascope/error.h"
#include "render/colormap.h"
#include "render/scale.h"

namespace kerascope {
namespace {

/// "tower" of "tower#1": the layers inside have addresses that begin with it.
std::string without_output(const std::string& address) {
  const auto hash = address.rfind('#');
  return hash != address.npos && text::to_integer(address.substr(hash + 1)) ? address.substr(0, hash) : address;
}

std::string count_of(std::int64_t count, std::int64_t all) { return fmt::format("{} of {}", count, all); }

}  // namespace

std::string SeenLayer::range() const {
  if (!is_seen() || std::isnan(statistics.minimum)) return "";
  return fmt::format("{} .. {}", text::number(statistics.minimum), text::number(statistics.maximum));
}

OverviewRow SeenLayer::row() const {
  return {.depth = depth,
          .name = text::printable(name),
          .kind = text::printable(class_name),
          .shape = shape_text,
          .range = range(),
          .warning = channel_text(statistics),
          .strip = strip,
          .problem = text::printable(problem)};
}

SeenLayer seen_layer(const Activation& activation, const Tensor& sample, const ThumbnailOptions& options) {
  SeenLayer layer = {.address = activation.address,
                     .class_name = activation.class_name,
                     .is_model = activation.is_model,
                     .shape = sample.shape(),
                     .axes = activation.axes,
                     .shape_text = shape_with_roles(activation.tensor.shape(), activation.axes),
                     .statistics = statistics(sample, activation.axes)};
  try {
    layer.strip = thumbnails(sample, activation.axes, options);
  } catch (const Error& error) {
    layer.problem = error.parts().what;
  }
  return layer;
}

SeenLayer skipped_layer(const Skipped& skipped) {
  return {.address = skipped.address,
          .class_name = skipped.class_name,
          .is_model = skipped.is_model,
          .problem = skipped.problem->parts().what};
}

void Nesting::place(SeenLayer& layer) {
  while (!around_.empty() && !text::starts_with(layer.address, around_.back())) around_.pop_back();
  layer.depth = static_cast<int>(around_.size());
  layer.name = around_.empty() ? layer.address : layer.address.substr(around_.back().size());
  if (layer.is_model) around_.push_back(without_output(layer.address) + "/");
}

std::string legend(const ThumbnailOptions& options) {
  const std::string colors = options.colormap == Colormap::kGray ? "" : fmt::format(" ({})", name_of(options.colormap));
  std::string text = colors.empty()
                         ? "maps: each tile black at its least number, white at its largest; vectors: one scale"
                         : "maps: each tile from its least to its largest number; vectors: one scale" + colors;
  if (options.scale.kind != Scale::Kind::kTile) text = fmt::format("scale: {}{}", name_of(options.scale), colors);
  return text + "; hatched: constant; magenta: not finite";
}

std::string shape_with_roles(const Shape& shape, const std::string& axes) {
  std::string text;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    const auto role = static_cast<std::size_t>(axis - 1);
    text +=
        fmt::format("{}{}{}", axis > 1 ? " " : "", role < axes.size() ? std::string(1, axes[role]) : "", shape[axis]);
  }
  return text.empty() ? "scalar" : text;
}

std::string channel_text(const Statistics& statistics) {
  const auto& [constant, dead] = std::pair(statistics.constant_channels, statistics.dead_channels);
  std::vector<std::string> parts;
  if (constant > 0)
    parts.push_back(count_of(constant, statistics.channels) + " constant" +
                    (dead == 0          ? ""
                     : dead == constant ? " (dead)"
                                        : fmt::format(" ({} dead)", dead)));
  if (statistics.non_finite_channels > 0)
    parts.push_back(count_of(statistics.non_finite_channels, statistics.channels) +
                    (statistics.infinity_count == 0 ? " with NaN"
                     : statistics.nan_count == 0    ? " with infinity"
                                                    : " with NaN or infinity"));
  return text::join(parts, ", ");
}

}  // namespace kerascope
