// kerascope layers: a model's layers as a table, a tree, or JSON.
#include "api/summary.h"
#include "base/text.h"
#include "cli/layer_details.h"
#include "cli/request.h"
#include "cli/weights_list.h"
#include "layers/assemble_open.h"

namespace kerascope::cli {

namespace {

/// Whether the model is a JSON architecture (model.to_json()) without weights.
bool is_without_weights(const ModelData& model) {
  return model.format == "JSON" &&
         std::ranges::all_of(model.network.layers, [](const LayerData& layer) { return parameter_count(layer) == 0; });
}

int layers(const Request& request) {
  if (dump_without_input(request)) return kDone;
  ModelData model;
  try {
    model = read_model(request);
  } catch (const Error& error) {
    if (error.code() != "weights-only") throw;
    return list_weights(request);
  }
  const bool has_weights = !is_without_weights(model);
  const OpenAssembly open = assemble_open(model, {.with_weights = has_weights});
  for (const std::string& line : open.assembly.notes) note(request, "note", line);
  if (!has_weights) note(request, "note", "the file holds no weights; --weights FILE gives them");
  if (!request.layers.empty()) {
    print_layer_details(request, model, open);
    return kDone;
  }
  const api::Summary summary = api::summarize(model, open, {.depth = request.depth, .inside = request.verbose});
  if (request.json)
    fmt::print("{}\n", api::json_of(summary, model, request.model));
  else if (!request.quiet)
    fmt::print("{}", api::text_of(summary, model, request.model));
  return kDone;
}

}  // namespace

void add_layers_command(CLI::App& app, Request& request, int& exit_code) {
  CLI::App* command = app.add_subcommand("layers", "index, address, class, output and parameters of every layer");
  add_model_option(*command, request);
  command->add_option("--depth", request.depth, "how many levels of nested models are listed; 1: the outermost")
      ->check(CLI::Range(1, 1000));
  command->add_flag("--verbose,-v", request.verbose,
                    "list what can be seen inside layers, too: gates, attention scores, the layers that a layer holds");
  command
      ->add_option("--layer,-l", request.layers,
                   "all that the file says of these layers: config, weights with their statistics, shapes")
      ->allow_extra_args(false)
      ->type_name("LAYER");
  add_dump_option(*command, request);
  command->callback([&] { exit_code = layers(request); });
}

}  // namespace kerascope::cli
