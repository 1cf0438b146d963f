#include "api/lambdas.h"

#include <fmt/format.h>

#include "kerascope/error.h"
#include "layers/assemble_open.h"
#include "layers/lambda/lambda.h"
#include "model/lambda/lambda.h"

namespace kerascope::api {
namespace {

void set_in(Network& network, const std::map<const LayerData*, std::string>& chosen) {
  for (LayerData& layer : network.layers) {
    if (const auto found = chosen.find(&layer); found != chosen.end()) set_lambda_meaning(layer.config, found->second);
    if (layer.network) set_in(*layer.network, chosen);
  }
}

}  // namespace

void set_lambdas(ModelData& model, const std::vector<std::pair<std::string, std::string>>& lambdas) {
  if (lambdas.empty()) return;
  for (const auto& [address, expression] : lambdas) lambda::require_known_functions(parse_expression(expression));
  const OpenAssembly open = assemble_open(model, {.with_weights = false});
  std::map<const LayerData*, std::string> chosen;
  for (const auto& [address, expression] : lambdas) {
    bool is_used = false;
    for (const Selection& selection : select(open.assembly.sites, std::vector{address})) {
      const LayerData& layer = *open.assembly.sites[static_cast<std::size_t>(selection.site)].layer;
      const bool is_lambda = layer.class_name == "Lambda" && (layer.module.empty() || is_keras_module(layer.module));
      if (!is_lambda && selection.by_name)
        throw Error({.code = "lambda-invalid",
                     .what = fmt::format("layer '{}' is no Lambda but a {}", layer.name, layer.class_name),
                     .where = layer.place});
      if (is_lambda) chosen[&layer] = expression;
      is_used |= is_lambda;
    }
    if (!is_used)
      throw Error({.code = "lambda-invalid",
                   .what = fmt::format("'{}' chooses layers, and none of them is a Lambda", address),
                   .where = model.path});
  }
  set_in(model.network, chosen);
}

}  // namespace kerascope::api
