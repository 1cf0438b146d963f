#include "layers/build.h"

#include <algorithm>
#include <numeric>

#include "kerascope/error.h"
#include "layers/masks.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/transpose.h"

namespace kerascope {

Value Build::input(int index) const {
  if (index >= inputs())
    fail("call-invalid", fmt::format("layer '{}' ({}) is called with {} inputs and needs {}", layer().name,
                                     layer().class_name, inputs(), index + 1));
  read_[static_cast<std::size_t>(index)] = true;
  return context_.inputs[static_cast<std::size_t>(index)].value;
}

void Build::require_all_read() const {
  const auto unread = std::ranges::find(read_, false);
  if (unread == read_.end()) return;
  const Json tensor = {{"tensor", unread - read_.begin()}};
  for (const auto& [key, argument] : call().keywords.items())
    if (argument == tensor)
      fail("layer-unsupported",
           fmt::format("layer '{}' ({}) is called with the argument '{}', which Kerascope does not "
                       "know yet",
                       layer().name, layer().class_name, key));
  fail("call-invalid", fmt::format("layer '{}' ({}) is called with {} inputs and takes {}", layer().name,
                                   layer().class_name, inputs(), std::ranges::count(read_, true)));
}

const std::string& Build::axes(int index) const { return output(index).axes; }

const std::optional<Value>& Build::mask(int index) const { return output(index).mask; }

const Output& Build::output(int index) const {
  input(index);
  return context_.inputs[static_cast<std::size_t>(index)];
}

std::optional<int> Build::argument(const char* name, std::size_t position) const {
  const Json& named = member(call().keywords, name);
  // Before Keras 3, and in models made in code, the call has all its tensors in one list.
  const bool is_one_list = call().positional.size() == 1 && call().positional[0].is_array();
  const Json& positional = is_one_list ? call().positional[0] : call().positional;
  const Json& argument = named.is_null() && position < positional.size() ? positional[position] : named;
  const Json& place = member(argument, "tensor");
  return place.is_number_unsigned() ? std::optional(place.get<int>()) : std::nullopt;
}

Value Build::weight(std::string_view name, Shape shape, bool trainable) {
  const std::string key = context_.path + std::string(name);
  if (const auto found = context_.weights.find(key); found != context_.weights.end()) {
    if (graph.shape(found->second) != shape)
      fail("shape-mismatch", fmt::format("two calls of layer '{}' want '{}' as {} and as {}", layer().name, key,
                                         graph.shape(found->second).str(), shape.str()));
    return found->second;
  }
  auto& slot = context_.slots[key];
  if (!slot) {
    slot = std::make_shared<WeightSlot>();
    slot->name = key;
    slot->trainable = trainable;
    context_.slot_order.push_back(key);
  }
  slot->shape = std::move(shape);
  const Value value = graph.weight(slot, context_.owner ? context_.owner : &layer());
  context_.weights.emplace(key, value);
  return value;
}

Value Build::constant(Shape shape, const std::vector<float>& numbers) {
  if (shape.elements() != static_cast<std::int64_t>(numbers.size()))
    fail("config-type", fmt::format("layer '{}' ({}) holds {} numbers where its input needs {}", layer().name,
                                    layer().class_name, numbers.size(), shape.elements()));
  return graph.constant(Tensor::of(std::move(shape), numbers));
}

/// Calls use(type, fields, build) for a layer that this one holds.
template <typename Use>
auto Build::with_held(const layers::LayerConfig& held, const std::string& name, const Outputs& inputs,
                      InnerGraph* inside, Use use) {
  // A Bidirectional builds its layer twice, so the work doubles with each level of an untrusted file.
  constexpr int kDeepest = 12;
  if (context_.depth >= kDeepest)
    fail("layer-unsupported", fmt::format("layer '{}' ({}) lies in {} others, one within the other", layer().name,
                                          layer().class_name, context_.depth));
  LayerData data;
  data.class_name = held.class_name;
  data.module = held.module;
  data.name = held.name.empty() ? name : held.name;
  data.config = Json::parse(held.config, nullptr, false);
  data.place = layer().place;
  data.trainable = layer().trainable && member(data.config, "trainable") != false;
  const LayerType* type = layer_type_of(data);
  if (!type)
    fail("layer-unknown", fmt::format("layer '{}' ({}) holds the layer '{}' of type '{}', which Kerascope cannot "
                                      "compute",
                                      layer().name, layer().class_name, data.name, data.class_name));
  const Call plain;
  Build build(inside ? inside->graph : graph, {.layer = data,
                                               .model = context_.model,
                                               .call = plain,
                                               .training = context_.training,
                                               .random = context_.random,
                                               .key = context_.key * 0x100000001b3u + std::hash<std::string>()(name),
                                               .inputs = inputs,
                                               .slots = context_.slots,
                                               .slot_order = context_.slot_order,
                                               .weights = inside ? inside->weights : context_.weights,
                                               .path = context_.path + name + "/",
                                               .owner = context_.owner ? context_.owner : &layer(),
                                               .depth = context_.depth + 1});
  FieldReader fields(data, keras_major());
  return use(*type, fields, build);
}

std::vector<Value> Build::by_numbers(std::vector<Value> inputs, decltype(ShapeBarrier::compute) compute) {
  if (!context_.known) {
    barrier = ShapeBarrier{.address = "", .inputs = std::move(inputs), .compute = std::move(compute)};
    fail("shape-by-numbers", fmt::format("the shape of what layer '{}' ({}) gives depends on the numbers of its input",
                                         layer().name, layer().class_name));
  }
  std::vector<Value> values;
  for (const Tensor& tensor : *context_.known) values.push_back(graph.constant(tensor));
  return values;
}

Build Build::within(const std::string& name, InnerGraph* inside) {
  Context part = {.layer = context_.layer,
                  .model = context_.model,
                  .call = context_.call,
                  .training = context_.training,
                  .random = context_.random,
                  .key = context_.key,
                  .inputs = context_.inputs,
                  .slots = context_.slots,
                  .slot_order = context_.slot_order,
                  .weights = inside ? inside->weights : context_.weights,
                  .path = context_.path + name + "/",
                  .owner = context_.owner,
                  .depth = context_.depth};
  return Build(inside ? inside->graph : graph, part);
}

Outputs Build::call(const layers::LayerConfig& held, const std::string& name, const Outputs& inputs, InnerGraph* inside,
                    std::vector<std::pair<std::string, Output>>* inner_taps) {
  return with_held(held, name, inputs, inside, [&](const LayerType& type, FieldReader& fields, Build& build) {
    Outputs outputs = type.build(fields, build);
    build.require_all_read();
    hand_on_mask(type.mask_rule, inputs, outputs);
    for (auto& [inner, output] : build.taps)
      (inner_taps ? *inner_taps : taps).emplace_back(name + "/" + inner, std::move(output));
    for (const auto& list : {build.notes, fields.notes()}) notes.insert(notes.end(), list.begin(), list.end());
    return outputs;
  });
}

std::vector<Shape> Build::state_shapes(const layers::LayerConfig& cell, const std::string& name, const Output& input,
                                       InnerGraph* inside) {
  return with_held(cell, name, {input}, inside, [&](const LayerType& type, FieldReader& fields, Build& build) {
    if (!type.states)
      fail("layer-unsupported", fmt::format("layer '{}' ({}) holds '{}', which is no cell", layer().name,
                                            layer().class_name, cell.class_name));
    return type.states(fields, build);
  });
}

Outputs Build::usual(Value value) const { return {{value, usual_axes(graph.shape(value).rank() - 1)}}; }

int Build::axis(std::int64_t axis, int rank) const {
  const std::int64_t counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank)
    fail("axis-invalid", fmt::format("layer '{}' ({}) works along axis {} of an input with {} axes", layer().name,
                                     layer().class_name, axis, rank));
  return static_cast<int>(counted);
}

