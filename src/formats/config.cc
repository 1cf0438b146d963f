#include "formats/config.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "kerascope/error.h"
#include "model/class_description.h"
#include "model/json.h"

namespace kerascope {
namespace {

constexpr int kDeepestNesting = 50;
constexpr std::int64_t kMostOutputs = 1024;  // of one call

using Sizes = std::vector<std::int64_t>;

/// A reference in the file: layer name, node index, tensor index; Keras 3 adds the tensor's shape.
struct Reference {
  std::string layer;
  std::int64_t node = 0, tensor = 0;
  Sizes shape = {};
};

/// [null, 8, 4] with -1 for null; empty for anything else.
Sizes sizes_of(const Json& shape) {
  Sizes sizes;
  if (!shape.is_array()) return {};
  for (const Json& size : shape) {
    const bool is_size = size.is_number_integer() && size.get<std::int64_t>() > 0;
    if (!is_size && !size.is_null()) return {};
    sizes.push_back(is_size ? size.get<std::int64_t>() : -1);
  }
  return sizes;
}

/// Operations of Keras 3 whose config may have a dtype, as a layer's has.
bool has_dtype_argument(const std::string& class_name) {
  static const std::set<std::string> kOperations = {"Arange",   "Array",     "Cast",     "ConvertToTensor", "Cumprod",
                                                    "Cumsum",   "EmptyLike", "Full",     "FullLike",        "Geomspace",
                                                    "Linspace", "Logspace",  "MultiHot", "Nancumprod",      "Nancumsum",
                                                    "OneHot",   "OnesLike",  "Prod",     "SaturateCast",    "View",
                                                    "ZerosLike"};
  return kOperations.count(class_name) > 0;
}

/// A call before names are resolved.
struct PendingCall {
  std::vector<Reference> inputs;
  Json positional = Json::array(), keywords = Json::object();  ///< as in Call
};

class ConfigParser {
 public:
  ConfigParser(int keras_major, const std::string& file) : keras_major_(keras_major), file_(file) {}

  Network network(const Json& description, const std::string& place, int depth) const {
    if (depth > kDeepestNesting) fail(fmt::format("models are nested deeper than {} levels", kDeepestNesting), place);
    const Json& config = member(description, "config");
    Network network;
    network.class_name = class_name_of(description);
    if (network.class_name == "Model") network.class_name = "Functional";
    network.name = config.is_object() ? text_or(config, "name", text_or(description, "name", "model"))
                                      : text_or(description, "name", "sequential");
    const Json& layers = config.is_array() ? config : member(config, "layers");
    if (!layers.is_array()) opaque(network.class_name, place);
    const std::string layers_place = config.is_array() ? place + ".config" : place + ".config.layers";
    network.is_sequential = config.is_array() || !config.contains("output_layers");
    if (network.is_sequential && network.class_name != "Sequential" && !config.is_array() && !looks_sequential(layers))
      opaque(network.class_name, place);
    std::vector<std::vector<PendingCall>> calls;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string layer_place = fmt::format("{}[{}]", layers_place, i);
      network.layers.push_back(layer(layers[i], layer_place, depth));
      if (!network.is_sequential) calls.push_back(pending_calls(layers[i], layer_place));
    }
    require_unique_names(network, layers_place);
    if (network.is_sequential)
      connect_sequential(network, config, description, place);
    else
      connect_functional(network, calls, config, place);
    note_shapes(network, layers);
    return network;
  }

 private:
  [[noreturn]] void fail(const std::string& what, const std::string& place) const {
    throw Error({.code = "config-invalid",
                 .what = what,
                 .where = place_in_file(place),
                 .hint = "save the model again; the file is damaged or was edited"});
  }

  std::string place_in_file(const std::string& place) const {
    return (text::starts_with(place, ".") ? place.substr(1) : place.empty() ? "config" : place) + " in " + file_;
  }

  [[noreturn]] void opaque(const std::string& class_name, const std::string& place) const {
    throw Error({.code = "model-opaque",
                 .what = fmt::format("the file stores how '{}' is constructed, but no graph of layers", class_name),
                 .where = place_in_file(place),
                 .because = "subclassed models exist only as Python code",
                 .hint =
                     "call it once in Python, on an input of its shape, and save that: i = keras.Input((32, 32, 3)); "
                     "keras.Model(i, m.call(i)).save(\"flat.keras\")"});
  }

