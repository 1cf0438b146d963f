#include "inputs/own_scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "kerascope/error.h"
#include "model/json.h"
#include "model/lambda/lambda.h"
#include "model/topological_order.h"

namespace kerascope {
namespace {

bool is_one_of(std::string_view name, std::string_view names) {
  for (std::size_t at = names.find(name); at != names.npos; at = names.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || names[at - 1] == ' ') && (end == names.size() || names[end] == ' ')) return true;
  }
  return false;
}

/// Layers that change no number at inference; they may only move, repeat or drop numbers.
constexpr std::string_view kMovingLayers =
    "InputLayer Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout AlphaDropout "
    "ActivityRegularization Identity Reshape Flatten Permute RepeatVector Masking ZeroPadding1D ZeroPadding2D "
    "ZeroPadding3D Cropping1D Cropping2D Cropping3D UpSampling1D UpSampling2D UpSampling3D Resizing CenterCrop AugMix "
    "AutoContrast CutMix Equalization MixUp RandAugment Solarization";
constexpr std::string_view kMovingOperations =
    "Copy Identity StopGradient Cast Reshape Transpose ExpandDims Squeeze Concatenate Stack Flip Split GetItem "
    "tf.identity tf.stop_gradient tf.cast tf.reshape tf.transpose tf.compat.v1.transpose tf.expand_dims tf.squeeze "
    "tf.compat.v1.squeeze tf.concat tf.stack tf.reverse tf.split tf.__operators__.getitem tf.image.resize";
/// Elementwise operations that are not of the form y = ax + b.
constexpr std::string_view kElementwiseOperations =
    "Abs Absolute Square Sqrt Rsqrt Exp Log Reciprocal Clip Power Maximum Minimum Relu Relu6 ReLU Sigmoid Tanh "
    "tf.math.abs tf.math.square tf.math.sqrt tf.math.rsqrt tf.math.exp tf.math.log tf.math.reciprocal "
    "tf.clip_by_value tf.math.pow tf.math.maximum tf.math.minimum tf.nn.relu tf.nn.relu6 tf.math.sigmoid tf.math.tanh "
    "tf.image.per_image_standardization";
/// Statistics, as in x - mean(x).
constexpr std::string_view kStatistics =
    "Mean Max Amax Sum Min Amin Var Std tf.math.reduce_mean tf.math.reduce_max tf.math.reduce_sum tf.math.reduce_min "
    "tf.math.reduce_variance tf.math.reduce_std";

constexpr std::string_view kAdd = "Add tf.math.add tf.__operators__.add tf.nn.bias_add";
constexpr std::string_view kSubtract = "Subtract tf.math.subtract";
constexpr std::string_view kMultiply = "Multiply tf.math.multiply";
constexpr std::string_view kDivide = "Divide TrueDivide tf.math.divide tf.math.truediv";

/// A tensor that depends elementwise on one input.
struct Reached {
  std::size_t input = 0;
  std::vector<OwnScaling::Step> steps;
  Affine known;
  bool is_known = true;
  bool is_statistic = false;  ///< it is a statistic of these numbers, such as a mean
};
using MaybeReached = std::optional<Reached>;

std::string operation_name(const LayerData& layer) {
  if (layer.class_name == "TFOpLambda" || layer.class_name == "SlicingOpLambda")
    return "tf." + text_or(layer.config, "function", "?");
  return layer.class_name;
}

/// The mean of the numbers in nested lists or in a NumPy array as Keras stores it.
std::optional<double> mean_of(const Json& given) {
  const Json& value = given.is_object() ? member(member(given, "config"), "value") : given;
  if (value.is_number()) return value.get<double>();
  if (!value.is_array() || value.empty()) return {};
  double sum = 0;
  for (const Json& item : value) {
    const auto inner = mean_of(item);
    if (!inner) return {};
    sum += *inner;
  }
  return sum / static_cast<double>(value.size());
}

std::optional<double> mean_of(const StoredWeight* weight) {
  if (!weight || !weight->read) return {};
  try {
    const Tensor numbers = weight->read().astype(DType::kFloat32);
    if (numbers.size() == 0) return {};
    return std::accumulate(numbers.numbers().begin(), numbers.numbers().end(), 0.0) /
           static_cast<double>(numbers.size());
  } catch (const Error&) {
    return {};  // the layer that needs the weight reports this
  }
}

