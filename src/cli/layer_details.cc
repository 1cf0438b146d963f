#include "cli/layer_details.h"

#include "api/summary.h"
#include "base/statistics.h"
#include "base/text.h"
#include "cli/held_weights.h"
#include "model/json.h"
#include "model/lambda/lambda.h"

namespace kerascope::cli {
namespace {

struct Detail {
  const Site* site = nullptr;
  Shape shape;  ///< without axes if unknown
  std::string axes;
  std::shared_ptr<const Error> problem;
  std::vector<std::string> inputs;  ///< the call's inputs: names of layers in the same model
  std::vector<HeldWeight> weights;
  std::vector<std::pair<const Site*, std::string>> inside;  ///< what can be seen inside the layer, and its output
};

const Network* network_of(const Network& network, const LayerData& wanted) {
  for (const LayerData& layer : network.layers) {
    if (&layer == &wanted) return &network;
    if (!layer.network) continue;
    if (const Network* found = network_of(*layer.network, wanted)) return found;
  }
  return nullptr;
}

std::vector<std::string> inputs_of(const ModelData& model, const Site& site) {
  const LayerData& layer = *site.layer;
  const Network* network = network_of(model.network, layer);
  const std::size_t call = site.call.empty() ? 0 : static_cast<std::size_t>(*text::to_integer(site.call.substr(1)));
  std::vector<std::string> names;
  if (!network || call >= layer.calls.size()) return names;
  for (const TensorRef& input : layer.calls[call].inputs) {
    const LayerData& source = network->layers[static_cast<std::size_t>(input.layer)];
    std::string name = source.name;
    if (source.calls.size() > 1) name += fmt::format("@{}", input.call);
    if (input.output > 0) name += fmt::format("#{}", input.output);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::pair<const Site*, std::string>> inside_of(const OpenAssembly& open, const Site& site) {
  std::vector<std::pair<const Site*, std::string>> inside;
  for (std::size_t i = 0; i < open.assembly.sites.size(); ++i) {
    const Site& other = open.assembly.sites[i];
    if (other.inner.empty() || other.layer != site.layer || other.call != site.call) continue;
    const SiteResult& result = open.assembly.results[i];
    inside.emplace_back(&other, api::output_text(open.shapes[i], result.output ? result.output->axes : ""));
  }
  return inside;
}

std::vector<Detail> details_of(const Request& request, const ModelData& model, const OpenAssembly& open) {
  const HeldWeights held(model, open.assembly);
  std::vector<Detail> details;
  for (const Selection& selection : select(open.assembly.sites, request.layers)) {
    const auto at = static_cast<std::size_t>(selection.site);
    const Site& site = open.assembly.sites[at];
    const SiteResult& result = open.assembly.results[at];
    details.push_back({.site = &site,
                       .shape = open.shapes[at],
                       .axes = result.output ? result.output->axes : "",
                       .problem = result.problem,
                       .inputs = inputs_of(model, site),
                       .weights = held.of(*site.layer),
                       .inside = inside_of(open, site)});
  }
  return details;
}

/// Empty if the file does not have the numbers.
std::optional<Statistics> statistics_of(const HeldWeight& weight) {
  if (!weight.read) return std::nullopt;
  const Tensor numbers = numbers_of(weight.read());
  return statistics(numbers, numbers.shape().rank() == 0 ? 0 : -1);
}

void print_config(const LayerData& layer) {
  std::size_t width = 0;
  for (const auto& [key, value] : layer.config.items()) width = std::max(width, text::printable(key).size());
  std::string word = "config";
  for (const auto& [key, value] : layer.config.items()) {
    if (key == "layers") continue;  // a nested model's layers have their own rows
    constexpr std::size_t kMostShown = 100;
    std::string shown = text::printable(json_text(value));
    if (shown.size() > kMostShown) shown = shown.substr(0, kMostShown) + fmt::format(".. ({} bytes)", shown.size());
    fmt::print("{:<9} {:<{}}  {}\n", word, text::printable(key), width, shown);
    word.clear();
  }
}

void print_weights(const std::vector<HeldWeight>& weights) {
  if (weights.empty()) return;
  std::size_t name = 4, shape = 5;
  for (const HeldWeight& weight : weights) {
    name = std::max(name, text::printable(weight.name).size());
    shape = std::max(shape, text::with_dtype(weight.shape.str(), weight.dtype).size());
  }
  fmt::print("{:<9} {:<{}}  {:<{}} {:>10} {:>10} {:>10} {:>7}\n", "weights", "name", name, "shape", shape, "min", "max",
             "mean", "zeros");
  for (const HeldWeight& weight : weights) {
    fmt::print("{:<9} {:<{}}  {:<{}}", "", text::printable(weight.name), name,
               text::with_dtype(weight.shape.str(), weight.dtype), shape);
    if (const auto s = statistics_of(weight))
      fmt::print(" {:>10} {:>10} {:>10} {:>6.1f}%\n", text::number(s->minimum), text::number(s->maximum),
                 text::number(s->mean), 100 * s->zero_share);
    else
      fmt::print("   {}\n", weight.problem ? text::printable(weight.problem->parts().what) : "");
  }
}

void print_text(const Detail& detail) {
  const LayerData& layer = *detail.site->layer;
  const auto line = [](const char* word, const std::string& text) {
    fmt::print("{:<9} {}\n", word, text::printable(text));
  };
  line("layer", fmt::format("{}   {}{}{}{}", detail.site->address, layer.class_name,
                            layer.module.empty() ? "" : " of " + layer.module,
                            detail.site->index < 0 ? "" : ", index " + detail.site->index_path,
                            layer.trainable ? "" : ", frozen"));
  if (!detail.inputs.empty()) line("called on", text::join(detail.inputs, ", "));
  const std::string output = api::output_text(detail.shape, detail.axes);
  line("output", detail.problem && detail.shape.rank() > 0 ? output + " (not computed)" : output);
  if (detail.problem) {
    line("problem", detail.problem->parts().what);
    if (!detail.problem->parts().hint.empty()) line("", "try: " + detail.problem->parts().hint);
  }
  if (const std::string lambda = lambda_text(layer); !lambda.empty()) line("computes", lambda);
  print_config(layer);
  print_weights(detail.weights);
  std::size_t width = 0;
  for (const auto& [site, shown] : detail.inside) width = std::max(width, text::printable(site->address).size());
  std::string word = "inside";
  for (const auto& [site, shown] : detail.inside) {
    fmt::print("{:<9} {:<{}}  {}\n", word, text::printable(site->address), width, shown);
    word.clear();
  }
}

Json json_of(const Detail& detail) {
  const LayerData& layer = *detail.site->layer;
  Json weights = Json::array();
  for (const HeldWeight& weight : detail.weights) {
    Json entry = {{"name", weight.name}, {"shape", weight.shape.sizes()}};
    if (weight.dtype != DType::kFloat32) entry["dtype"] = name_of(weight.dtype);
    if (const auto s = statistics_of(weight))
      entry.update({{"min", s->minimum}, {"max", s->maximum}, {"mean", s->mean}, {"zeros", s->zero_share}});
    else if (weight.problem)
      entry["problem"] = weight.problem->parts().what;
    weights.push_back(std::move(entry));
  }
  Json entry = {{"address", detail.site->address},
                {"index", detail.site->index < 0 ? Json() : Json(detail.site->index_path)},
                {"class", layer.class_name},
                {"module", layer.module.empty() ? Json() : Json(layer.module)},
                {"trainable", layer.trainable},
                {"called_on", detail.inputs},
                {"output", api::output_json(detail.shape)},
                {"axes", detail.axes},
                {"computable", detail.problem == nullptr},
                {"config", layer.config},
                {"weights", weights}};
  for (const auto& [site, output] : detail.inside) entry["inside"].push_back(site->address);
  if (const std::string lambda = lambda_text(layer); !lambda.empty()) entry["expression"] = lambda;
  if (detail.problem) entry["problem"] = api::problem_json(*detail.problem);
  return entry;
}

}  // namespace

void print_layer_details(const Request& request, const ModelData& model, const OpenAssembly& open) {
  const std::vector<Detail> details = details_of(request, model, open);
  if (request.json) {
    Json all = Json::array();
    for (const Detail& detail : details) all.push_back(json_of(detail));
    const Json answer = {{"model", request.model}, {"layers", all}};
    fmt::print("{}\n", json_text(answer, 2));
  } else if (!request.quiet) {
    for (std::size_t i = 0; i < details.size(); ++i) {
      if (i > 0) fmt::print("\n");
      print_text(details[i]);
    }
  }
}

}  // namespace kerascope::cli
