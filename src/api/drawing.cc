// Pictures of activations, runs and layers.
#include "kerascope/drawing.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/memory.h"
#include "base/text.h"
#include "model/model.h"
#include "render/kernel.h"
#include "render/run_overview.h"
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

namespace {

/// What the picture and the page are made of.
struct Gathered {
  RunOverview layers;
  Overview head;
};

Gathered gather(const Activations& seen, const OverviewOptions& options, std::int64_t sample, bool with_page) {
  require_valid(options.scale);
  std::vector<SeenLayer> layers;
  std::vector<std::string> outputs = options.outputs;
  bool is_of_time = false;
  auto skipped = seen.skipped().begin();
  for (std::size_t i = 0; i <= seen.size(); ++i) {
    for (; skipped != seen.skipped().end() && skipped->before <= i; ++skipped)
      layers.push_back(skipped_layer(*skipped));
    if (i == seen.size()) break;
    layers.push_back({.address = seen[i].address, .class_name = seen[i].class_name, .is_model = seen[i].is_model});
    is_of_time |= kerascope::is_of_time(seen[i].class_name);
    if (options.outputs.empty() && seen[i].address.find('/') == std::string::npos) outputs = {seen[i].address};
  }
  Gathered gathered{.layers = {std::move(layers),
                               {.scale = options.scale,
                                .colormap = options.colormap,
                                .tokens = options.tokens || !is_of_time ? options.tokens : TokenGrid{},
                                .depth = options.depth,
                                .outputs = std::move(outputs),
                                .with_page = with_page}},
                    .head = {}};
  for (const Activation& activation : seen) {
    const Tensor one = sample_of(activation, sample);
    gathered.layers.add(activation, one);
    const bool is_input = activation.class_name == "InputLayer" && activation.address.find('/') == std::string::npos;
    if (is_input && one.size() > 0 && one.dtype() != DType::kString)
      gathered.head.inputs.push_back({.caption = text::printable(activation.address),
                                      .picture = input_thumbnail(one, activation.axes, overview_input_options())});
  }
  gathered.layers.finish();
  gathered.head.title = text::printable(options.title);
  for (const std::string& line : options.lines) gathered.head.lines.push_back(text::printable(line));
  gathered.head.legend = gathered.layers.legend();
  return gathered;
}

}  // namespace

Picture overview(const Activations& seen, const OverviewOptions& options, std::int64_t sample) try {
  Gathered gathered = gather(seen, options, sample, /*with_page=*/false);
  return gathered.layers.picture(std::move(gathered.head));
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

std::string overview_page(const Activations& seen, const OverviewOptions& options, std::int64_t sample) try {
  const Gathered gathered = gather(seen, options, sample, /*with_page=*/true);
  return gathered.layers.page(gathered.head);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

}  // namespace kerascope
