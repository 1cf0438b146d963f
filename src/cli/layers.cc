// kerascope layers: what a model consists of, as a table, a tree, or JSON.
#include "base/text.h"
#include "cli/request.h"
#include "formats/open.h"
#include "layers/assemble_open.h"
#include "model/json.h"

namespace kerascope::cli {

namespace {

std::string sizes_text(const std::vector<std::int64_t>& sizes, const std::string& axes) {
  std::string text;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    text += fmt::format("{}{}{}", i ? " " : "", i < axes.size() ? std::string(1, axes[i]) : "",
                        sizes[i] < 0 ? "?" : std::to_string(sizes[i]));
  return text.empty() ? "scalar" : text;
}

struct Row {
  const Site* site;
  std::string output;
  std::vector<std::int64_t> sizes;
  std::string axes;
  std::int64_t parameters = 0;
  std::shared_ptr<const Error> problem;
};

/// Weights of a nested model in HDF5 lie in one list of the outermost one; inside, only needs tell what is whose.
class Parameters {
 public:
  explicit Parameters(const Assembly& assembly) {
    for (int id = 0; id < assembly.graph.size(); ++id) {
      const Graph::Node& node = assembly.graph.node(Value{id});
      if (node.kind == Graph::Kind::kWeight) by_slot_[node.owner] += node.shape.elements();
    }
  }
  std::int64_t of(const LayerData& layer) const {
    if (!layer.network) {
      const auto found = by_slot_.find(&layer);
      return found != by_slot_.end() ? found->second : parameter_count(layer);
    }
    if (const std::int64_t stored = parameter_count(layer); stored > 0) return stored;
    std::int64_t sum = 0;
    for (const LayerData& inner : layer.network->layers) sum += of(inner);
    return sum;
  }

