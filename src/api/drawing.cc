// Pictures of activations, runs and layers.
#include "kerascope/drawing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"
#include "render/kernel.h"
#include "render/scale.h"
#include "render/seen_layer.h"
#include "render/view.h"

namespace kerascope {
namespace {

Tensor sample_of(const Activation& activation, std::int64_t sample) {
  const Shape& shape = activation.tensor.shape();
  const std::int64_t batch = shape.rank() == 0 ? 0 : shape[0];
  if (sample < 0 || sample >= batch)
    throw Error(
        {.code = "sample-index", .what = fmt::format("sample {} is asked for, the batch has {}", sample, batch)});
  return activation.tensor.item(sample);
}

}  // namespace

Grid grid(const Activation& activation, const GridOptions& options, std::int64_t sample) {
  const View view = view_of(sample_of(activation, sample), activation.axes, activation.class_name, options.tokens);
  GridOptions seen = options;
  seen.tokens.reset();
  return with_remark(grid(view.sample, view.axes, seen), view.remark);
}

Grid grid(const Tensor& activation, const GridOptions& options) {
  const Shape& shape = activation.shape();
  const int rank = shape.rank() - 1;
  const std::string axes = rank < 0 ? "" : usual_axes(rank);
  if (rank >= 0 && rank == std::ssize(axes) && shape[0] == 1) return grid(activation.item(0), axes, options);
  throw Error({.code = "axes-invalid",
               .what = fmt::format("a tensor of shape {} is to be drawn, and its axes are not known", shape.str()),
               .because = "without axes it is taken for a batch of one sample, channels last: (1, H, W, C)",
               .hint = "draw one sample with the roles of its axes: ks::grid(tensor.item(0), \"HWC\")"});
}

Grid kernel_picture(const Layer& layer, const KernelOptions& options) {
  for (const Weight& weight : layer.weights()) {
    if (!is_kernel(weight.name)) continue;
    const KernelView view = kernel_view(layer.class_name(), weight.name, weight.shape);
    return kernel_picture(weight.numbers.reshaped(view.shape), view.roles, options);
  }
  throw Error({.code = "weight-missing",
               .what = fmt::format("layer '{}' ({}) has no kernel to be drawn", layer.name(), layer.class_name()),
               .hint = "Layer::weights() gives all that it has"});
}

Picture overview(const Activations& seen, const OverviewOptions& options, std::int64_t sample) try {
  require_valid(options.scale);
  Overview overview;
  overview.title = text::printable(options.title);
  for (const std::string& line : options.lines) overview.lines.push_back(text::printable(line));
  // The size of the tiles depends on the number of rows, so rows are gathered before anything is drawn.
  std::vector<SeenLayer> layers;
  std::vector<const Activation*> activations;
  auto skipped = seen.skipped().begin();
  for (std::size_t i = 0; i <= seen.size(); ++i) {
    for (; skipped != seen.skipped().end() && skipped->before <= i; ++skipped) {
      layers.push_back(skipped_layer(*skipped));
      activations.push_back(nullptr);
    }
    if (i == seen.size()) break;
    layers.push_back({.address = seen[i].address, .class_name = seen[i].class_name, .is_model = seen[i].is_model});
    activations.push_back(&seen[i]);
  }
  std::vector<SeenLayer*> pointers;
  for (SeenLayer& layer : layers) pointers.push_back(&layer);
  const std::vector<OverviewEntry> entries = arrange(pointers, options.depth);
  ThumbnailOptions strip = overview_strip_options(entries.size());
  strip.scale = options.scale;
  strip.colormap = options.colormap;
  overview.legend = legend(strip);
  std::vector<std::string> outputs = options.outputs;
  if (outputs.empty())
    for (const SeenLayer& layer : layers)
      if (layer.depth == 0) outputs = {layer.address};
  const bool is_of_time =
      std::ranges::any_of(layers, [](const SeenLayer& layer) { return kerascope::is_of_time(layer.class_name); });
  const std::optional<TokenGrid> tokens = options.tokens || !is_of_time ? options.tokens : TokenGrid{};
  for (const OverviewEntry& entry : entries) {
    SeenLayer& layer = layers[entry.layer];
    if (const Activation* const activation = activations[entry.layer]) {
      const Tensor one = sample_of(*activation, sample);
      const bool is_output = std::ranges::find(outputs, layer.address) != outputs.end();
      SeenLayer drawn = seen_layer(*activation, one, overview_view(*activation, one, tokens, is_output), strip);
      drawn.name = layer.name;
      drawn.depth = layer.depth;
      layer = std::move(drawn);
      if (layer.class_name == "InputLayer" && layer.depth == 0 && one.size() > 0 && one.dtype() != DType::kString)
        overview.inputs.push_back({.caption = text::printable(layer.address),
                                   .picture = input_thumbnail(one, activation->axes, overview_input_options())});
    }
    overview.rows.push_back(row_of(entry, pointers));
  }
  return draw(overview);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
