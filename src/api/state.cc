#include "api/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "api/order.h"
#include "base/check.h"
#include "inputs/feed.h"
#include "layers/registry.h"

namespace kerascope::api {
namespace {

Json batch_shape(const Shape& shape) {
  Json sizes = Json::array();
  for (std::int64_t size : shape) sizes.push_back(size < 0 ? Json() : Json(size));
  return sizes;
}

LayerData input_layer(const std::string& name, const Shape& shape) {
  LayerData layer;
  layer.class_name = "InputLayer";
  layer.module = "keras.layers";
  layer.name = name;
  layer.config = {{"name", name}, {"batch_shape", batch_shape(shape)}, {"dtype", "float32"}, {"sparse", false}};
  return layer;
}

/// A call with tensors as its argument: a single one, or a list.
Call call_on(std::vector<TensorRef> inputs) {
  Call call{.inputs = std::move(inputs)};
  if (call.inputs.size() == 1) {
    call.positional.push_back({{"tensor", 0}});
  } else {
    Json list = Json::array();
    for (std::size_t i = 0; i < call.inputs.size(); ++i) list.push_back({{"tensor", i}});
    call.positional.push_back(std::move(list));
  }
  return call;
}

[[noreturn]] void name_taken(const std::string& name, const std::string& one_class, const std::string& other_class) {
  throw Error({.code = "name-taken",
               .what = fmt::format("two layers of the model are named '{}' ({}, {})", name, one_class, other_class),
               .hint = "give one of them another name"});
}

/// Makes up names as Keras does: "conv2d", "conv2d_1", ..; never one that is taken.
class Names {
 public:
  /// Takes the names that layers were given. @throws Error{name-taken}
  explicit Names(const std::vector<std::shared_ptr<LayerState>>& layers) {
    std::vector<const LayerState*> unnamed;
    for (const auto& layer : layers) {
      const LayerData& data = layer->data;
      if (data.name.empty()) {
        unnamed.push_back(layer.get());
      } else if (const auto [taken, is_new] = taken_.emplace(data.name, data.class_name); !is_new) {
        name_taken(data.name, taken->second, data.class_name);
      }
      names_[layer.get()] = data.name;
    }
    std::ranges::sort(unnamed, {}, &LayerState::number);
    for (const LayerState* layer : unnamed) names_[layer] = make(layer->data.class_name);
  }
  const std::string& of(const LayerState& layer) const { return names_.at(&layer); }

 private:
  std::string make(const std::string& class_name) {
    const std::string base = snake_case(class_name);
    for (;;) {
      const int count = counts_[base]++;
      std::string name = count == 0 ? base : fmt::format("{}_{}", base, count);
      if (taken_.emplace(name, class_name).second) return name;
    }
  }