  static bool looks_sequential(const Json& layers) {
    for (const Json& layer : layers)
      if (layer.is_object() && layer.contains("inbound_nodes")) return false;
    return !layers.empty();
  }

  LayerData layer(const Json& description, const std::string& place, int depth) const {
    if (!description.is_object()) fail(fmt::format("a layer is {}, not an object", description.type_name()), place);
    if (text_or(description, "class_name", "").empty()) fail("a layer has no class_name", place);
    const Json& config = member(description, "config");
    LayerData layer;
    layer.class_name = class_name_of(description);
    layer.module = text_or(description, "module", "");
    layer.name = text_or(description, "name", text_or(config, "name", ""));
    layer.config = config.is_null() ? Json::object() : config;
    layer.place = place_in_file(place);
    layer.trainable = !(member(config, "trainable").is_boolean() && !config["trainable"].get<bool>());
    // keras.ops nodes have their own modules in an archive; in HDF5 only missing config keys reveal them.
    layer.is_operation =
        text::starts_with(layer.module, "keras.src.ops.") ||
        text::starts_with(layer.module, "keras.src.activations.") || layer.class_name == "TFOpLambda" ||
        layer.class_name == "SlicingOpLambda" || layer.class_name == "TensorFlowOpLayer" ||
        (layer.module.empty() && keras_major_ >= 3 && config.is_object() && description.contains("inbound_nodes") &&
         !config.contains("trainable") && (member(config, "dtype").is_null() || has_dtype_argument(layer.class_name)) &&
         !config.contains("layers"));
    if (is_model(description)) {
      layer.network = network(description, place, depth + 1);
      if (layer.name.empty()) layer.name = layer.network->name;
      layer.network->name = layer.name;
    }
    if (layer.name.empty()) fail(fmt::format("a layer of type '{}' has no name", layer.class_name), place);
    return layer;
  }

  static bool is_model(const Json& description) {
    const std::string class_name = text_or(description, "class_name", "");
    const Json& config = member(description, "config");
    if (class_name == "Sequential") return config.is_array() || member(config, "layers").is_array();
    return member(config, "layers").is_array() && config.contains("output_layers");
  }

  void require_unique_names(const Network& network, const std::string& place) const {
    std::set<std::string> names;
    for (const LayerData& layer : network.layers)
      if (!names.insert(layer.name).second) fail(fmt::format("two layers are named '{}'", layer.name), place);
  }

  // --- the calls of a functional model ---

  static bool is_reference(const Json& json) {
    return json.is_array() && (json.size() == 3 || json.size() == 4) && json[0].is_string() &&
           json[1].is_number_integer() && json[2].is_number_integer() && (json.size() == 3 || json[3].is_object());
  }

  static Reference reference(const Json& json) {
    return {.layer = json[0].get<std::string>(),
            .node = json[1].get<std::int64_t>(),
            .tensor = json[2].get<std::int64_t>()};
  }

  /// tf.keras writes ["_CONSTANT_VALUE", -1, 1.0, keywords] if an op's first argument is not a tensor.
  static bool is_constant(const Json& json) {
    return json.is_array() && json.size() >= 3 && json[0] == "_CONSTANT_VALUE" && json[1] == -1;
  }

  static Json tensor(const Json& history, PendingCall& call) {
    call.inputs.push_back(reference(history));
    return {{"tensor", call.inputs.size() - 1}};
  }

  /// The argument with {"tensor": k} for each tensor. Dicts are traversed by sorted key, as Keras flattens them.
  static Json argument(const Json& value, PendingCall& call) {
    const Json& history = member(member(value, "config"), "keras_history");
    if (text_or(value, "class_name", "") == "__keras_tensor__" && is_reference(history)) {
      const Json number = tensor(history, call);
      call.inputs.back().shape = sizes_of(member(value["config"], "shape"));
      return number;
    }
    if (!value.is_structured()) return value;
    Json result = value;
    for (Json& item : result) item = argument(item, call);
    return result;
  }

