// kerascope layers: what a model consists of, as a table, a tree, or JSON.
#include "api/summary.h"
#include "base/text.h"
#include "cli/request.h"
#include "cli/weights_list.h"
#include "layers/assemble_open.h"
#include "model/json.h"

namespace kerascope::cli {

namespace {

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
    if (row.problem) {
      entry["problem"] = {
          {"code", row.problem->code()}, {"what", row.problem->parts().what}, {"where", row.problem->parts().where}};
      entry["output"] = nullptr;
    } else {
      Json sizes = Json::array({nullptr});
      for (int axis = 1; axis < row.shape.rank(); ++axis)
        sizes.push_back(row.shape[axis] < 0 ? Json() : Json(row.shape[axis]));
      entry["output"] = sizes;
      entry["axes"] = row.axes;
    }
    list.push_back(std::move(entry));
  }
  const Json all = {{"model", request.model},
                    {"format", model.format},
                    {"keras_version", model.keras_version},
                    {"kind", summary.kind},
                    {"parameters", summary.parameters},
                    {"trainable_parameters", summary.trainable},
                    {"training", model.training},
                    {"layers", list}};
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

int layers(const Request& request) {
  ModelData model;
  try {
    model = read_model(request);
  } catch (const Error& error) {
    if (error.code() != "weights-only") throw;
    return list_weights(request);
  }
  const OpenAssembly open = assemble_open(model);
  const api::Summary summary = api::summarize(model, open, request.depth);
  for (const std::string& line : open.assembly.notes) note(request, "note", line);
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
  command->callback([&] { exit_code = layers(request); });
}

}  // namespace kerascope::cli