  std::map<std::string, std::string> taken_;  ///< name to the layer's class
  std::map<std::string, int> counts_;
  std::map<const LayerState*, std::string> names_;
};

/// A layer's current data, with a nested model's layers.
LayerData data_of(const LayerState& state) {
  LayerData layer = state.data;
  if (!state.model) return layer;
  const auto nested = state.model->data();
  layer.network = nested->network;
  layer.class_name = nested->network.class_name;
  return layer;
}

ModelData model_in_code(std::string name, bool is_sequential) {
  ModelData model{.keras_version = std::string("3")};
  model.network.class_name = is_sequential ? "Sequential" : "Functional";
  model.network.name = name.empty() ? snake_case(model.network.class_name) : std::move(name);
  model.network.is_sequential = is_sequential;
  return model;
}

}  // namespace

ModelState::ModelState(ModelData data) : data_(std::make_shared<ModelData>(std::move(data))) {}

ModelState::ModelState(InCode model) : is_in_code_(true), in_code_(std::move(model)) {
  require_name(in_code_.name);
  arrange();
}

std::uint64_t LayerState::next_number() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

void require_name(const std::string& name) {
  if (name.find('/') != name.npos)
    throw Error({.code = "name-invalid",
                 .what = fmt::format("'{}' is no name: / stands between a nested model and its layers", name)});
}

void ModelState::add(const std::shared_ptr<LayerState>& layer, const Shape& input_shape) {
  const std::lock_guard lock(mutex_);
  if (!layer)
    throw Error({.code = "graph-disconnected",
                 .what = "this layer lies inside a model, and cannot be added to another one",
                 .hint = "add the model as a whole: net.add(model)"});
  if (layer->model && layer->model->contains(*this))
    throw Error({.code = "call-invalid",
                 .what = fmt::format("the Sequential '{}' cannot be added to itself, or to a model that lies in it",
                                     model_in_code(in_code_.name, true).network.name)});
  std::vector<Ref> input = in_code_.outputs;
  if (input.empty()) {
    if (input_shape.rank() == 0)
      throw Error({.code = "input-shape-missing",
                   .what = "nobody said which input the first layer of the Sequential gets",
                   .hint = "net.add(layer, {.input_shape = {64, 64, 1}})"});
    input = {{input_node(input_shape, ""), 0}};
  }
  const std::shared_ptr<const Node> node = call(layer, input);
  if (node->shapes.size() != 1)
    throw Error({.code = "call-invalid",
                 .what = fmt::format("a Sequential's layers have one output each, and this {} has {}",
                                     layer->data.class_name, node->shapes.size())});
  // Equals the result of arrange(): a chain only grows at its end.
  const bool is_new = !std::ranges::count(layers_, layer);
  for (const auto& other : layers_)
    if (is_new && !layer->data.name.empty() && other->data.name == layer->data.name)
      name_taken(layer->data.name, other->data.class_name, layer->data.class_name);
  if (layers_.empty()) {
    in_code_.inputs = input;
    layers_.push_back(input[0].node->layer);
    calls_[input[0].node.get()] = {0, 0};
  }
  if (is_new) layers_.push_back(layer);
  const auto place = static_cast<int>(std::ranges::find(layers_, layer) - layers_.begin());
  const auto earlier = std::ranges::count_if(calls_, [&](const auto& call) { return call.second.first == place; });
  calls_[node.get()] = {place, static_cast<int>(earlier)};
  in_code_.outputs = {{node, 0}};
  data_ = nullptr;
  open_ = with_weights_ = nullptr;
}

std::shared_ptr<LayerState> ModelState::as_layer(const std::shared_ptr<ModelState>& model) {
  const auto data = model->data();
  const std::lock_guard lock(model->mutex_);
  if (auto layer = model->as_layer_.lock()) return layer;
  auto layer = std::make_shared<LayerState>();
  layer->data.class_name = data->network.class_name;
  layer->data.name = model->is_in_code() ? model->in_code_.name : data->network.name;
  layer->number = model->number_;
  layer->data.config = Json::object();
  layer->model = model;
  model->as_layer_ = layer;
  return layer;
}

bool ModelState::contains(const ModelState& other) const {
  return this == &other ||
         std::ranges::any_of(layers_, [&](const auto& layer) { return layer->model && layer->model->contains(other); });
}

/// Finds the layers between inputs and outputs, their order and the calls.
void ModelState::arrange() {
  calls_.clear();
  stand_ins_.clear();
  const Order order = keras_order(in_code_.inputs, in_code_.outputs);
  layers_ = order.layers;
  std::map<const LayerState*, int> index;
  for (std::size_t i = 0; i < layers_.size(); ++i) index[layers_[i].get()] = static_cast<int>(i);
  std::map<int, int> counts;
  for (const auto& node : order.nodes) {
    const int layer = index.at(node->layer.get());
    calls_[node.get()] = {layer, counts[layer]++};
  }
  // An input in the middle of the model gets an InputLayer of its own.
  for (const Ref& input : in_code_.inputs) {
    if (calls_.count(input.node.get()) && input.node->inputs.empty()) continue;
    auto stand_in = std::make_shared<LayerState>();
    const Shape& shape = input.node->shapes[static_cast<std::size_t>(input.output)];
    stand_in->data =
        input_layer(input.node->layer->data.name.empty() ? "" : input.node->layer->data.name + "_fed", shape);
    stand_ins_[{input.node.get(), input.output}] = static_cast<int>(layers_.size());
    layers_.push_back(std::move(stand_in));
  }
}

std::uint64_t ModelState::weights_version() const {
  std::uint64_t sum = loaded_;
  for (const auto& layer : layers_) sum += layer->model ? layer->model->weights_version() : layer->weights_version;
  return sum;
}

std::string ModelState::address_of(const Ref& ref) const {
  const auto& network = data_->network;
  const auto stand_in = stand_ins_.find({ref.node.get(), ref.output});
  if (stand_in != stand_ins_.end()) return network.layers[static_cast<std::size_t>(stand_in->second)].name;
  const auto call = calls_.find(ref.node.get());
  if (call == calls_.end()) return "";
  const LayerData& layer = network.layers[static_cast<std::size_t>(call->second.first)];
  std::string address = layer.name;
  if (layer.calls.size() > 1) address += fmt::format("@{}", call->second.second);
  if (ref.node->shapes.size() > 1) address += fmt::format("#{}", ref.output);
  return address;
}

std::optional<Ref> ModelState::tensor_at(const std::string& address) const {
  for (const auto& [node, call] : calls_)
    for (int output = 0; output < static_cast<int>(node->shapes.size()); ++output)
      if (const Ref ref{node->shared_from_this(), output}; address_of(ref) == address) return ref;
  return {};
}

/// Updates `data_` of a model in code.
void ModelState::refresh() {
  if (in_code_.inputs.empty()) throw Error({.code = "model-empty", .what = "the Sequential has no layers yet"});
  ModelData model = model_in_code(in_code_.name, in_code_.is_sequential);
  Network& network = model.network;
  const Names names(layers_);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    LayerData layer = data_of(*layers_[i]);
    layer.name = names.of(*layers_[i]);
    layer.place = fmt::format("layers[{}] of '{}'", i, network.name);
    layer.config["name"] = layer.name;
    if (layer.network) layer.network->name = layer.name;
    network.layers.push_back(std::move(layer));
  }
  const auto tensor = [&](const Ref& ref) {
    const auto stand_in = stand_ins_.find({ref.node.get(), ref.output});
    if (stand_in != stand_ins_.end()) return TensorRef{stand_in->second, 0, 0};
    const auto [layer, call] = calls_.at(ref.node.get());
    return TensorRef{layer, call, ref.output};
  };
  std::map<std::pair<int, int>, const Node*> nodes;
  for (const auto& [node, place] : calls_) nodes[place] = node;
  for (const auto& [place, node] : nodes) {
    if (node->inputs.empty()) continue;
    std::vector<TensorRef> inputs;
    for (const Ref& input : node->inputs) inputs.push_back(tensor(input));
    network.layers[static_cast<std::size_t>(place.first)].calls.push_back(call_on(std::move(inputs)));
  }
  for (const Ref& input : in_code_.inputs) network.inputs.push_back(tensor(input));
  for (const Ref& output : in_code_.outputs) network.outputs.push_back(tensor(output));
  data_ = std::make_shared<ModelData>(std::move(model));
}