  /// The same for Keras before 3, in which a tensor is a plain [layer, node, tensor].
  static Json old_argument(const Json& value, PendingCall& call) {
    if (is_constant(value)) return value[2];
    if (is_reference(value)) return tensor(value, call);
    if (!value.is_structured()) return value;
    Json result = value;
    for (Json& item : result) item = old_argument(item, call);
    return result;
  }

  /// The first tensor or constant of the node, which the keywords follow.
  static const Json* first_leaf(const Json& node) {
    if (is_constant(node) || is_reference(node)) return &node;
    const Json* leaf = nullptr;
    if (node.is_structured())
      for (auto item = node.begin(); item != node.end() && !leaf; ++item) leaf = first_leaf(*item);
    return leaf;
  }

  std::vector<PendingCall> pending_calls(const Json& description, const std::string& place) const {
    const Json& nodes = member(description, "inbound_nodes");
    if (!nodes.is_array()) fail("'inbound_nodes' is missing", place);
    std::vector<PendingCall> calls;
    for (const Json& node : nodes) {
      PendingCall call;
      const Json* leaf = first_leaf(node);
      if (node.is_object() && (node.contains("args") || node.contains("kwargs"))) {  // Keras 3
        for (const Json& value : member(node, "args")) call.positional.push_back(argument(value, call));
        if (member(node, "kwargs").is_object()) call.keywords = argument(node["kwargs"], call);
      } else if (leaf) {
        call.positional.push_back(old_argument(node, call));
        if (leaf->size() == 4 && (*leaf)[3].is_object()) call.keywords = old_argument((*leaf)[3], call);
      } else if (!node.is_array() || !node.empty()) {
        fail("an inbound node is not [layer, node, tensor]", place);
      }
      calls.push_back(std::move(call));
    }
    return calls;
  }

  /// Flattens input_layers or output_layers: one [name, node, tensor], a list of them, or a dict (sorted by key).
  void gather_ends(const Json& ends, std::vector<Reference>& references, std::vector<std::string>* names,
                   const std::string& place) const {
    if (is_reference(ends)) {
      references.push_back(reference(ends));
    } else if (ends.is_structured()) {
      for (const auto& [key, value] : ends.items()) {
        gather_ends(value, references, nullptr, place);
        if (names && ends.is_object()) names->resize(references.size(), key);
      }
    } else {
      fail("an input or output layer is not [layer, node, tensor]", place);
    }
  }

  void connect_functional(Network& network, const std::vector<std::vector<PendingCall>>& calls, const Json& config,
                          const std::string& place) const {
    std::vector<Reference> inputs, outputs, none;
    gather_ends(member(config, "input_layers"), inputs, nullptr, place + ".config.input_layers");
    gather_ends(member(config, "output_layers"), outputs, &network.output_names, place + ".config.output_layers");

    std::map<std::string, int> index;
    for (std::size_t i = 0; i < network.layers.size(); ++i) index[network.layers[i].name] = static_cast<int>(i);
    const bool ends_count_as_calls = keras_major_ < 3;
    const auto first_in_calls = first_nodes(network, calls, ends_count_as_calls ? outputs : none, index);
    const auto first_in_ends = ends_count_as_calls ? first_in_calls : first_nodes_of_ends(network);

    auto resolve = [&](const Reference& reference, const std::string& from, const std::vector<std::int64_t>& first) {
      const auto found = index.find(reference.layer);
      if (found == index.end()) {
        std::vector<std::string> names;
        for (const auto& [name, position] : index) names.push_back(name);
        throw Error(
            {.code = "config-invalid",
             .what = fmt::format("layer '{}' is called on '{}', which the model does not have", from, reference.layer),
             .where = place_in_file(place),
             .hint = text::did_you_mean(reference.layer, names)});
      }
      const auto layer = static_cast<std::size_t>(found->second);
      const auto count = std::max<std::int64_t>(static_cast<std::int64_t>(calls[layer].size()), 1);
      // If there is only one call, ignore the index, which may count calls outside this model.
      const std::int64_t call = count == 1 ? 0 : reference.node - first[layer];
      if (reference.tensor < 0 || reference.tensor >= kMostOutputs)
        fail(fmt::format("output {} of layer '{}' is asked for", reference.tensor, reference.layer), place);
      if (call < 0 || call >= count)
        fail(fmt::format("call {} of layer '{}' is asked for, which has {}", reference.node, reference.layer, count),
             place);
      return TensorRef{found->second, static_cast<int>(call), static_cast<int>(reference.tensor)};
    };

    for (std::size_t i = 0; i < network.layers.size(); ++i)
      for (const PendingCall& pending : calls[i]) {
        Call call{.inputs = {}, .positional = pending.positional, .keywords = pending.keywords};
        for (const Reference& input : pending.inputs)
          call.inputs.push_back(resolve(input, network.layers[i].name, first_in_calls));
        network.layers[i].calls.push_back(std::move(call));
      }
    for (std::size_t i = 0; i < network.layers.size(); ++i)
      for (std::size_t k = 0; k < calls[i].size(); ++k)
        for (std::size_t j = 0; j < calls[i][k].inputs.size(); ++j)
          note_shape(network, network.layers[i].calls[k].inputs[j], calls[i][k].inputs[j].shape);
    for (const Reference& input : inputs) network.inputs.push_back(resolve(input, network.name, first_in_ends));
    for (const Reference& output : outputs) network.outputs.push_back(resolve(output, network.name, first_in_ends));
    if (network.inputs.empty() || network.outputs.empty()) fail("the model has no input or no output", place);
    for (const TensorRef& input : network.inputs)
      if (network.layers[static_cast<std::size_t>(input.layer)].class_name != "InputLayer")
        fail("an input of the model is not an InputLayer", place);
  }

