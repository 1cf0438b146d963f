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
std::vector<SeenLayer> expected_layers(const PreparedRun& run) {
  std::map<std::string, bool> is_model;
  for (const Site& site : run.function().assembly().sites)
    is_model[site.address] = static_cast<bool>(site.layer->network);
  const auto addresses = run.function().addresses();
  std::vector<SeenLayer> layers;
  const std::vector<Skipped> all_skipped = run.batch.skipped();
  auto skipped = all_skipped.begin();
  for (std::size_t i = 0; i <= addresses.size(); ++i) {
    for (; skipped != all_skipped.end() && skipped->before == i; ++skipped) layers.push_back(skipped_layer(*skipped));
    if (i < addresses.size())
      layers.push_back({.address = addresses[i].first, .is_model = is_model[addresses[i].first]});
  }
  return layers;
}

/// The addresses of the model's outputs.
std::vector<std::string> outputs_of(const PreparedRun& run) {
  const Assembly& assembly = run.function().assembly();
  std::vector<std::string> addresses;
  for (const int site : assembly.outputs) addresses.push_back(assembly.sites[static_cast<std::size_t>(site)].address);
  return addresses;
}

}  // namespace

bool has_layers_of_time(const Network& network) {
  return std::ranges::any_of(network.layers, [](const LayerData& layer) {
    return is_of_time(layer.class_name) || (layer.network && has_layers_of_time(*layer.network));
  });
}

RunOverview overview_of(const Request& request, const PreparedRun& run, RunOverview::Options options) {
  options.depth = std::max(request.depth, 0);
  options.order = channel_order(request);
  options.outputs = outputs_of(run);
  return RunOverview(expected_layers(run), options);
}

Overview overview_head(const Request& request, const PreparedRun& run, const RunOverview& overview,
                       const CompiledFunction::Result& result) {
  Overview head;
  head.title = request.model == "-" ? "standard input" : std::filesystem::path(request.model).filename().string();
  head.lines.push_back(
      fmt::format("Keras {}, {}, {} rows", run.model().keras_version, run.model().format, overview.rows()));
  for (const std::string& line : run.fed().done) head.lines.push_back("input " + without_folders(line, request));
  for (const auto& [what, hint] : run.fed().warnings)
    head.warnings.push_back(what + (hint.empty() ? "" : "; try " + hint));
  for (const std::string& line : run.fed().skipped)
    head.warnings.push_back("skipped " + without_folders(line, request));
  if (run.warning) {
    head.warnings.push_back(run.warning->what);
    if (const std::string hint = hint_of(*run.warning); !hint.empty()) head.warnings.back() += "; try " + hint;
  }
  const std::int64_t batch = run.fed().batch;
  if (batch > 1) head.lines.push_back(sample_text(request, run));
  for (const std::string& line : prediction_lines(request, run, result.outputs))
    head.lines.push_back("predicts " + line);
  for (std::size_t i = 0; i < run.fed().sources.size(); ++i) {
    const ModelInput& input = run.fed().sources[i].input;
    const Tensor sample = run.fed().tensors[i].item(request.sample - run.batch.first());
    if (sample.size() > 0 && sample.dtype() != DType::kString)
      head.inputs.push_back(
          {.caption = text::printable(input.name),
           .picture = input_thumbnail(sample, input.axes_of(sample.shape()), overview_input_options())});
  }
  head.legend = overview.legend();
  head.title = text::printable(head.title);
  for (std::vector<std::string>* lines : {&head.lines, &head.warnings})
    for (std::string& line : *lines) line = text::printable(line);
  return head;
}

Json layers_json(const RunOverview& overview) {
  Json list = Json::array();
  for (const SeenLayer* const shown : overview.shown()) {
    const SeenLayer& layer = *shown;
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
