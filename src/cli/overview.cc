#include "cli/overview.h"

#include <algorithm>

#include "base/text.h"
#include "cli/channels.h"
#include "kerascope/error.h"

namespace kerascope::cli {
namespace {

/// A picture that is passed on need not tell where its files lay.
std::string without_folders(std::string line, const Request& request) {
  std::vector<std::string> paths = request.inputs;
  for (const std::string& pair : request.named_inputs) paths.push_back(pair.substr(pair.find('=') + 1));
  for (const std::string& path : paths)
    if (const auto at = line.find(path); at != line.npos)
      line.replace(at, path.size(), std::filesystem::path(path).filename().string());
  return line;
}

}  // namespace

OverviewOfRun::OverviewOfRun(const Request& request, const Run& run, const Options& options)
    : request_(request),
      run_(run),
      with_page_(options.page),
      strip_options_(overview_strip_options(run.function->chosen() + run.skipped().size())),
      page_strip_options_(page_strip_options()) {
  for (ThumbnailOptions* strip : {&strip_options_, &page_strip_options_}) {
    strip->scale = options.scale;
    strip->colormap = options.colormap;
  }
}

void OverviewOfRun::add(const Activation& activation, const Tensor& sample) {
  strip_options_.channels = page_strip_options_.channels = channel_order(request_, sample, activation.axes);
  PageLayer& layer = by_address_[activation.address];
  layer = {.seen = seen_layer(activation, sample, strip_options_)};
  if (!with_page_ || !layer.seen.is_seen()) return;
  try {
    layer.strip = page_picture(thumbnails(sample, activation.axes, page_strip_options_));
    layer.grid = page_grid(sample, activation.axes, page_strip_options_);
  } catch (const Error& error) {  // what cannot be drawn is still listed
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
    if (i < result.activations.size()) layers_.push_back(std::move(by_address_.at(result.activations[i].address)));
  }
  Nesting nesting;
  for (PageLayer& layer : layers_) nesting.place(layer.seen);
  predictions_ = prediction_lines(request_, run_, result.outputs);
}

Overview OverviewOfRun::head() const {
  Overview head;
  head.title = request_.model == "-" ? "standard input" : std::filesystem::path(request_.model).filename().string();
  head.lines.push_back(
      fmt::format("Keras {}, {}, {} rows", run_.model.keras_version, run_.model.format, layers_.size()));
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
    if (sample.size() > 0)
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
  for (const PageLayer& layer : layers_) overview.rows.push_back(layer.seen.row());
  return draw(overview);
}

std::string OverviewOfRun::page() const { return html_page(head(), layers_); }

Json OverviewOfRun::layers_json() const {
  Json list = Json::array();
  for (const auto& [layer, strip, grid] : layers_) {
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