  /// The node index of each layer's first call in this model. Before Keras 3 a nested model's own graph is
  /// node 0; if a reference does not fit that, the other way of counting is used.
  std::vector<std::int64_t> first_nodes(const Network& network, const std::vector<std::vector<PendingCall>>& calls,
                                        const std::vector<Reference>& outputs,
                                        const std::map<std::string, int>& index) const {
    std::vector<std::int64_t> first(network.layers.size(), 0), least(first.size(), INT64_MAX), most(first.size(), -1);
    auto note = [&](const Reference& reference) {
      const auto found = index.find(reference.layer);
      if (found == index.end()) return;
      const auto layer = static_cast<std::size_t>(found->second);
      least[layer] = std::min(least[layer], reference.node);
      most[layer] = std::max(most[layer], reference.node);
    };
    for (const auto& of_layer : calls)
      for (const PendingCall& call : of_layer)
        for (const Reference& input : call.inputs) note(input);
    for (const Reference& output : outputs) note(output);
    for (std::size_t i = 0; i < first.size(); ++i) {
      if (most[i] < 0) continue;
      const auto count = static_cast<std::int64_t>(calls[i].size());
      first[i] = network.layers[i].network && keras_major_ < 3 ? 1 : 0;
      if (least[i] < first[i]) first[i] = least[i];
      if (most[i] >= first[i] + count) first[i] = std::min(least[i], most[i] - count + 1);
    }
    return first;
  }

  /// The same for input_layers and output_layers. Only there, Keras 3 counts a Functional's own graph as node 0.
  static std::vector<std::int64_t> first_nodes_of_ends(const Network& network) {
    std::vector<std::int64_t> first;
    for (const LayerData& layer : network.layers) first.push_back(layer.network && !layer.network->is_sequential);
    return first;
  }

  // --- shapes in the file ---

  static void note_shape(Network& network, const TensorRef& tensor, const Sizes& shape) {
    LayerData& layer = network.layers[static_cast<std::size_t>(tensor.layer)];
    if (layer.calls.empty() || shape.empty()) return;
    auto& shapes = layer.calls[static_cast<std::size_t>(tensor.call)].output_shapes;
    shapes.resize(std::max(shapes.size(), static_cast<std::size_t>(tensor.output) + 1));
    Sizes& known = shapes[static_cast<std::size_t>(tensor.output)];
    if (known.empty()) known = shape;
  }