std::optional<Affine> affine_of(double scale, double offset) {
  if (!std::isfinite(scale) || !std::isfinite(offset) || scale == 0) return {};
  return Affine{scale, offset};
}

std::optional<Affine> rescaling(const LayerData& layer) {
  const Json& offset = member(layer.config, "offset");
  const auto a = mean_of(member(layer.config, "scale")), b = offset.is_null() ? 0.0 : mean_of(offset);
  return a && b ? affine_of(*a, *b) : std::nullopt;
}

/// In HDF5 the weights of a nested model are one list, with names that begin with the layers' names.
const StoredWeight* weight_of(const LayerData& layer, const std::vector<const LayerData*>& holders, const char* name) {
  for (const StoredWeight& weight : layer.weights)
    if (weight.name.find(name) != weight.name.npos) return &weight;
  const auto place = static_cast<std::size_t>(std::string_view(name) == "variance");  // vars/0, vars/1
  if (layer.weights.size() > place) return &layer.weights[place];
  for (auto holder = holders.rbegin(); holder != holders.rend(); ++holder)
    for (const StoredWeight& weight : (*holder)->weights)
      if (weight.name.find(layer.name + "/" + name) != weight.name.npos) return &weight;
  return nullptr;
}

std::optional<Affine> normalization(const LayerData& layer, const std::vector<const LayerData*>& holders) {
  if (member(layer.config, "invert") == true) return {};
  auto mean = mean_of(member(layer.config, "mean")), variance = mean_of(member(layer.config, "variance"));
  if (!mean) mean = mean_of(weight_of(layer, holders, "mean"));
  if (!variance) variance = mean_of(weight_of(layer, holders, "variance"));
  if (!mean || !variance || *variance <= 0) return {};
  return affine_of(1 / std::sqrt(*variance), -*mean / std::sqrt(*variance));
}

/// The operands of a call in order: positional arguments, then keywords with an operand's name.
std::vector<const Json*> operands(const LayerData& layer, const Call& call) {
  std::vector<const Json*> all;
  for (const Json& argument : call.positional) all.push_back(&argument);
  for (const char* name : {"x1", "x", "value", "x2", "y", "bias"})
    for (const Json* arguments : {&call.keywords, &layer.config})
      if (const Json& argument = member(*arguments, name); !argument.is_null() && all.size() < 2)
        all.push_back(&argument);
  return all;
}

/// The affine function of a call with a tensor and a constant, if it is one.
std::optional<Affine> arithmetic(const LayerData& layer, const Call& call) {
  const std::string name = operation_name(layer);
  if (is_one_of(name, "Negative tf.math.negative")) return Affine{-1, 0};
  const std::vector<const Json*> given = operands(layer, call);
  if (given.size() < 2) return {};
  const auto left = mean_of(*given[0]), right = mean_of(*given[1]);
  if (left.has_value() == right.has_value()) return {};
  const double c = left ? *left : *right;
  if (is_one_of(name, kAdd)) return affine_of(1, c);
  if (is_one_of(name, kSubtract)) return left ? affine_of(-1, c) : affine_of(1, -c);
  if (is_one_of(name, kMultiply)) return affine_of(c, 0);
  if (is_one_of(name, kDivide) && right) return affine_of(1 / c, 0);
  return {};
}

/// The numbers of a constant expression.
std::optional<double> mean_of(const Expression& expression) {
  if (expression.kind == Expression::Kind::kConstant) return mean_of(expression.constant);
  if (expression.name == "np.array" || expression.name == "tf.constant")
    return expression.parts.size() == 1 ? mean_of(expression.parts[0]) : std::nullopt;
  if (expression.kind != Expression::Kind::kList || expression.parts.empty()) return {};
  double sum = 0;
  for (const Expression& part : expression.parts) {
    const auto mean = mean_of(part);
    if (!mean) return {};
    sum += *mean;
  }
  return sum / static_cast<double>(expression.parts.size());
}

