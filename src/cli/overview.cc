#include "cli/overview.h"

#include <algorithm>

#include "base/text.h"
#include "cli/channels.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

/// Removes folder names, as a picture that is passed on need not reveal them.
std::string without_folders(std::string line, const Request& request) {
  std::vector<std::string> paths = request.inputs;
  for (const std::string& pair : request.named_inputs) paths.push_back(pair.substr(pair.find('=') + 1));
  for (const std::string& path : paths)
    if (const auto at = line.find(path); at != line.npos)
      line.replace(at, path.size(), std::filesystem::path(path).filename().string());
  return line;
}

/// The layers that the run will show, in the model's order, before anything is computed.
std::vector<SeenLayer> expected_layers(const Run& run) {
  std::map<std::string, bool> is_model;
  for (const Site& site : run.function->assembly().sites)
    is_model[site.address] = static_cast<bool>(site.layer->network);
  const auto addresses = run.function->addresses();
  std::vector<SeenLayer> layers;
  const std::vector<Skipped> all_skipped = run.skipped();
  auto skipped = all_skipped.begin();
  for (std::size_t i = 0; i <= addresses.size(); ++i) {
    for (; skipped != all_skipped.end() && skipped->before == i; ++skipped) layers.push_back(skipped_layer(*skipped));
    if (i < addresses.size())
      layers.push_back({.address = addresses[i].first, .is_model = is_model[addresses[i].first]});
  }
  return layers;
}

}  // namespace

bool has_layers_of_time(const Network& network) {
  return std::ranges::any_of(network.layers, [](const LayerData& layer) {
    return is_of_time(layer.class_name) || (layer.network && has_layers_of_time(*layer.network));
  });
}

std::vector<std::string> outputs_of(const Run& run) {
  const Assembly& assembly = run.function->assembly();
  std::vector<std::string> addresses;
  for (const int site : assembly.outputs) addresses.push_back(assembly.sites[static_cast<std::size_t>(site)].address);
  return addresses;
}

OverviewOfRun::OverviewOfRun(const Request& request, const Run& run, const Options& options)
    : request_(request),
      run_(run),
      with_page_(options.page),
      tokens_(options.tokens),
      page_strip_options_(page_strip_options()) {
  std::vector<SeenLayer> layers = expected_layers(run);
  std::vector<SeenLayer*> pointers;
  for (SeenLayer& layer : layers) pointers.push_back(&layer);
  const std::vector<OverviewEntry> entries = arrange(pointers, std::max(request.depth, 0));
  strip_options_ = overview_strip_options(entries.size());
  for (const SeenLayer& layer : layers)
    if (request.depth > 0 && layer.depth >= request.depth) left_out_.insert(layer.address);
  for (ThumbnailOptions* strip : {&strip_options_, &page_strip_options_}) {
    strip->scale = options.scale;
    strip->colormap = options.colormap;
  }
}

void OverviewOfRun::add(const Activation& activation, const Tensor& sample) {
  if (left_out_.contains(activation.address)) return;
  const std::vector<std::string> outputs = outputs_of(run_);
  const bool is_output = std::ranges::find(outputs, activation.address) != outputs.end();
  const View view = overview_view(activation, sample, tokens_, is_output);
  if (sample.dtype() != DType::kString)
    strip_options_.channels = page_strip_options_.channels = channel_order(request_, view.sample, view.axes);
  PageLayer& layer = by_address_[activation.address];
  layer = {.seen = seen_layer(activation, sample, view, strip_options_)};
  if (!with_page_ || !layer.seen.is_seen()) return;
  try {
    page_strip_options_.in_color = view.in_color;
    layer.strip = page_picture(thumbnails(view.sample, view.axes, page_strip_options_));
    layer.grid = page_grid(view, page_strip_options_);
  } catch (const Error& error) {  // a layer that cannot be drawn is still listed
    layer.seen.strip = {};
    layer.seen.problem = error.parts().what;
  }
}

