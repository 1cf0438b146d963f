// Pictures of activations, runs and layers.
#include "kerascope/drawing.h"

#include <fmt/format.h>

#include "base/text.h"
#include "model/model.h"
#include "render/kernel.h"
#include "render/scale.h"
#include "render/seen_layer.h"

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
  return grid(sample_of(activation, sample), activation.axes, options);
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

Picture overview(const Activations& seen, const OverviewOptions& options, std::int64_t sample) {
  require_valid(options.scale);
  Overview overview;
  overview.title = text::printable(options.title);
  for (const std::string& line : options.lines) overview.lines.push_back(text::printable(line));
  ThumbnailOptions strip = overview_strip_options(seen.size() + seen.skipped().size());
  strip.scale = options.scale;
  strip.colormap = options.colormap;
  overview.legend = legend(strip);
  Nesting nesting;
  const auto add = [&](SeenLayer layer) {
    nesting.place(layer);
    overview.rows.push_back(layer.row());
  };
  auto skipped = seen.skipped().begin();
  for (std::size_t i = 0; i <= seen.size(); ++i) {
    for (; skipped != seen.skipped().end() && skipped->before <= i; ++skipped) add(skipped_layer(*skipped));
    if (i == seen.size()) break;
    const Tensor one = sample_of(seen[i], sample);
    add(seen_layer(seen[i], one, strip));
    if (seen[i].class_name == "InputLayer" && overview.rows.back().depth == 0 && one.size() > 0)
      overview.inputs.push_back({.caption = text::printable(seen[i].address),
                                 .picture = input_thumbnail(one, seen[i].axes, overview_input_options())});
  }
  return draw(overview);
}

}  // namespace kerascope