/// The affine function of the numbers of x that a Lambda computes; parts of a tensor keep their numbers.
std::optional<Affine> affine_of(const Expression& expression) {
  using Kind = Expression::Kind;
  if (expression.kind == Kind::kVariable) return Affine{1, 0};
  if (expression.kind == Kind::kSubscript) return affine_of(expression.parts[0]);
  if (expression.kind != Kind::kOperator) return {};
  const bool is_sign = expression.parts.size() == 1;
  const auto left = is_sign ? std::optional(0.0) : mean_of(expression.parts[0]),
             right = mean_of(expression.parts.back());
  if (left.has_value() == right.has_value()) return {};
  const auto x = affine_of(expression.parts[left ? expression.parts.size() - 1 : 0]);
  if (!x) return {};
  const double c = left ? *left : *right;
  if (expression.name == "+") return affine_of(x->scale, x->offset + c);
  if (expression.name == "-") return left ? affine_of(-x->scale, c - x->offset) : affine_of(x->scale, x->offset - c);
  if (expression.name == "*") return affine_of(x->scale * c, x->offset * c);
  if (expression.name == "/" && right) return affine_of(x->scale / c, x->offset / c);
  return {};
}

/// Propagates each input's affine function forward through the calls, until a layer learns or mixes numbers.
class AffinePropagation {
 public:
  explicit AffinePropagation(std::size_t inputs) : found_(inputs) {}

  /// @param holders  the nested models around `network`, as layers, the outermost first
  std::vector<MaybeReached> network(const Network& network, const std::vector<MaybeReached>& inputs,
                                    std::vector<const LayerData*> holders) {
    networks_.push_back(&network);
    std::vector<std::vector<std::optional<std::vector<MaybeReached>>>> results(network.layers.size());
    for (std::size_t i = 0; i < results.size(); ++i) results[i].resize(network.layers[i].calls.size() + 1);
    for (std::size_t i = 0; i < network.inputs.size(); ++i)
      results[static_cast<std::size_t>(network.inputs[i].layer)][0] = {i < inputs.size() ? inputs[i] : MaybeReached()};
    const auto tensor = [&](const TensorRef& reference) -> MaybeReached {
      const auto& outputs =
          results[static_cast<std::size_t>(reference.layer)][static_cast<std::size_t>(reference.call)];
      if (!outputs || outputs->empty()) return {};
      // All parts of a split come from the same numbers.
      return static_cast<std::size_t>(reference.output) < outputs->size()
                 ? (*outputs)[static_cast<std::size_t>(reference.output)]
                 : outputs->front();
    };
    for (const auto& [layer_index, call_index] : topological_order(network)) {
      const LayerData& layer = network.layers[static_cast<std::size_t>(layer_index)];
      const Call& call = layer.calls[static_cast<std::size_t>(call_index)];
      std::vector<MaybeReached> given;
      for (const TensorRef& reference : call.inputs) given.push_back(tensor(reference));
      if (std::ranges::none_of(given, [](const MaybeReached& one) { return one.has_value(); })) continue;
      if (visited_ == kMostVisited) break;
      ++visited_;
      results[static_cast<std::size_t>(layer_index)][static_cast<std::size_t>(call_index)] =
          outputs_of(layer, call, given, holders);
    }
    std::vector<MaybeReached> outputs;
    for (const TensorRef& output : network.outputs) outputs.push_back(tensor(output));
    networks_.pop_back();
    return outputs;
  }

  std::vector<OwnScaling> take() { return std::move(found_); }

 private:
  static constexpr int kMostVisited = 100'000;  // nested calls multiply

