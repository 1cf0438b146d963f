// Handles to layers and tensors.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/config.h"
#include "api/state.h"
#include "base/memory.h"
#include "base/text.h"
#include "layers/registry.h"
#include "layers/stored_weights.h"
#include "model/json.h"

namespace kerascope {

using namespace api;

namespace api {

KerasTensor Access::tensor(Ref ref) {
  KerasTensor tensor;
  tensor.shape_ = ref.node->shapes.at(static_cast<std::size_t>(ref.output));
  tensor.node_ = std::move(ref.node);
  tensor.output_ = ref.output;
  return tensor;
}

KerasTensor Access::tensor(std::shared_ptr<ModelState> model, std::string address, Shape shape) {
  if (auto ref = model->tensor_at(address)) return Access::tensor(*std::move(ref));
  KerasTensor tensor;
  tensor.model_ = std::move(model);
  tensor.address_ = std::move(address);
  tensor.shape_ = std::move(shape);
  return tensor;
}

Layer Access::layer(std::shared_ptr<LayerState> state) {
  Layer layer;
  layer.state_ = std::move(state);
  return layer;
}

Layer Access::layer(std::shared_ptr<ModelState> model, std::string address) {
  Layer layer;
  layer.model_ = std::move(model);
  layer.address_ = std::move(address);
  return layer;
}

namespace {

Layer layer_of(std::string_view class_name, std::string_view module, const Json& config, const LayerOptions& options) {
  require_name(options.name);
  auto state = std::make_shared<LayerState>();
  LayerData& data = state->data;
  data.class_name = class_name;
  data.module = module;
  data.name = options.name;
  data.trainable = options.trainable;
  data.config = begun_config(data);
  data.config.update(config);
  return Access::layer(std::move(state));
}

}  // namespace

Layer make_layer(const AnyLayer& any, const LayerOptions& options) {
  const LayerStruct* known = find_layer_struct(any.type);
  if (!known)
    throw Error({.code = "layer-unknown",
                 .what = fmt::format("the type {} is no layer", any.type.name()),
                 .hint = "the layers are the structs of kerascope::layers"});
  return layer_of(known->class_name, known->module, known->config(any.layer), options);
}

namespace {

[[noreturn]] void no_such_call(const std::string& name, int call, int calls) {
  if (calls == 0)
    throw Error({.code = "call-missing",
                 .what = fmt::format("layer '{}' has not been called, so it has no output", name),
                 .hint = "call it on a tensor, or add it to a Sequential"});
  throw Error(
      {.code = "call-missing",
       .what = fmt::format("call {} of layer '{}' is asked for, which has {}, 0 to {}", call, name, calls, calls - 1)});
}

std::vector<Ref> refs(const std::vector<KerasTensor>& tensors) {
  std::vector<Ref> all;
  for (const KerasTensor& tensor : tensors) {
    all.push_back(Access::ref(tensor));
    if (!all.back().node)
      throw Error(
          {.code = "call-invalid",
           .what = fmt::format("'{}' is an address in a model, on which no layer can be called", tensor.name()),
           .hint = "call the model itself on an Input, and the layer on what it gives; in a model in code, keep what "
                   "calling a layer gave, or the handle that adding it gave"});
  }
  return all;
}

/// A layer's sites in a model: one per output of each call.
struct Place {
  std::shared_ptr<const OpenAssembly> open;
  const LayerData* layer = nullptr;
  std::string container;
  std::vector<std::size_t> sites;
};

Place place_of(ModelState& model, const std::string& address) {
  Place place{.open = model.open(), .sites = {}};
  const auto& sites = place.open->assembly.sites;
  for (std::size_t i = 0; i < sites.size(); ++i) {
    if (sites[i].layer_address() != address || !sites[i].inner.empty()) continue;
    place.layer = sites[i].layer;
    place.container = sites[i].container;
    place.sites.push_back(i);
  }
  return place;
}

void gather_weights(const ModelData& model, const LayerData& layer, const Assembly& assembly,
                    std::vector<Weight>& weights) {
  if (layer.network) {
    for (const LayerData& inner : layer.network->layers) gather_weights(model, inner, assembly, weights);
    return;
  }
  const auto needs = assembly.needs.find(&layer);
  if (needs == assembly.needs.end() || !needs->second.is_known) {
    const auto stored = stored_weights(model);
    const auto own = stored.find(&layer);
    if (own == stored.end()) return;
    for (const StoredWeight& one : own->second)
      weights.push_back({.name = one.name, .shape = one.shape, .numbers = one.read()});
    return;
  }
  for (const std::string& name : needs->second.order) {
    const WeightSlot& slot = *needs->second.slots.at(name);
    if (slot.read) weights.push_back({.name = slot.name, .shape = slot.shape, .numbers = slot.read()});
  }
}

}  // namespace
}  // namespace api

Layer layer(const std::string& class_name, const std::string& config, const LayerOptions& options) {
  const LayerType* type = find_layer_type(class_name);
  if (!type)
    throw Error({.code = "layer-unknown",
                 .what = fmt::format("there is no layer of the class '{}'", class_name),
                 .hint = text::did_you_mean(class_name, layer_class_names())});
  LayerData given;
  given.class_name = class_name;
  given.place = fmt::format("the config of a {}", class_name);
  given.config = parse_json(config, given.place);
  if (!given.config.is_object())
    throw Error({.code = "config-type",
                 .what = fmt::format("the config of a {} is {}, not an object", class_name, given.config.type_name())});
  LayerOptions named = options;
  if (named.name.empty()) named.name = text_or(given.config, "name", "");
  given.name = named.name.empty() ? snake_case(class_name) : named.name;
  if (const Json& trainable = member(given.config, "trainable"); trainable.is_boolean() && !trainable.get<bool>())
    named.trainable = false;
  FieldReader fields(given, /*keras_major=*/3);
  const Json today = type->today(fields);
  if (const std::vector<std::string> unknown = fields.unknown(); !unknown.empty())
    throw Error({.code = "config-type",
                 .what = fmt::format("a {} has no argument '{}'", class_name, unknown[0]),
                 .hint = arguments_text(today)});
  return layer_of(type->class_name, type->module, today, named);
}

std::string KerasTensor::name() const {
  if (model_) return address_;
  const std::string& name = node_->layer->data.name;
  return name.empty() ? snake_case(node_->layer->data.class_name) : name;
}
const Shape& KerasTensor::shape() const { return shape_; }

std::string Layer::name() const {
  if (state_) return state_->data.name.empty() ? snake_case(state_->data.class_name) : state_->data.name;
  return address_.substr(address_.rfind('/') + 1);
}

std::string Layer::class_name() const {
  if (!state_) return place_of(*model_, address_).layer->class_name;
  return state_->model ? state_->model->data()->network.class_name : state_->data.class_name;
}

std::vector<KerasTensor> Layer::call(const std::vector<KerasTensor>& inputs) const {
  if (!state_)
    throw Error({.code = "call-invalid",
                 .what = fmt::format("'{}' is a layer inside a model, which cannot be called alone", address_),
                 .hint = "ks::function computes any part of a model"});
  const std::shared_ptr<const Node> node = api::call(state_, refs(inputs));
  std::vector<KerasTensor> outputs;
  for (int i = 0; i < static_cast<int>(node->shapes.size()); ++i) outputs.push_back(Access::tensor({node, i}));
  return outputs;
}

KerasTensor Layer::operator()(const std::vector<KerasTensor>& inputs) const {
  std::vector<KerasTensor> outputs = call(inputs);
  if (outputs.size() != 1)
    throw Error({.code = "call-invalid",
                 .what = fmt::format("layer '{}' gives {} tensors, not one", name(), outputs.size()),
                 .hint = "Layer::call gives all of them"});
  return outputs[0];
}
KerasTensor Layer::operator()(const KerasTensor& input) const { return (*this)(std::vector{input}); }

int Layer::calls() const {
  if (!state_) return std::max<int>(1, static_cast<int>(place_of(*model_, address_).layer->calls.size()));
  return static_cast<int>(std::ranges::count_if(state_->nodes, [](const auto& node) { return !node.expired(); }));
}

std::vector<KerasTensor> Layer::outputs(int call) const {
  std::vector<KerasTensor> outputs;
  if (state_) {
    int place = 0;
    for (const auto& weak : state_->nodes)
      if (const auto node = weak.lock(); node && place++ == call)
        for (int i = 0; i < static_cast<int>(node->shapes.size()); ++i) outputs.push_back(Access::tensor({node, i}));
  } else {
    const Place place = place_of(*model_, address_);
    const bool has_calls = place.layer->calls.size() > 1;
    for (const std::size_t i : place.sites) {
      const Site& site = place.open->assembly.sites[i];
      if (has_calls ? site.call == fmt::format("@{}", call) : call == 0)
        outputs.push_back(Access::tensor(model_, site.address, place.open->shapes[i]));
    }
  }
  if (outputs.empty()) no_such_call(name(), call, calls());
  return outputs;
}

KerasTensor Layer::output(int index, int call) const {
  const std::vector<KerasTensor> all = outputs(call);
  if (index < 0 || index >= static_cast<int>(all.size()))
    throw Error({.code = "call-invalid",
                 .what = fmt::format("output {} of layer '{}' is asked for, which has {}", index, name(), all.size())});
  return all[static_cast<std::size_t>(index)];
}

std::vector<Layer> Layer::layers() const {
  std::vector<Layer> layers;
  if (state_) return state_->model ? Access::model(state_->model).layers() : layers;
  const Place place = place_of(*model_, address_);
  if (!place.layer->network) return layers;
  const Network& network = *place.layer->network;
  // If a nested model is called several times, the layers of its first call.
  const std::string container = address_ + (place.layer->calls.size() > 1 ? "@0" : "");
  for (std::size_t i = network.is_sequential ? 1 : 0; i < network.layers.size(); ++i)
    layers.push_back(Access::layer(model_, container + "/" + network.layers[i].name));
  return layers;
}

std::vector<Weight> Layer::weights() const try {
  std::vector<Weight> weights;
  if (state_) {
    if (state_->model) {
      for (const Layer& layer : layers())
        for (Weight& weight : layer.weights()) weights.push_back(std::move(weight));
    } else {
      for (const StoredWeight& stored : state_->data.weights)
        weights.push_back({.name = stored.name, .shape = stored.shape, .numbers = stored.read()});
    }
    return weights;
  }
  const Place place = place_of(*model_, address_);
  const auto open = model_->open(/*with_weights=*/true);
  const auto data = model_->data();
  gather_weights(*data, *open->assembly.sites[place.sites[0]].layer, open->assembly, weights);
  return weights;
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

KerasTensor Input(const Shape& shape, const std::string& name) { return Access::tensor({input_node(shape, name), 0}); }

}  // namespace kerascope