 private:
  std::map<const void*, std::int64_t> by_slot_;
};

std::int64_t trainable_count(const Network& network, const Parameters& parameters) {
  std::int64_t count = 0;
  for (const LayerData& layer : network.layers) {
    if (!layer.trainable) continue;
    if (layer.network)
      count += trainable_count(*layer.network, parameters);
    else if (layer.class_name == "BatchNormalization")
      count += parameters.of(layer) / 2;
    else
      count += parameters.of(layer);
  }
  return count;
}

/// "adam (learning rate 0.001), loss categorical_crossentropy, metrics accuracy"
std::string training_text(const Json& training) {
  std::vector<std::string> parts;
  const Json& optimizer = member(training, "optimizer_config").is_null() ? member(training, "optimizer")
                                                                         : member(training, "optimizer_config");
  std::string name = optimizer.is_string() ? optimizer.get<std::string>() : text_or(optimizer, "class_name", "");
  if (!name.empty()) {
    const Json& config = member(optimizer, "config");
    for (const char* key : {"learning_rate", "lr"})
      if (member(config, key).is_number()) {
        name += fmt::format(" (learning rate {})", text::number(config[key].get<double>()));
        break;
      }
    parts.push_back(name);
  }
  auto names_of = [](const Json& json) {
    std::vector<std::string> names;
    std::function<void(const Json&)> gather = [&](const Json& item) {
      if (item.is_string())
        names.push_back(item.get<std::string>());
      else if (item.is_object() && item.contains("class_name"))
        names.push_back(
            text_or(member(item, "config"), "name", text_or(item, "config", text_or(item, "class_name", ""))));
      else if (item.is_structured())
        for (const Json& inner : item) gather(inner);
    };
    gather(json);
    return text::join(names, ", ");
  };
  if (const std::string loss = names_of(member(training, "loss")); !loss.empty()) parts.push_back("loss " + loss);
  if (const std::string metrics = names_of(member(training, "metrics")); !metrics.empty())
    parts.push_back("metrics " + metrics);
  return text::join(parts, ", ");
}

std::string kind_of(const Network& network) {
  return network.is_sequential ? "sequential" : network.class_name == "Functional" ? "functional" : network.class_name;
}

void print_people(const Request& request, const ModelData& model, const std::vector<Row>& rows,
                  const Parameters& parameters) {
  std::int64_t total = 0;
  for (const LayerData& layer : model.network.layers) total += parameters.of(layer);
  fmt::print("{}   Keras {}, {}, {}, {} parameters ({} trainable)\n", text::printable(request.model),
             text::printable(model.keras_version), model.format, kind_of(model.network), text::thousands(total),
             text::thousands(trainable_count(model.network, parameters)));
  if (const std::string training = training_text(model.training); !training.empty())
    fmt::print("training   {}\n", text::printable(training));

  struct Widths {
    std::size_t index = 5, address = 7, type = 5, output = 6, params = 6;
  } width;
  bool several_calls = false;
  auto shown_address = [](const Row& row) {
    return std::string(static_cast<std::size_t>(row.site->depth) * 2, ' ') + text::printable(row.site->address);
  };
  auto shown_params = [](const Row& row) {
    // A second call or output repeats nothing.
    return row.parameters > 0 ? text::thousands(row.parameters) : std::string("-");
  };
  for (const Row& row : rows) {
    width.index = std::max(width.index, row.site->index_path.size());
    width.address = std::max(width.address, shown_address(row).size());
    width.type = std::max(width.type, text::printable(row.site->layer->class_name).size());
    width.output = std::max(width.output, row.output.size());
    width.params = std::max(width.params, shown_params(row).size());
    several_calls |= row.site->layer->calls.size() > 1;
  }
  fmt::print("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {:>{}}{}\n", "index", width.index, "address", width.address, "class",
             width.type, "output", width.output, "params", width.params, several_calls ? "  calls" : "");
  for (const Row& row : rows) {
    std::string line = fmt::format("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {:>{}}", row.site->index_path, width.index,
                                   shown_address(row), width.address, text::printable(row.site->layer->class_name),
                                   width.type, row.output, width.output, shown_params(row), width.params);
    if (several_calls)
      line += fmt::format("  {:>5}",
                          row.site->layer->calls.size() > 1 ? std::to_string(row.site->layer->calls.size()) : "");
    if (row.problem) line += "  !";
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
  std::map<std::string, int> problems;
  for (const Row& row : rows)
    if (row.problem) ++problems[row.problem->parts().what + " (" + row.problem->parts().where + ")"];
  for (const auto& [problem, count] : problems)
    fmt::print("!  {}; {} {} cannot be seen\n", text::printable(problem), count, count == 1 ? "layer" : "layers");
}

void print_json(const Request& request, const ModelData& model, const std::vector<Row>& rows,
                const Parameters& parameters) {
  Json list = Json::array();
  for (const Row& row : rows) {
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
      for (std::int64_t size : row.sizes) sizes.push_back(size < 0 ? Json() : Json(size));
      entry["output"] = sizes;
      entry["axes"] = row.axes;
    }
    list.push_back(std::move(entry));
  }
  std::int64_t total = 0;
  for (const LayerData& layer : model.network.layers) total += parameters.of(layer);
  const Json all = {{"model", request.model},
                    {"format", model.format},
                    {"keras_version", model.keras_version},
                    {"kind", kind_of(model.network)},
                    {"parameters", total},
                    {"trainable_parameters", trainable_count(model.network, parameters)},
                    {"training", model.training},
                    {"layers", list}};
  fmt::print("{}\n", all.dump(2, ' ', false, Json::error_handler_t::replace));
}

int layers(const Request& request) {
  const ModelData model = open_model(request.model);
  const OpenAssembly open = assemble_open(model);
  const Assembly& assembly = open.assembly;
  const Parameters parameters(assembly);
  std::vector<Row> rows;
  std::set<const LayerData*> counted;
  for (std::size_t i = 0; i < assembly.sites.size(); ++i) {
    const Site& site = assembly.sites[i];
    if (!site.inner.empty() || (request.depth >= 0 && site.depth >= std::max(request.depth, 1))) continue;
    Row row{
        .site = &site, .output = "?", .sizes = {}, .axes = "", .parameters = 0, .problem = assembly.results[i].problem};
    if (counted.insert(site.layer).second) row.parameters = parameters.of(*site.layer);
    if (const auto& output = assembly.results[i].output) {
      row.sizes = open.shapes[i].slice(1, open.shapes[i].rank()).sizes();
      row.axes = output->axes;
      row.output = sizes_text(row.sizes, row.axes);
    }
    rows.push_back(std::move(row));
  }
  for (const std::string& line : assembly.notes) note(request, "note", line);
  if (request.json)
    print_json(request, model, rows, parameters);
  else if (!request.quiet)
    print_people(request, model, rows, parameters);
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
