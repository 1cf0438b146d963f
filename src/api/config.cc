#include "api/config.h"

#include <fmt/format.h>

#include <map>

#include "base/text.h"
#include "layers/registry.h"

namespace kerascope::api {
namespace {

class Writer {
 public:
  Writer(const ModelData& model, const OpenAssembly& open) : model_(model) {
    for (std::size_t i = 0; i < open.assembly.sites.size(); ++i) {
      const Site& site = open.assembly.sites[i];
      if (!site.inner.empty()) continue;
      // Shapes inside a nested model that is called several times: those of its first call.
      shapes_.emplace(std::tuple(site.layer, number(site.call), number(site.output)), open.shapes[i]);
    }
  }

  Json network(const Network& network, const std::string& registered) {
    Json config = {{"name", network.name}, {"trainable", true}};
    Json layers = Json::array();
    for (const LayerData& layer : network.layers) layers.push_back(described(layer, network));
    config["layers"] = std::move(layers);
    if (!network.is_sequential) {
      config["input_layers"] = ends(network.inputs, {}, network);
      config["output_layers"] = ends(network.outputs, network.output_names, network);
    }
    // A user's own class of models has no config that anybody could make a model of; its graph is one.
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
                   .because = "Kerascope does not know " + text::join(unknown_, ", ")});
  }

 private:
  /// Of "@1" or "#1"; 0 where there is none.
  static int number(const std::string& suffix) { return suffix.empty() ? 0 : std::stoi(suffix.substr(1)); }

  Json config_of(const LayerData& layer) {
    if (model_.keras_major() >= 3) return layer.config;
    if (layer.class_name == "InputLayer") return input_config(layer);
    const LayerType* type =
        layer.is_operation || !(layer.module.empty() || is_keras_module(layer.module)) ? nullptr
                                                                                       : find_layer_type(layer.class_name);
    if (!type) {
      unknown_.push_back(fmt::format("'{}' ({})", layer.name, layer.class_name));
      return nullptr;
    }
    FieldReader fields(layer, model_.keras_major());
    Json config = {{"name", layer.name}, {"trainable", layer.trainable}};
    config.update(type->today(fields));
    return config;
  }

  static Json input_config(const LayerData& layer) {
    Json shape = layer.config.value("batch_shape", layer.config.value("batch_input_shape", Json()));
    return {{"name", layer.name}, {"batch_shape", shape}, {"dtype", layer.config.value("dtype", "float32")}};
  }

  Json described(const LayerData& layer, const Network& around) {
    const auto package_end = layer.class_name.find('>');
    const bool is_registered = package_end != layer.class_name.npos;
    Json json;
    if (layer.network) {
      json = network(*layer.network, "");
    } else {
      json = {{"module", layer.module.empty() ? "keras.layers" : layer.module},
              {"class_name", is_registered ? layer.class_name.substr(package_end + 1) : layer.class_name},
              {"config", config_of(layer)},
              {"registered_name", is_registered ? Json(layer.class_name) : Json()}};
    }
    if (around.is_sequential) return json;
    json["name"] = layer.name;
    Json nodes = Json::array();
    for (const Call& call : layer.calls) {
      Json arguments = Json::array();
      for (const Json& argument : call.positional) arguments.push_back(with_tensors(argument, call, around));
      nodes.push_back({{"args", arguments}, {"kwargs", with_tensors(call.keywords, call, around)}});
    }
    json["inbound_nodes"] = std::move(nodes);
    return json;
  }

  /// {"tensor": k} becomes a reference to the tensor that is meant.
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
    return {{"class_name", "__keras_tensor__"},
            {"config",
             {{"shape", shape}, {"dtype", "float32"}, {"keras_history", {layer.name, tensor.call, tensor.output}}}}};
  }

  static Json ends(const std::vector<TensorRef>& tensors, const std::vector<std::string>& names,
                   const Network& network) {
    const auto reference = [&](const TensorRef& tensor) -> Json {
      return {network.layers[static_cast<std::size_t>(tensor.layer)].name, tensor.call, tensor.output};
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
};

}  // namespace

Json keras3_config(const ModelData& model, const OpenAssembly& open) {
  Writer writer(model, open);
  Json config = writer.network(model.network, model.network.is_sequential ? "" : "Functional");
  writer.require_all_known();
  return config;
}

}  // namespace kerascope::api