std::shared_ptr<const ModelData> ModelState::data() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t version = weights_version();
  if (!data_ || version != data_version_) {
    if (is_in_code()) refresh();
    open_ = with_weights_ = nullptr;
    data_version_ = version;
  }
  return data_;
}

std::shared_ptr<const OpenAssembly> ModelState::open(bool with_weights) {
  const auto current = data();
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const OpenAssembly>& open = with_weights ? with_weights_ : open_;
  // Keeps alive the layers that its sites point to.
  if (!open) {
    struct Kept {
      std::shared_ptr<const ModelData> data;
      OpenAssembly open;
    };
    auto kept = std::make_shared<Kept>(Kept{current, assemble_open(*current, {.with_weights = with_weights})});
    open = {kept, &kept->open};
  }
  return open;
}

std::shared_ptr<Compiled> ModelState::compiled(const FunctionOptions& options, std::span<const Shape> shapes) {
  const auto current = data();
  const std::lock_guard lock(mutex_);
  return cache_.get(current, options, shapes);
}

bool ModelState::keeps_samples_apart(std::span<const Shape> shapes, std::span<const Feed> fed) {
  const auto current = data();
  const std::lock_guard lock(mutex_);
  return cache_.keeps_samples_apart(current, shapes, fed);
}

namespace {

void put_weights(Network& network, const Network& bound) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    LayerData& layer = network.layers[i];
    layer.weights = bound.layers[i].weights;
    layer.weights_in_order = bound.layers[i].weights_in_order;
    if (layer.network) put_weights(*layer.network, *bound.layers[i].network);
  }
}

}  // namespace

