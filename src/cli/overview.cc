#include "cli/overview.h"

#include <algorithm>

#include "base/text.h"
#include "cli/channels.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

/// "tower" of "tower#1": the layers inside have addresses that begin with it.
std::string without_output(const std::string& address) {
  const auto hash = address.rfind('#');
  return hash != address.npos && text::to_integer(address.substr(hash + 1)) ? address.substr(0, hash) : address;
}

/// Which layers lie in which nested models, among those that are here.
void find_depths(std::vector<SeenLayer>& layers) {
  std::vector<std::string> around;  // the nested models that the walk is in, each with its slash
  for (SeenLayer& layer : layers) {
    while (!around.empty() && !text::starts_with(layer.address, around.back())) around.pop_back();
    layer.depth = static_cast<int>(around.size());
    layer.name = around.empty() ? layer.address : layer.address.substr(around.back().size());
    if (layer.is_network) around.push_back(without_output(layer.address) + "/");
  }
}

/// A picture that is passed on need not tell where its files lay.
std::string without_folders(std::string line, const Request& request) {
  std::vector<std::string> paths = request.inputs;
  for (const std::string& pair : request.named_inputs) paths.push_back(pair.substr(pair.find('=') + 1));
  for (const std::string& path : paths)
    if (const auto at = line.find(path); at != line.npos)
      line.replace(at, path.size(), std::filesystem::path(path).filename().string());
  return line;
}

std::string legend(const ThumbnailOptions& options) {
  std::string text = "maps: each tile black at its least number, white at its largest; vectors: one scale";
  if (options.scale.kind != Scale::Kind::kTile) text = fmt::format("scale: {}", name_of(options.scale));
  if (options.colormap != Colormap::kGray) text += fmt::format(" ({})", name_of(options.colormap));
  return text + "; hatched: constant; magenta: not finite";
}

}  // namespace

std::string SeenLayer::range() const {
  if (!is_seen() || std::isnan(statistics.minimum)) return "";
  return fmt::format("{} .. {}", text::number(statistics.minimum), text::number(statistics.maximum));
}

OverviewOfRun::OverviewOfRun(const Request& request, const Run& run, const Options& options)
    : request_(request),
      run_(run),
      with_page_(options.page),
      strip_options_(overview_strip_options(run.function->chosen() + run.function->skipped().size())),
      page_strip_options_(page_strip_options()) {
  for (ThumbnailOptions* strip : {&strip_options_, &page_strip_options_}) {
    strip->scale = options.scale;
    strip->colormap = options.colormap;
  }
}

void OverviewOfRun::add(const Activation& activation, const Tensor& sample) {
  SeenLayer& layer = by_address_[activation.address];
  layer = {.address = activation.address,
           .class_name = activation.class_name,
           .is_network = activation.is_model,
           .shape = sample.shape(),
           .axes = activation.axes,
           .shape_text = shape_with_roles(activation.tensor.shape(), activation.axes),
           .statistics = statistics_by_role(sample, activation.axes)};
  strip_options_.channels = page_strip_options_.channels = channel_order(request_, sample, activation.axes);
  try {
    layer.strip = thumbnails(sample, activation.axes, strip_options_);
    if (!with_page_) return;
    layer.page_strip = page_picture(thumbnails(sample, activation.axes, page_strip_options_));
    layer.grid = page_grid(sample, activation.axes, page_strip_options_);
  } catch (const Error& error) {  // what cannot be drawn is still listed
    layer.strip = {};
    layer.problem = error.parts().what;
  }
}

void OverviewOfRun::finish(const CompiledFunction::Result& result) {
  auto skipped = run_.function->skipped().begin();
  const auto end = run_.function->skipped().end();
  for (std::size_t i = 0; i <= result.activations.size(); ++i) {
    for (; skipped != end && skipped->before == i; ++skipped)
      layers_.push_back({.address = skipped->address,
                         .class_name = skipped->class_name,
                         .is_network = skipped->is_model,
                         .problem = skipped->problem->parts().what});
    if (i < result.activations.size()) layers_.push_back(std::move(by_address_.at(result.activations[i].address)));
  }
  find_depths(layers_);
  predictions_ = prediction_lines(request_, run_, result.outputs);
}

Overview OverviewOfRun::head() const {
  Overview head;
  head.title = request_.model == "-" ? "standard input" : std::filesystem::path(request_.model).filename().string();
  head.lines.push_back(
      fmt::format("Keras {}, {}, {} rows", run_.model.keras_version, run_.model.format, layers_.size()));
  for (const std::string& line : run_.fed.done) head.lines.push_back("input " + without_folders(line, request_));
  head.warnings = run_.fed.warnings;
  if (!run_.warning.is_null()) {
    head.warnings.push_back(run_.warning.at("what").get<std::string>());
    if (run_.warning.contains("try")) head.warnings.back() += "; try " + run_.warning.at("try").get<std::string>();
  }
  const std::int64_t batch = run_.fed.batch;
  if (batch > 1) head.lines.push_back(fmt::format("sample {} of a batch of {}", request_.sample, batch));
  for (const std::string& line : predictions_) head.lines.push_back("predicts " + line);
  const std::vector<ModelInput> inputs = model_inputs(run_.model);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor sample = run_.fed.tensors[i].item(request_.sample - run_.first);
    const std::string axes = static_cast<int>(inputs[i].axes.size()) == sample.shape().rank()
                                 ? inputs[i].axes
                                 : usual_axes(sample.shape().rank());
    if (sample.size() > 0)
      head.inputs.push_back({.caption = text::printable(inputs[i].name),
                             .picture = input_thumbnail(sample, axes, overview_input_options())});
  }
  head.legend = legend(strip_options_);
  head.title = text::printable(head.title);
  for (std::vector<std::string>* lines : {&head.lines, &head.warnings})
    for (std::string& line : *lines) line = text::printable(line);
  return head;
}

Picture OverviewOfRun::picture() const {
  Overview overview = head();
  for (const SeenLayer& layer : layers_)
    overview.rows.push_back({.depth = layer.depth,
                             .name = text::printable(layer.name),
                             .kind = text::printable(layer.class_name),
                             .shape = layer.shape_text,
                             .range = layer.range(),
                             .warning = channel_text(layer.statistics),
                             .strip = layer.strip,
                             .problem = text::printable(layer.problem)});
  return draw(overview);
}

std::string OverviewOfRun::page() const { return html_page(head(), layers_); }

Json OverviewOfRun::layers_json() const {
  Json list = Json::array();
  for (const SeenLayer& layer : layers_) {
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
    if (!layer.is_seen()) entry["problem"] = layer.problem;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace kerascope::cli
