#include "layers/custom.h"

#include <cstring>

#include "model/class_description.h"
#include "ops/callback.h"

namespace kerascope {
namespace {

/// What is the same in every run of a call.
struct Custom {
  CustomLayer compute;
  std::string address, class_name, config, arguments;
  std::vector<std::pair<std::string, Tensor>> weights;
  std::vector<bool> has_mask;  ///< by input
  bool training;

  /// @param operands  the inputs, then the masks of those that have one
  CustomOutputs operator()(std::span<const Tensor> operands, bool is_trial = false) const {
    std::vector<std::optional<Tensor>> masks;
    std::size_t next = has_mask.size();
    for (const bool has : has_mask) masks.push_back(has ? std::optional(operands[next++]) : std::nullopt);
    CustomOutputs outputs = compute({.address = address,
                                     .class_name = class_name,
                                     .config = config,
                                     .arguments = arguments,
                                     .weights = weights,
                                     .inputs = operands.first(has_mask.size()),
                                     .masks = masks,
                                     .training = training,
                                     .is_trial = is_trial});
    for (Tensor& output : outputs.tensors)
      if (output.dtype() == DType::kFloat64) output = output.astype(DType::kFloat32);  // what layers compute in
    outputs.masks.resize(outputs.tensors.size());
    return outputs;
  }
};

/// A Sequential's layers are called with one tensor, without saying so; before Keras 3 one tensor stands in a list.
Json arguments_of(const Build& b) {
  const Call& call = b.call();
  Json positional = call.positional;
  if (b.keras_major() < 3 && positional.size() == 1 && positional[0].is_array() && positional[0].size() == 1)
    positional = positional[0];
  if (positional.empty() && call.keywords.empty() && call.inputs.size() == 1) positional.push_back({{"tensor", 0}});
  return Json::array({std::move(positional), call.keywords});
}

Tensor zeros(const ValueType& type) {
  if (type.dtype == DType::kString)
    return Tensor::of(type.shape, std::vector<std::string>(static_cast<std::size_t>(type.shape.elements())));
  Tensor tensor(type.shape, type.dtype);
  if (tensor.size() > 0) std::memset(tensor.mutable_bytes(), 0, tensor.byte_size());
  return tensor;
}

/// Of a call with zeros.
CustomOutputs example(const Custom& custom, const Graph& graph, const std::vector<Value>& operands) {
  std::vector<Tensor> given;
  for (const Value operand : operands) given.push_back(zeros(graph.node(operand).type()));
  CustomOutputs outputs;
  try {
    outputs = custom(given, /*is_trial=*/true);
  } catch (const std::exception& problem) {
    throw Error({.code = "custom-layer-failed",
                 .what = "its function failed with zeros as inputs, which show the shapes of its outputs",
                 .because = problem.what()});
  }
  if (outputs.tensors.empty()) throw Error({.code = "custom-layer-failed", .what = "its function gave no output"});
  for (const Tensor& output : outputs.tensors)
    if (output.dtype() == DType::kString || output.shape().rank() == 0)
      throw Error({.code = "custom-layer-failed",
                   .what = "its function gave texts, or a number without a batch, where Kerascope expects numbers"});
  return outputs;
}

std::vector<Tensor> tensors_and_masks(CustomOutputs outputs) {
  std::vector<Tensor> all = std::move(outputs.tensors);
  for (std::optional<Tensor>& mask : outputs.masks)
    if (mask) all.push_back(*std::move(mask));
  return all;
}

}  // namespace

const CustomLayer* custom_layer_of(const ModelData& model, const LayerData& layer) {
  const auto& known = model.custom_layers.by_class;
  if (layer.is_operation || is_keras_module(layer.module)) return nullptr;
  auto found = known.find(layer.class_name);
  if (found == known.end()) found = known.find(std::string(without_package(layer.class_name)));
  return found == known.end() ? nullptr : &found->second;
}

Outputs build_custom(const CustomLayer& compute, const std::string& address, const std::vector<StoredWeight>& weights,
                     Build& b) {
  Custom custom{.compute = compute,
                .address = address,
                .class_name = b.layer().class_name,
                .config = b.layer().config.dump(),
                .arguments = arguments_of(b).dump(),
                .weights = {},
                .has_mask = {},
                .training = b.training()};
  for (const StoredWeight& weight : weights) custom.weights.emplace_back(weight.name, weight.read());
  std::vector<Value> operands;
  for (const Output& input : b.all_inputs()) {
    operands.push_back(input.value);
    custom.has_mask.push_back(input.mask.has_value());
  }
  for (const Output& input : b.all_inputs())
    if (input.mask) operands.push_back(*input.mask);

  const CustomOutputs shown = example(custom, b.graph, operands);
  std::vector<ValueType> types;
  for (const Tensor& one : tensors_and_masks(shown)) types.push_back({one.shape(), one.dtype()});
  const std::vector<Value> values = ops::callback(
      b.graph, b.layer().class_name, operands, std::move(types),
      [custom = std::move(custom)](std::span<const Tensor> given) { return tensors_and_masks(custom(given)); });
  Outputs outputs;
  std::size_t next_mask = shown.tensors.size();
  for (std::size_t k = 0; k < shown.tensors.size(); ++k) {
    const int rank = shown.tensors[k].shape().rank() - 1;
    const bool is_alike = b.inputs() > 0 && static_cast<int>(b.axes().size()) == rank;
    outputs.push_back({values[k], is_alike ? b.axes() : usual_axes(rank)});
    if (shown.masks[k]) outputs.back().mask = values[next_mask++];
  }
  return outputs;
}

}  // namespace kerascope
