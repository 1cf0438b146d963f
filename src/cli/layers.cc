// kerascope layers: a model's layers as a table, a tree, or JSON.
#include "api/summary.h"
#include "base/text.h"
#include "cli/layer_details.h"
#include "cli/request.h"
#include "cli/weights_list.h"
#include "layers/assemble_open.h"
#include "model/json.h"

namespace kerascope::cli {

namespace {

/// Whether the model is a JSON architecture (model.to_json()) without weights.
bool is_without_weights(const ModelData& model) {
  return model.format == "JSON" &&
         std::ranges::all_of(model.network.layers, [](const LayerData& layer) { return parameter_count(layer) == 0; });
}

void print_json(const Request& request, const ModelData& model, const api::Summary& summary) {
  Json list = Json::array();
  for (const api::Summary::Row& row : summary.rows) {
    Json entry = {{"index", row.site->index < 0 ? Json() : Json(row.site->index_path)},
                  {"address", row.site->address},
                  {"class", row.site->layer->class_name},
                  {"parameters", row.parameters},
                  {"calls", std::max<std::size_t>(row.site->layer->calls.size(), 1)},
                  {"trainable", row.site->layer->trainable},
                  {"computable", row.problem == nullptr}};
    entry["output"] = api::output_json(row.shape);
    if (row.shape.rank() > 0) entry["axes"] = row.axes;
    if (row.problem) entry["problem"] = api::problem_json(*row.problem);
    list.push_back(std::move(entry));
  }
  const Json all = {{"model", request.model},
                    {"format", model.format},
                    {"keras_version", model.keras_version},
                    {"kind", summary.kind},
                    {"parameters", summary.parameters},
                    {"parameters_at_least", summary.is_at_least},
                    {"trainable_parameters", summary.trainable},
                    {"trainable_parameters_at_most", summary.is_trainable_at_most},
                    {"training", model.training},
                    {"layers", list}};
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
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
  const api::Summary summary = api::summarize(model, open, request.depth);
  if (request.json)
    print_json(request, model, summary);
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
  command
      ->add_option("--layer,-l", request.layers,
                   "all that the file says of these layers: config, weights with their statistics, shapes")
      ->allow_extra_args(false)
      ->type_name("LAYER");
  add_dump_option(*command, request);
  command->callback([&] { exit_code = layers(request); });
}

}  // namespace kerascope::cli