  /// The shape for which a layer was built is the shape of its input.
  void note_shapes(Network& network, const Json& descriptions) const {
    const std::size_t added = network.layers.size() - descriptions.size();  // a Sequential's InputLayer
    for (std::size_t i = added; i < network.layers.size(); ++i) {
      const LayerData& layer = network.layers[i];
      const Json& build = member(descriptions[i - added], "build_config");
      if (layer.calls.size() == 1 && layer.calls[0].inputs.size() == 1)
        note_shape(network, layer.calls[0].inputs[0], sizes_of(member(build, "input_shape")));
      if (layer.class_name != "Lambda") continue;
      Sizes own = sizes_of(member(layer.config, "output_shape"));
      if (own.empty()) continue;
      own.insert(own.begin(), -1);  // this shape has no batch
      for (int call = 0; call < static_cast<int>(layer.calls.size()); ++call)
        note_shape(network, {.layer = static_cast<int>(i), .call = call, .output = 0}, own);
    }
  }

  // --- a Sequential's chain ---

  void connect_sequential(Network& network, const Json& config, const Json& description,
                          const std::string& place) const {
    if (network.layers.empty()) fail("the Sequential model has no layers", place);
    if (network.layers[0].class_name != "InputLayer") {
      LayerData input;
      input.class_name = "InputLayer";
      input.name = network.layers[0].name + "_input";
      input.place = network.layers[0].place;
      input.config = {{"name", input.name}, {"batch_shape", sequential_input_shape(network, config, description)}};
      network.layers.insert(network.layers.begin(), std::move(input));
      network.input_layer_in_file = false;
    }
    for (std::size_t i = 1; i < network.layers.size(); ++i) {
      if (network.layers[i].class_name == "InputLayer") fail("an InputLayer stands inside a Sequential", place);
      network.layers[i].calls = {Call{.inputs = {TensorRef{static_cast<int>(i) - 1, 0, 0}}}};
    }
    network.inputs = {TensorRef{0, 0, 0}};
    network.outputs = {TensorRef{static_cast<int>(network.layers.size()) - 1, 0, 0}};
  }

  /// From the first layer (old files), a nested model's own input, or the shape for which the model was built; or null.
  static Json sequential_input_shape(const Network& network, const Json& config, const Json& description) {
    const LayerData& first = network.layers[0];
    if (const Json& shape = member(first.config, "batch_input_shape"); shape.is_array()) return shape;
    if (first.network && !first.network->inputs.empty()) {
      const LayerData& input = first.network->layers[static_cast<std::size_t>(first.network->inputs[0].layer)];
      for (const char* key : {"batch_shape", "batch_input_shape"})
        if (member(input.config, key).is_array()) return input.config[key];
    }
    if (const Json& shape = member(config, "build_input_shape"); shape.is_array()) return shape;
    if (const Json& shape = member(member(description, "build_config"), "input_shape"); shape.is_array()) return shape;
    return nullptr;
  }

  int keras_major_;
  std::string file_;
};

}  // namespace

Network network_from_config(const Json& description, int keras_major, const std::string& file) {
  if (!description.is_object())
    throw Error({.code = "config-invalid", .what = "the model's configuration is no object", .where = file});
  return ConfigParser(keras_major, file).network(description, "", 0);
}

bool is_keras_1(const Json& description) {
  if (!member(description, "module").is_null()) return false;  // Keras 3: a user's layer may have any keys
  const Json& config = member(description, "config");
  const Json& layers = config.is_array() ? config : member(config, "layers");
  const auto has = [&](const char* key) { return config.is_object() && config.contains(key); };
  for (const char* key :
       {"nb_filter", "nb_row", "nb_feature", "border_mode", "dim_ordering", "subsample", "subsample_length",
        "pool_length", "filter_length", "W_regularizer", "W_constraint", "inner_activation", "consume_less"})
    if (has(key)) return true;
  // In later versions a Dense has `units`, and only an Embedding has `output_dim`.
  const std::string class_name = text_or(description, "class_name", "");
  if (has("output_dim") && !has("embeddings_initializer") && class_name != "Embedding") return true;
  if (has("p") && class_name.find("Dropout") != class_name.npos) return true;
  return layers.is_array() && std::ranges::any_of(layers, is_keras_1);
}

Error of_keras_1(const std::string& file) {
  return Error({.code = "format-unsupported",
                .what = "Keras 1 wrote this file, which Kerascope cannot read yet",
                .where = file,
                .hint = "load it with Keras 2 in Python and save it again"});
}

}  // namespace kerascope
