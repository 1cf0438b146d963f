#include "render/run_overview.h"

#include <algorithm>

#include "kerascope/error.h"

namespace kerascope {

RunOverview::RunOverview(std::vector<SeenLayer> layers, const Options& options)
    : options_(options), page_strip_options_(page_strip_options()) {
  for (SeenLayer& layer : layers) {
    if (layer.is_seen()) place_[layer.address] = layers_.size();
    layers_.push_back({.seen = std::move(layer)});
  }
  strip_options_ = overview_strip_options(arrange(pointers(), options.depth).size());
  for (ThumbnailOptions* strip : {&strip_options_, &page_strip_options_}) {
    strip->scale = options.scale;
    strip->colormap = options.colormap;
  }
}

std::vector<SeenLayer*> RunOverview::pointers() {
  std::vector<SeenLayer*> pointers;
  for (PageLayer& layer : layers_) pointers.push_back(&layer.seen);
  return pointers;
}

void RunOverview::add(const Activation& activation, const Tensor& sample) {
  PageLayer& layer = layers_[place_.at(activation.address)];
  if (options_.depth > 0 && layer.seen.depth >= options_.depth) return;
  const bool is_output = std::ranges::find(options_.outputs, activation.address) != options_.outputs.end();
  const View view = overview_view(activation, sample, options_.tokens, is_output);
  if (sample.dtype() != DType::kString)
    strip_options_.channels = page_strip_options_.channels = channels_in_order(view.sample, view.axes, options_.order);
  layer.seen = seen_layer(activation, sample, view, strip_options_);
  if (!options_.with_page || !layer.seen.is_seen()) return;
  try {
    page_strip_options_.in_color = view.in_color;
    layer.strip = page_picture(thumbnails(view.sample, view.axes, page_strip_options_));
    layer.grid = page_grid(view, page_strip_options_);
  } catch (const Error& error) {  // a layer that cannot be drawn is still listed
    layer.seen.strip = {};
    layer.seen.problem = error.parts().what;
  }
}

void RunOverview::finish() { entries_ = arrange(pointers(), options_.depth); }

std::vector<const SeenLayer*> RunOverview::shown() const {
  std::vector<const SeenLayer*> shown;
  for (const PageLayer& layer : layers_)
    if (options_.depth == 0 || layer.seen.depth < options_.depth) shown.push_back(&layer.seen);
  return shown;
}

Picture RunOverview::picture(Overview head) const {
  std::vector<const SeenLayer*> seen;
  for (const PageLayer& layer : layers_) seen.push_back(&layer.seen);
  for (const OverviewEntry& entry : entries_) head.rows.push_back(row_of(entry, seen));
  return draw(head);
}

std::string RunOverview::page(const Overview& head) const { return html_page(head, layers_, entries_); }

}  // namespace kerascope