  std::vector<MaybeReached> outputs_of(const LayerData& layer, const Call& call, const std::vector<MaybeReached>& given,
                                       std::vector<const LayerData*> holders) {
    if (layer.network) {
      holders.push_back(&layer);
      return network(*layer.network, given, std::move(holders));
    }
    const auto first = std::ranges::find_if(given, [](const MaybeReached& one) { return one.has_value(); });
    const bool is_alone =
        std::ranges::all_of(given, [&](const MaybeReached& one) { return one && one->input == (*first)->input; });
    const bool is_own_class = !layer.is_operation && !layer.module.empty() && !is_keras_module(layer.module);
    if (!is_alone || is_own_class) return ends_at(given);
    // Continue from the plain operand: in x - mean(x) the first, in mean(x) * x the second.
    const auto plain = std::ranges::find_if(given, [](const MaybeReached& one) { return !one->is_statistic; });
    Reached reached = plain == given.end() ? **first : **plain;
    const std::string name = layer.is_operation ? operation_name(layer) : layer.class_name;
    const bool moves = layer.is_operation
                           ? is_one_of(name, kMovingOperations)
                           : is_one_of(name, kMovingLayers) || name.starts_with("Random") ||
                                 (name == "Activation" && text_or(layer.config, "activation", "") == "linear");
    if (moves) return {reached};
    std::optional<Affine> affine;
    if (layer.is_operation) {
      if (is_one_of(name, kStatistics)) {
        reached.is_statistic = true;
        return {reached};
      }
      affine = given.size() == 1 ? arithmetic(layer, call) : std::nullopt;
      const bool is_arithmetic =
          affine || std::ranges::any_of(std::initializer_list{kAdd, kSubtract, kMultiply, kDivide},
                                        [&](auto names) { return is_one_of(name, names); });
      if (!is_arithmetic && !is_one_of(name, kElementwiseOperations)) return ends_at(given);
    } else if (name == "Rescaling") {
      affine = rescaling(layer);
    } else if (name == "Normalization") {
      affine = normalization(layer, holders);
    } else if (name == "Lambda") {
      const LambdaMeaning meaning = lambda_meaning(layer.config);
      affine = meaning.expression && given.size() == 1 ? affine_of(*meaning.expression) : std::nullopt;
      if (!affine) return ends_at(given);
      if (affine->scale == 1 && affine->offset == 0) return {reached};
    } else {
      return ends_at(given);
    }
    if (reached.is_statistic) return {reached};
    reached.steps.push_back({&layer, networks_.back()});
    reached.is_known = reached.is_known && affine;
    if (reached.is_known)
      reached.known = {affine->scale * reached.known.scale, affine->scale * reached.known.offset + affine->offset};
    return {reached};
  }

  /// For a layer that learns, mixes numbers, or is unknown: records the steps before it as its inputs' own scaling.
  std::vector<MaybeReached> ends_at(const std::vector<MaybeReached>& given) {
    for (const MaybeReached& one : given) {
      if (!one || one->is_statistic || !found_[one->input].networks.empty()) continue;
      found_[one->input] = {one->steps, one->known, one->is_known, networks_};
    }
    return {};
  }

  std::vector<OwnScaling> found_;
  std::vector<const Network*> networks_;  ///< around the current layer
  int visited_ = 0;
};

/// Limits for a scaling of 0..255 down to some units, and for a centring of pixels around 0.
constexpr double kScalesDown = 1.0 / 16, kLeastMiddle = 20, kGreatestMiddle = 235;

bool scales(const Affine& affine) { return std::abs(affine.scale) <= kScalesDown; }
bool centres(const Affine& affine) {
  const double zero = -affine.offset / affine.scale;
  return zero >= kLeastMiddle && zero <= kGreatestMiddle;
}

/// The affine function that a mode applies to pixels.
Affine affine_of(const Preprocessing& given) {
  const std::vector<float> two = {0, 255};
  const Tensor pixels = Tensor::of({2, 1}, two);
  Preprocessing grey = given;
  for (std::vector<float>* numbers : {&grey.mean, &grey.std})
    if (!numbers->empty())
      *numbers = {std::accumulate(numbers->begin(), numbers->end(), 0.0f) / static_cast<float>(numbers->size())};
  const Tensor prepared = preprocess(pixels, grey);
  const double low = prepared.data()[0], high = prepared.data()[1];
  return {(high - low) / 255, low};
}

}  // namespace

bool OwnScaling::scales_pixels() const { return !steps.empty() && scales(known); }
bool OwnScaling::centres_pixels() const { return !steps.empty() && centres(known); }

std::vector<OwnScaling> own_scalings(const ModelData& model) {
  std::vector<MaybeReached> inputs(model.network.inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = Reached{.input = i, .steps = {}, .known = {}};
  AffinePropagation propagation(inputs.size());
  propagation.network(model.network, inputs, {});
  return propagation.take();
}

bool is_scaled_twice(const OwnScaling& own, const Preprocessing& given) {
  const Affine mode = affine_of(given);
  if (own.scales_pixels() && scales(mode)) return true;
  return own.centres_pixels() && (scales(mode) || centres(mode));
}

std::string own_text(const OwnScaling& own) {
  const LayerData& layer = *own.steps.at(0).layer;
  return fmt::format("the model's own {} '{}'", layer.is_operation ? "operation" : "layer", layer.name);
}

}  // namespace kerascope
