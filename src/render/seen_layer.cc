#include "render/seen_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "kerascope/error.h"
#include "render/colormap.h"
#include "render/scale.h"

namespace kerascope {
namespace {

/// "tower" for "tower#1": addresses of the layers inside begin with it.
std::string without_output(const std::string& address) {
  const auto hash = address.rfind('#');
  return hash != address.npos && text::to_integer(address.substr(hash + 1)) ? address.substr(0, hash) : address;
}

std::string color_text(const Scale& scale, const Tensor& sample) {
  const std::optional<Range> known =
      scale.kind == Scale::Kind::kTile ? picture_range(sample.numbers()) : std::optional<Range>();
  const Range range = known.value_or(range_of(scale, sample.numbers()));
  return fmt::format("RGB {} .. {}", text::number(range.minimum), text::number(range.maximum));
}

/// The end of the run of consecutive layers that cannot be computed, from `first` on. A model is not in a run if a
/// layer inside it, after the run, can be seen.
std::size_t end_of_run(std::span<SeenLayer* const> layers, std::span<const std::size_t> kept, std::size_t first) {
  const auto at = [&](std::size_t place) -> const SeenLayer& { return *layers[kept[place]]; };
  std::size_t end = first;
  while (end < kept.size() && !at(end).is_seen() && at(end).depth >= at(first).depth) ++end;
  const std::string next = end < kept.size() ? at(end).address : "";
  for (std::size_t i = first; i < end; ++i)
    if (at(i).is_model && text::starts_with(next, without_output(at(i).address) + "/")) return std::max(i, first + 1);
  return end;
}

std::string count_of(std::int64_t count, std::int64_t all) { return fmt::format("{} of {}", count, all); }

}  // namespace

std::string SeenLayer::range() const {
  if (!is_seen() || std::isnan(statistics.minimum)) return "";
  return fmt::format("{} .. {}{}{}", text::number(statistics.minimum), text::number(statistics.maximum),
                     look.empty() ? "" : ", ", look);
}

std::string SeenLayer::notes() const {
  const std::string channels = channel_text(statistics);
  if (assumes.empty()) return channels;
  return fmt::format("{}{}assumes {}", channels, channels.empty() ? "" : ", ", text::join(assumes, ", "));
}

OverviewRow SeenLayer::row() const {
  return {.depth = depth,
          .name = text::printable(name),
          .kind = text::printable(class_name),
          .shape = shape_text,
          .range = range(),
          .warning = text::printable(notes()),
          .strip = strip,
          .problem = text::printable(problem)};
}

std::string first_texts(const Tensor& texts) {
  constexpr std::int64_t kMost = 4;
  const auto all = texts.elements<std::string_view>();
  std::string some;
  for (std::int64_t i = 0; i < std::min(kMost, texts.size()); ++i)
    some += fmt::format("{}'{}'", i > 0 ? ", " : "", text::printable(all[static_cast<std::size_t>(i)]));
  return texts.size() > kMost ? some + ", .." : some;
}

SeenLayer seen_layer(const Activation& activation, const Tensor& sample, const View& view, ThumbnailOptions options) {
  if (sample.dtype() == DType::kString)
    return {.address = activation.address,
            .class_name = activation.class_name,
            .is_model = activation.is_model,
            .shape = sample.shape(),
            .axes = activation.axes,
            .shape_text = shape_with_roles(activation.tensor.shape(), activation.axes, DType::kString),
            .problem = first_texts(sample)};
  SeenLayer layer = {
      .address = activation.address,
      .class_name = activation.class_name,
      .is_model = activation.is_model,
      .shape = sample.shape(),
      .axes = activation.axes,
      .shape_text = shape_with_roles(activation.tensor.shape(), activation.axes, activation.tensor.dtype()),
      .statistics = statistics(sample, activation.axes),
      .assumes = activation.assumes,
      .look = view.remark};
  try {
    options.in_color = view.in_color;
    layer.strip = thumbnails(view.sample, view.axes, options);
    if (view.in_color) layer.look = color_text(options.scale, sample);
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

std::vector<OverviewEntry> arrange(std::span<SeenLayer* const> layers, int depth) {
  Nesting nesting;
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    nesting.place(*layers[i]);
    if (depth <= 0 || layers[i]->depth < depth) kept.push_back(i);
  }
  std::vector<OverviewEntry> entries;
  for (std::size_t i = 0; i < kept.size();) {
    const std::size_t end = layers[kept[i]]->is_seen() ? i + 1 : end_of_run(layers, kept, i);
    entries.push_back({.layer = kept[i]});
    while (++i < end) entries.back().folded.push_back(kept[i]);
  }
  return entries;
}

std::string problem_of(const OverviewEntry& entry, std::span<const SeenLayer* const> layers) {
  const std::string& first = layers[entry.layer]->problem;
  const auto others = std::ranges::count_if(entry.folded, [&](std::size_t i) { return layers[i]->problem != first; });
  return others == 0 ? first : fmt::format("{}; {} of the others for other reasons", first, others);
}

std::string folded_text(const OverviewEntry& entry, std::span<const SeenLayer* const> layers) {
  if (entry.folded.empty()) return "";
  return fmt::format("and {} more, to {}", entry.folded.size(), layers[entry.folded.back()]->name);
}

OverviewRow row_of(const OverviewEntry& entry, std::span<const SeenLayer* const> layers) {
  OverviewRow row = layers[entry.layer]->row();
  if (entry.folded.empty()) return row;
  row.range = text::printable(folded_text(entry, layers));
  row.problem = text::printable(problem_of(entry, layers));
  return row;
}

std::vector<std::int64_t> channels_in_order(const Tensor& sample, const std::string& axes,
                                            std::optional<ChannelOrder> order) {
  if (!order || axes.find('C') == axes.npos) return {};
  return sorted_channels(channel_statistics(sample, axes), *order);
}

std::string legend(const ThumbnailOptions& options) {
  const std::string colors = options.colormap == Colormap::kGray ? "" : fmt::format(" ({})", name_of(options.colormap));
  std::string text = colors.empty()
                         ? "maps: each tile black at its least number, white at its largest; vectors: one scale"
                         : "maps: each tile from its least to its largest number; vectors: one scale" + colors;
  if (options.scale.kind != Scale::Kind::kTile) text = fmt::format("scale: {}{}", name_of(options.scale), colors);
  return text + "; hatched: constant; magenta: not finite";
}

std::string shape_with_roles(const Shape& shape, const std::string& axes, DType dtype) {
  std::string text;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    const auto role = static_cast<std::size_t>(axis - 1);
    text +=
        fmt::format("{}{}{}", axis > 1 ? " " : "", role < axes.size() ? std::string(1, axes[role]) : "", shape[axis]);
  }
  if (text.empty()) text = "scalar";
  return text::with_dtype(text, dtype);
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
