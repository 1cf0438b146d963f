#include "api/config.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"
#include "layers/registry.h"
#include "model/class_description.h"
#include "model/json.h"
#include "model/lambda/lambda.h"

namespace kerascope::api {
namespace {

class Writer {
 public:
  Writer(const ModelData& model, const OpenAssembly& open) : model_(model) {
    for (std::size_t i = 0; i < open.assembly.sites.size(); ++i) {
      const Site& site = open.assembly.sites[i];
      if (!site.inner.empty()) continue;
      // Inside a nested model that is called several times, the shapes of its first call are used.
      taken_.insert(site.name);
      shapes_.emplace(std::tuple(site.layer, number(site.call), number(site.output)), open.shapes[i]);
    }
  }

  Json network(const Network& network, const std::string& registered) {
    Json config = {{"name", without_slashes(network.name)}, {"trainable", true}};
    Json layers = Json::array();
    for (const LayerData& layer : network.layers) layers.push_back(described(layer, network));
    config["layers"] = std::move(layers);
    if (!network.is_sequential) {
      config["input_layers"] = ends(network.inputs, {}, network);
      config["output_layers"] = ends(network.outputs, network.output_names, network);
    }
    // A user's model class is written as a functional model of its graph, as nobody else could read its own config.
    return {{"module", network.is_sequential ? "keras" : "keras.src.models.functional"},
            {"class_name", network.is_sequential ? "Sequential" : "Functional"},
            {"config", std::move(config)},
            {"registered_name", registered.empty() ? Json() : Json(registered)}};
  }

  void require_all_known() const {
    if (!unknown_.empty())
      throw Error({.code = "save-unsupported",
                   .what = fmt::format("{} layer{} of Keras {} cannot be written as Keras 3 does", unknown_.size(),
                                       unknown_.size() == 1 ? "" : "s", model_.keras_version),
                   .where = model_.path,
                   .because = "Keras 3 has nothing like " + text::join(unknown_, ", ")});
  }

 private:
  /// Keras 3 refuses names with a slash, which is replaced so that all names stay different.
  std::string name_of(const LayerData& layer) {
    if (layer.name.find('/') == layer.name.npos) return layer.name;
    std::string& name = renamed_[&layer];
    if (name.empty())
      for (name = without_slashes(layer.name); !taken_.insert(name).second;) name += '_';
    return name;
  }
  static std::string without_slashes(std::string name) {
    std::ranges::replace(name, '/', '_');
    return name;
  }

  /// {module, class_name, registered_name} for a layer.
  Json class_of(const LayerData& layer) const {
    if (const LayerType* type = model_.keras_major() < 3 ? layer_type_of(layer) : nullptr)
      return described_class(type->class_name, type->module);
    return described_class(layer.class_name, layer.module);
  }

  /// The number in "@1" or "#1"; 0 if the suffix is empty.
  static int number(const std::string& suffix) { return suffix.empty() ? 0 : std::stoi(suffix.substr(1)); }

  Json config_of(const LayerData& layer) {
    const LayerType* type = layer.is_operation ? nullptr : layer_type_of(layer);
    if (type && type->module.empty())
      unknown_.push_back(fmt::format("'{}' ({}, which Keras 3 has no more)", layer.name, layer.class_name));
    if (model_.keras_major() >= 3)
      return layer.class_name == "Lambda" ? lambda_config_in_file(layer.config) : layer.config;
    if (layer.class_name == "InputLayer") return input_config(layer);
    if (type && type->class_name == "Lambda") {
      unknown_.push_back(fmt::format("'{}' (Lambda, whose code is for one version of Python)", layer.name));
      return nullptr;
    }
    if (!type) {
      unknown_.push_back(fmt::format("'{}' ({})", layer.name, layer.class_name));
      return nullptr;
    }
    FieldReader fields(layer, model_.keras_major());
    Json config = begun_config(layer);
    config["name"] = name_of(layer);
    config.update(type->today(fields));
    for (const char* key : {"causal", "softmax_robust_masking"})
      if (member(layer.config, key) == true)
        unknown_.push_back(
            fmt::format("'{}' ({} with {}, which no config of Keras 3 has)", layer.name, layer.class_name, key));
    if (member(config, "activation") == "hard_sigmoid")
      unknown_.push_back(fmt::format("'{}' ({} with hard_sigmoid, which is another function in Keras 3)", layer.name,
                                     layer.class_name));
    return config;
  }