int Build::axis_with_numbers(std::int64_t given) const {
  const int counted = axis(given, shape().rank());
  const auto is_open = [](const ModelInput& input) { return input.shape.empty() || input.shape[0] < 0; };
  if (counted == 0 && std::ranges::any_of(model_inputs(model()), is_open))
    fail("axis-invalid", fmt::format("layer '{}' ({}) has numbers for axis {}, the batch's, whose size is open",
                                     layer().name, layer().class_name, given));
  return counted;
}

std::vector<int> Build::sorted_axes(const std::vector<std::int64_t>& axes) const {
  std::vector<int> sorted;
  for (std::int64_t given : axes) sorted.push_back(axis(given, shape().rank()));
  std::ranges::sort(sorted);
  if (sorted.empty() || std::ranges::adjacent_find(sorted) != sorted.end())
    fail("axis-invalid", fmt::format("layer '{}' ({}) works along the axes ({}) of {}, which are no distinct ones",
                                     layer().name, layer().class_name, fmt::join(axes, ", "), shape().str()));
  return sorted;
}

void Build::require_rank(int rank) const {
  if (shape().rank() != rank)
    fail("shape-rank", fmt::format("layer '{}' ({}) needs an input with {} axes and gets {}", layer().name,
                                   layer().class_name, rank, shape().str()));
}

void Build::require_inputs(int least) const { input(least - 1); }

void Build::refuse(const char* key, const std::string& given, const std::string& wanted) const {
  fail("config-type",
       fmt::format("'{}' of layer '{}' ({}) is {}, not {}", key, layer().name, layer().class_name, given, wanted));
}

void Build::fail(const std::string& code, const std::string& what) const {
  throw Error({.code = code, .what = what, .where = layer().place});
}

namespace layers {
namespace {

std::vector<int> order_with_last(const std::vector<int>& axes, int rank) {
  std::vector<int> order(static_cast<std::size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](int axis) { return std::ranges::count(axes, axis) > 0; });
  order.insert(order.end(), axes.begin(), axes.end());
  return order;
}

}  // namespace

Value axes_last(Build& build, Value x, const std::vector<int>& axes) {
  return ops::transpose(build.graph, x, order_with_last(axes, build.graph.shape(x).rank()));
}

Value axes_back(Build& build, Value x, const std::vector<int>& axes) {
  const std::vector<int> order = order_with_last(axes, build.graph.shape(x).rank());
  std::vector<int> back(order.size());
  for (std::size_t place = 0; place < order.size(); ++place)
    back[static_cast<std::size_t>(order[place])] = static_cast<int>(place);
  return ops::transpose(build.graph, x, std::move(back));
}

Value channels_last(Build& build, Value x, DataFormat format) {
  return format == DataFormat::kChannelsLast ? x : axes_last(build, x, {1});
}

Value from_channels_last(Build& build, Value x, DataFormat format) {
  return format == DataFormat::kChannelsLast ? x : axes_back(build, x, {1});
}

std::string map_axes(DataFormat format, int spatial_rank) {
  const std::string axes = usual_axes(spatial_rank + 1);  // ends in C
  return format == DataFormat::kChannelsLast ? axes : std::string("C").append(axes, 0, axes.size() - 1);
}

}  // namespace layers
}  // namespace kerascope