void OverviewOfRun::finish(const CompiledFunction::Result& result) {
  const std::vector<Skipped> all_skipped = run_.skipped();
  auto skipped = all_skipped.begin();
  const auto end = all_skipped.end();
  for (std::size_t i = 0; i <= result.activations.size(); ++i) {
    for (; skipped != end && skipped->before == i; ++skipped) layers_.push_back({.seen = skipped_layer(*skipped)});
    if (i == result.activations.size()) break;
    const Activation& activation = result.activations[i];
    if (const auto found = by_address_.find(activation.address); found != by_address_.end())
      layers_.push_back(std::move(found->second));
    else  // too deep
      layers_.push_back({.seen = {.address = activation.address, .is_model = activation.is_model}});
  }
  for (PageLayer& layer : layers_) seen_.push_back(&layer.seen);
  entries_ = arrange(seen_, std::max(request_.depth, 0));
  predictions_ = prediction_lines(request_, run_, result.outputs);
}

Overview OverviewOfRun::head() const {
  Overview head;
  head.title = request_.model == "-" ? "standard input" : std::filesystem::path(request_.model).filename().string();
  head.lines.push_back(
      fmt::format("Keras {}, {}, {} rows", run_.model.keras_version, run_.model.format, entries_.size()));
  for (const std::string& line : run_.fed.done) head.lines.push_back("input " + without_folders(line, request_));
  for (const auto& [what, hint] : run_.fed.warnings)
    head.warnings.push_back(what + (hint.empty() ? "" : "; try " + hint));
  for (const std::string& line : run_.fed.skipped)
    head.warnings.push_back("skipped " + without_folders(line, request_));
  if (!run_.warning.is_null()) {
    head.warnings.push_back(run_.warning.at("what").get<std::string>());
    if (run_.warning.contains("try")) head.warnings.back() += "; try " + run_.warning.at("try").get<std::string>();
  }
  const std::int64_t batch = run_.fed.batch;
  if (batch > 1) head.lines.push_back(sample_text(request_, run_));
  for (const std::string& line : predictions_) head.lines.push_back("predicts " + line);
  for (std::size_t i = 0; i < run_.fed.sources.size(); ++i) {
    const ModelInput& input = run_.fed.sources[i].input;
    const Tensor sample = run_.fed.tensors[i].item(request_.sample - run_.first);
    if (sample.size() > 0 && sample.dtype() != DType::kString)
      head.inputs.push_back(
          {.caption = text::printable(input.name),
           .picture = input_thumbnail(sample, axes_of(input, sample.shape()), overview_input_options())});
  }
  head.legend = legend(strip_options_);
  head.title = text::printable(head.title);
  for (std::vector<std::string>* lines : {&head.lines, &head.warnings})
    for (std::string& line : *lines) line = text::printable(line);
  return head;
}

Picture OverviewOfRun::picture() const {
  Overview overview = head();
  for (const OverviewEntry& entry : entries_) overview.rows.push_back(row_of(entry, seen_));
  return draw(overview);
}

std::string OverviewOfRun::page() const { return html_page(head(), layers_, entries_); }

Json OverviewOfRun::layers_json() const {
  Json list = Json::array();
  for (const auto& [layer, strip, grid] : layers_) {
    if (left_out_.contains(layer.address)) continue;
    Json entry = {{"address", layer.address}, {"class", layer.class_name}};
    if (!layer.shape_text.empty()) {
      const Statistics& s = layer.statistics;
      entry.update({{"shape", layer.shape.sizes()},
                    {"axes", layer.axes},
                    {"min", s.minimum},
                    {"max", s.maximum},
                    {"mean", s.mean},
                    {"zeros", s.zero_share}});
      entry.update(channel_json(s));
    }
    if (!layer.look.empty()) entry["drawn"] = layer.look;
    if (!layer.assumes.empty()) entry["assumes"] = layer.assumes;
    if (!layer.is_seen()) entry["problem"] = layer.problem;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace kerascope::cli