  Json input_config(const LayerData& layer) {
    Json shape = layer.config.value("batch_shape", layer.config.value("batch_input_shape", Json()));
    return {{"name", name_of(layer)}, {"batch_shape", shape}, {"dtype", layer.config.value("dtype", "float32")}};
  }

  Json described(const LayerData& layer, const Network& around) {
    Json json = layer.network ? network(*layer.network, "") : class_of(layer);
    if (!layer.network) json["config"] = config_of(layer);
    if (around.is_sequential) return json;
    json["name"] = name_of(layer);
    Json nodes = Json::array();
    for (const Call& call : layer.calls) {
      Json arguments = Json::array();
      // Before Keras 3 a call's tensors are a list, even a single one.
      const bool is_single = model_.keras_major() < 3 && call.inputs.size() == 1;
      if (is_single)
        arguments.push_back(keras_tensor(call.inputs[0], around));
      else
        for (const Json& argument : call.positional) arguments.push_back(with_tensors(argument, call, around));
      nodes.push_back({{"args", arguments}, {"kwargs", with_tensors(call.keywords, call, around)}});
    }
    json["inbound_nodes"] = std::move(nodes);
    return json;
  }

  /// Replaces {"tensor": k} by a reference to input k.
  Json with_tensors(const Json& argument, const Call& call, const Network& around) {
    if (argument.is_object() && argument.size() == 1 && argument.contains("tensor") &&
        argument["tensor"].is_number_integer())
      return keras_tensor(call.inputs.at(argument["tensor"].get<std::size_t>()), around);
    if (!argument.is_structured()) return argument;
    Json result = argument;
    for (Json& item : result) item = with_tensors(item, call, around);
    return result;
  }

  Json keras_tensor(const TensorRef& tensor, const Network& around) {
    const LayerData& layer = around.layers[static_cast<std::size_t>(tensor.layer)];
    const auto found = shapes_.find({&layer, tensor.call, tensor.output});
    Json shape = Json::array();
    if (found != shapes_.end())
      for (const std::int64_t size : found->second) shape.push_back(size < 0 ? Json() : Json(size));
    return {
        {"class_name", "__keras_tensor__"},
        {"config",
         {{"shape", shape}, {"dtype", "float32"}, {"keras_history", {name_of(layer), tensor.call, tensor.output}}}}};
  }

  Json ends(const std::vector<TensorRef>& tensors, const std::vector<std::string>& names, const Network& network) {
    const auto reference = [&](const TensorRef& tensor) -> Json {
      const LayerData& layer = network.layers[static_cast<std::size_t>(tensor.layer)];
      // Only here, not in calls, Keras 3 counts a Functional's own graph as its node 0.
      const int first = layer.network && !layer.network->is_sequential;
      return {name_of(layer), first + tensor.call, tensor.output};
    };
    if (names.size() == tensors.size() && !names.empty()) {
      Json by_name = Json::object();
      for (std::size_t i = 0; i < names.size(); ++i) by_name[names[i]] = reference(tensors[i]);
      return by_name;
    }
    if (tensors.size() == 1) return reference(tensors[0]);
    Json list = Json::array();
    for (const TensorRef& tensor : tensors) list.push_back(reference(tensor));
    return list;
  }

  const ModelData& model_;
  std::map<std::tuple<const LayerData*, int, int>, Shape> shapes_;
  std::vector<std::string> unknown_;
  std::map<const LayerData*, std::string> renamed_;
  std::set<std::string> taken_;
};

}  // namespace

Json begun_config(const LayerData& layer) {
  Json config = {{"name", layer.name}};
  // Keras 3 makes these classes without such an argument.
  const bool is_refused = text::starts_with(layer.class_name, "SpatialDropout") || layer.class_name == "Discretization";
  if (!is_refused) config["trainable"] = layer.trainable;
  return config;
}

std::string keras3_class(const LayerData& layer, const ModelData& model) {
  if (layer.network) return layer.network->is_sequential ? "Sequential" : "Functional";
  if (model.keras_major() < 3)
    if (const LayerType* type = layer_type_of(layer)) return std::string(without_package(type->class_name));
  return std::string(without_package(layer.class_name));
}

Json keras3_config(const ModelData& model, const OpenAssembly& open) {
  Writer writer(model, open);
  Json config = writer.network(model.network, model.network.is_sequential ? "" : "Functional");
  writer.require_all_known();
  return config;
}

}  // namespace kerascope::api
