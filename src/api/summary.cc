#include "api/summary.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"
#include "model/json.h"
#include "model/lambda/lambda.h"

namespace kerascope::api {
namespace {

/// Parameters per layer. In HDF5 only the outermost nested model holds weights, in one list; inside it, the layers'
/// declared weights tell which belong to which layer.
class Parameters {
 public:
  explicit Parameters(const Assembly& assembly) {
    for (int id = 0; id < assembly.graph.size(); ++id) {
      const Graph::Node& node = assembly.graph.node(Value{id});
      if (node.kind != Graph::Kind::kWeight) continue;
      by_slot_[node.owner] += node.shape.elements();
      trainable_[node.owner] += node.weight->trainable ? node.shape.elements() : 0;
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
  std::int64_t trainable(const LayerData& layer) const {
    const auto found = trainable_.find(&layer);
    if (found != trainable_.end()) return found->second;
    return layer.class_name == "BatchNormalization" ? of(layer) / 2 : of(layer);  // undeclared: the usual half
  }

 private:
  std::map<const void*, std::int64_t> by_slot_, trainable_;
};

/// @param is_frozen  before Keras 3 a frozen model freezes its layers; since then each layer's own flag decides
std::int64_t trainable_count(const Network& network, const Parameters& parameters, int keras_major,
                             bool is_frozen = false) {
  std::int64_t count = 0;
  for (const LayerData& layer : network.layers) {
    if (layer.network)
      count +=
          trainable_count(*layer.network, parameters, keras_major, keras_major < 3 && (is_frozen || !layer.trainable));
    else if (layer.trainable && !is_frozen)
      count += parameters.trainable(layer);
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

/// An expression in a column of the table.
std::string shortened(const std::string& expression) {
  constexpr std::size_t kMost = 40;
  return expression.size() <= kMost ? expression : expression.substr(0, kMost - 2) + "..";
}

/// Whether there are layers (not models) that could not be built, such layers with weights, and weights at all.
struct Leaves {
  bool unknown = false, unknown_with_weights = false, weights = false;

  Leaves(const Network& network, const Assembly& assembly) {
    for (const LayerData& layer : network.layers) {
      weights |= !layer.weights.empty();
      if (layer.network) {
        const Leaves inner(*layer.network, assembly);
        unknown |= inner.unknown;
        unknown_with_weights |= inner.unknown_with_weights || (inner.unknown && !layer.weights.empty());
        weights |= inner.weights;
      } else if (!layer.is_operation && layer.class_name != "InputLayer") {
        const auto needs = assembly.needs.find(&layer);
        const bool is_known = needs != assembly.needs.end() && needs->second.is_known;
        unknown |= !is_known;
        unknown_with_weights |= !is_known && !layer.weights.empty();
      }
    }
  }
};

}  // namespace

std::string output_text(const Shape& shape, const std::string& axes) {
  if (shape.rank() == 0) return "?";
  std::string text;
  for (int axis = 1; axis < shape.rank(); ++axis) {
    const auto role = static_cast<std::size_t>(axis - 1);
    text += fmt::format("{}{}{}", axis > 1 ? " " : "", role < axes.size() ? std::string(1, axes[role]) : "",
                        shape[axis] < 0 ? "?" : std::to_string(shape[axis]));
  }
  return text.empty() ? "scalar" : text;
}

Json output_json(const Shape& shape) {
  if (shape.rank() == 0) return nullptr;
  Json sizes = Json::array({nullptr});
  for (int axis = 1; axis < shape.rank(); ++axis) sizes.push_back(shape[axis] < 0 ? Json() : Json(shape[axis]));
  return sizes;
}

Json problem_json(const Error& problem) {
  Json json = {{"code", problem.code()}, {"what", problem.parts().what}, {"where", problem.parts().where}};
  if (!problem.parts().hint.empty()) json["try"] = problem.parts().hint;
  return json;
}

Summary summarize(const ModelData& model, const OpenAssembly& open, const SummaryOptions& options) {
  const Parameters parameters(open.assembly);
  Summary summary{.kind = kind_of(model.network), .training = training_text(model.training)};
  std::set<const LayerData*> counted;
  for (std::size_t i = 0; i < open.assembly.sites.size(); ++i) {
    const Site& site = open.assembly.sites[i];
    if (!site.inner.empty() && !options.inside) continue;
    if (options.depth >= 0 && site.depth >= std::max(options.depth, 1)) continue;
    const SiteResult& result = open.assembly.results[i];
    summary.rows.push_back({.site = &site,
                            .shape = open.shapes[i],
                            .axes = result.output ? result.output->axes : "",
                            .parameters = counted.insert(site.layer).second ? parameters.of(*site.layer) : 0,
                            .problem = result.problem});
  }
  for (const LayerData& layer : model.network.layers) summary.parameters += parameters.of(layer);
  summary.trainable = trainable_count(model.network, parameters, model.keras_major());
  const Leaves leaves(model.network, open.assembly);
  summary.is_at_least = leaves.unknown && !leaves.weights;
  summary.is_trainable_at_most = leaves.unknown_with_weights;
  return summary;
}

std::string text_of(const Summary& summary, const ModelData& model, const std::string& name) {
  std::string table;
  const auto print = [&]<typename... Args>(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(table), format, std::forward<Args>(args)...);
  };
  const std::vector<Summary::Row>& rows = summary.rows;
  const std::string format = model.format.empty() ? "" : model.format + ", ";
  print("{}   Keras {}, {}{}, {}{} parameters ({}{} trainable)\n", text::printable(name),
        text::printable(model.keras_version), format, summary.kind, summary.is_at_least ? "at least " : "",
        text::thousands(summary.parameters),
        summary.is_trainable_at_most ? "at most "
        : summary.is_at_least        ? "at least "
                                     : "",
        text::thousands(summary.trainable));
  if (!summary.training.empty()) print("training   {}\n", text::printable(summary.training));

  struct Widths {
    std::size_t index = 5, address = 7, type = 5, output = 6, params = 6;
  } width;
  bool several_calls = false;
  const auto is_inside = [](const Summary::Row& row) { return !row.site->inner.empty(); };
  auto shown_index = [&](const Summary::Row& row) { return is_inside(row) ? "" : row.site->index_path; };
  auto shown_address = [&](const Summary::Row& row) {
    const int level = row.site->depth + is_inside(row);
    return std::string(static_cast<std::size_t>(level) * 2, ' ') + text::printable(row.site->address);
  };
  auto shown_class = [&](const Summary::Row& row) -> std::string {
    if (is_inside(row)) return "";
    const std::string lambda = lambda_text(*row.site->layer);
    return text::printable(row.site->layer->class_name + (lambda.empty() ? "" : "  " + shortened(lambda)));
  };
  auto shown_params = [&](const Summary::Row& row) {
    // A second call or output does not repeat the parameters.
    return row.parameters > 0 ? text::thousands(row.parameters) : std::string(is_inside(row) ? "" : "-");
  };
  for (const Summary::Row& row : rows) {
    width.index = std::max(width.index, row.site->index_path.size());
    width.address = std::max(width.address, shown_address(row).size());
    width.type = std::max(width.type, shown_class(row).size());
    width.output = std::max(width.output, output_text(row.shape, row.axes).size());
    width.params = std::max(width.params, shown_params(row).size());
    several_calls |= row.site->layer->calls.size() > 1;
  }
  print("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {:>{}}{}\n", "index", width.index, "address", width.address, "class",
        width.type, "output", width.output, "params", width.params, several_calls ? "  calls" : "");
  for (const Summary::Row& row : rows) {
    std::string line = fmt::format("{:<{}}  {:<{}}  {:<{}}  {:<{}}  {:>{}}", shown_index(row), width.index,
                                   shown_address(row), width.address, shown_class(row), width.type,
                                   output_text(row.shape, row.axes), width.output, shown_params(row), width.params);
    if (several_calls && !is_inside(row))
      line += fmt::format("  {:>5}",
                          row.site->layer->calls.size() > 1 ? std::to_string(row.site->layer->calls.size()) : "");
    if (row.problem) line += "  !";
    line.erase(line.find_last_not_of(' ') + 1);
    print("{}\n", line);
  }
  std::map<std::string, int> problems;
  for (const Summary::Row& row : rows)
    if (row.problem && !is_inside(row)) ++problems[row.problem->parts().what + " (" + row.problem->parts().where + ")"];
  for (const auto& [problem, count] : problems)
    print("!  {}; {} {} cannot be seen\n", text::printable(problem), count, count == 1 ? "layer" : "layers");
  return table;
}

std::string json_of(const Summary& summary, const ModelData& model, const std::string& name) {
  Json list = Json::array();
  for (const Summary::Row& row : summary.rows) {
    if (!row.site->inner.empty()) {
      Json entry = {{"address", row.site->address}, {"output", output_json(row.shape)}, {"axes", row.axes}};
      list.back()["inside"].push_back(std::move(entry));
      continue;
    }
    Json entry = {{"index", row.site->index < 0 ? Json() : Json(row.site->index_path)},
                  {"address", row.site->address},
                  {"class", row.site->layer->class_name},
                  {"parameters", row.parameters},
                  {"calls", std::max<std::size_t>(row.site->layer->calls.size(), 1)},
                  {"trainable", row.site->layer->trainable},
                  {"computable", row.problem == nullptr}};
    entry["output"] = output_json(row.shape);
    if (row.shape.rank() > 0) entry["axes"] = row.axes;
    if (const std::string lambda = lambda_text(*row.site->layer); !lambda.empty()) entry["expression"] = lambda;
    if (row.problem) entry["problem"] = problem_json(*row.problem);
    list.push_back(std::move(entry));
  }
  const Json all = {{"model", name},
                    {"format", model.format},
                    {"keras_version", model.keras_version},
                    {"kind", summary.kind},
                    {"parameters", summary.parameters},
                    {"parameters_at_least", summary.is_at_least},
                    {"trainable_parameters", summary.trainable},
                    {"trainable_parameters_at_most", summary.is_trainable_at_most},
                    {"training", model.training},
                    {"layers", list}};
  return json_text(all, 2);
}

}  // namespace kerascope::api