void ModelState::take_weights(const Network& bound) {
  if (!is_in_code()) {
    const std::lock_guard lock(mutex_);
    ModelData with = *data_;
    put_weights(with.network, bound);
    data_ = std::make_shared<ModelData>(std::move(with));
    ++loaded_;
    return;
  }
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    LayerState& layer = *layers_[i];
    if (layer.model) {
      layer.model->take_weights(*bound.layers[i].network);
      continue;
    }
    layer.data.weights = bound.layers[i].weights;
    layer.data.weights_in_order = true;
    ++layer.weights_version;
  }
}

std::shared_ptr<const Node> input_node(const Shape& shape, const std::string& name) {
  require_name(name);
  std::vector<std::int64_t> sizes = {kOpen};
  for (const std::int64_t size : shape) {
    if (size != kOpen && size < 1)
      throw Error(
          {.code = "input-shape",
           .what = fmt::format("an input has the shape {}, whose sizes must be at least 1, or kOpen", shape.str())});
    sizes.push_back(size);
  }
  auto layer = std::make_shared<LayerState>();
  layer->data = input_layer(name, Shape(sizes));
  auto node = std::make_shared<Node>();
  node->layer = layer;
  node->shapes = {Shape(sizes)};
  layer->nodes.push_back(node);
  return node;
}

namespace {

/// Checks that a model's own inputs accept these tensors. @throws Error{call-invalid, shape-mismatch}
void require_inputs_of(ModelState& model, const std::vector<Ref>& given) {
  const auto data = model.data();
  const std::vector<ModelInput> inputs = model_inputs(*data);
  if (inputs.size() != given.size())
    throw Error({.code = "call-invalid",
                 .what = fmt::format("model '{}' has {} input{}, and is called on {} tensor{}", data->network.name,
                                     inputs.size(), inputs.size() == 1 ? "" : "s", given.size(),
                                     given.size() == 1 ? "" : "s")});
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Shape declared(inputs[i].shape), &shape = given[i].node->shapes[static_cast<std::size_t>(given[i].output)];
    if (!fits(shape, declared))
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("model '{}' takes {} for '{}', and is called on a tensor of shape {}",
                                       data->network.name, declared.str(), inputs[i].name, shape.str())});
  }
}

}  // namespace

std::shared_ptr<const Node> call(const std::shared_ptr<LayerState>& layer, std::vector<Ref> inputs) {
  if (layer->model) require_inputs_of(*layer->model, inputs);
  // A model of this layer alone checks its inputs and infers its outputs.
  ModelData alone = model_in_code("", false);
  std::vector<TensorRef> given;
  for (const Ref& input : inputs) {
    const int number = static_cast<int>(given.size());
    alone.network.layers.push_back(
        input_layer(fmt::format("input {}", number), input.node->shapes[static_cast<std::size_t>(input.output)]));
    given.push_back({number, 0, 0});
  }
  LayerData data = data_of(*layer);
  const int place = static_cast<int>(given.size());
  if (data.name.empty()) data.name = snake_case(data.class_name);
  data.place = "a layer defined in code";
  data.calls = {call_on(given)};
  alone.network.layers.push_back(std::move(data));
  alone.network.inputs = given;
  alone.network.outputs = {{place, 0, 0}};
  const OpenAssembly open = assemble_open(alone, {.with_weights = false});
  auto node = std::make_shared<Node>();
  node->layer = layer;
  node->inputs = std::move(inputs);
  const LayerData* self = &alone.network.layers.back();
  for (std::size_t i = 0; i < open.shapes.size(); ++i) {
    const Site& site = open.assembly.sites[i];
    if (site.layer != self || !site.inner.empty() || site.depth > 0) continue;
    if (const auto& problem = open.assembly.results[i].problem) throw *problem;
    node->shapes.push_back(open.shapes[i]);
  }
  layer->nodes.push_back(node);
  return node;
}

}  // namespace kerascope::api
