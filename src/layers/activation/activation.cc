// activation(x): (...) -> (...). The functions of keras.activations.
#include "kerascope/layers/activation.h"

#include <span>

#include "base/text.h"
#include "kerascope/error.h"
#include "layers/operations/call.h"
#include "layers/registry.h"
#include "layers/stand_in.h"
#include "ops/binary.h"
#include "ops/glu.h"
#include "ops/softmax.h"
#include "ops/sparsemax.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

using ops::Unary;

struct Named {
  std::string_view name;
  Unary function;
  ops::UnaryOptions options = {};
};

// The parameters are the defaults of keras.activations.
constexpr Named kElementwise[] = {
    {"relu", Unary::kRelu},
    {"relu6", Unary::kRelu, {.max_value = 6}},
    {"leaky_relu", Unary::kRelu, {.negative_slope = 0.2f}},
    {"sigmoid", Unary::kSigmoid},
    {"tanh", Unary::kTanh},
    {"silu", Unary::kSilu},
    {"swish", Unary::kSilu},
    {"elu", Unary::kElu, {.a = 1}},
    {"selu", Unary::kSelu},
    {"celu", Unary::kCelu, {.a = 1}},
    {"exponential", Unary::kExp},
    {"gelu", Unary::kGeluExact},
    {"hard_sigmoid", Unary::kHardSigmoid},
    {"hard_silu", Unary::kHardSilu},
    {"hard_swish", Unary::kHardSilu},
    {"_hard_swish", Unary::kHardSilu},  // of models that had their own before Keras did
    {"gelu_new", Unary::kGeluTanh},     // the same, in transformers
    {"hard_tanh", Unary::kHardTanh},
    {"hard_shrink", Unary::kHardShrink, {.a = 0.5f}},
    {"soft_shrink", Unary::kSoftShrink, {.a = 0.5f}},
    {"tanh_shrink", Unary::kTanhShrink},
    {"log_sigmoid", Unary::kLogSigmoid},
    {"mish", Unary::kMish},
    {"softplus", Unary::kSoftplus},
    {"softsign", Unary::kSoftsign},
    {"sparse_plus", Unary::kSparsePlus},
    {"sparse_sigmoid", Unary::kSparseSigmoid},
    {"squareplus", Unary::kSquareplus, {.a = 4}},
};

/// Functions of other packages that are well known by these names; they stand in files as their authors named them.
constexpr Named kOfOthers[] = {
    {"_hard_swish", Unary::kHardSilu},
    {"h_swish", Unary::kHardSilu},
    {"gelu_new", Unary::kGeluTanh},
    {"gelu_fast", Unary::kGeluTanh},
    {"gelu_approximate", Unary::kGeluTanh},
    {"approximate_gelu", Unary::kGeluTanh},
    {"keras_hub>gelu_approximate", Unary::kGeluTanh},
    {"keras_nlp>gelu_approximate", Unary::kGeluTanh},
    {"Addons>mish", Unary::kMish},
    {"Addons>tanhshrink", Unary::kTanhShrink},
    {"Addons>hardshrink", Unary::kHardShrink, {.a = 0.5f}},
    {"Addons>softshrink", Unary::kSoftShrink, {.a = 0.5f}},
};

[[noreturn]] void unknown_activation(const Build& build, const std::string& name) {
  std::vector<std::string> names = {"linear", "softmax", "log_softmax", "sparsemax", "glu"};
  for (const Named& known : kElementwise) names.emplace_back(known.name);
  throw Error({.code = "activation-unknown",
               .what = fmt::format("layer '{}' ({}) has the activation '{}', which Kerascope cannot compute",
                                   build.layer().name, build.layer().class_name, name),
               .where = build.layer().place,
               .hint = text::did_you_mean(name, names)});
}

/// x * sigmoid(1.702 x), an older approximation of gelu.
Value quick_gelu(Build& build, Value x) {
  const Value gate =
      ops::unary(build.graph, ops::unary(build.graph, x, Unary::kAffine, {.a = 1.702f}), Unary::kSigmoid);
  return ops::binary(build.graph, x, gate, ops::Binary::kMultiply);
}

/// "keras.activations>relu" and "keras.layers.relu" name the same function of Keras. "mine>relu" is a user's own, and
/// stays as it is.
std::string_view without_keras(std::string_view name) {
  const auto last = name.find_last_of(".>");
  if (last == name.npos) return name;
  const std::string_view package = name.substr(0, name.find_first_of(".>"));
  const bool is_keras = package == "keras" || package == "tf_keras" || package == "tensorflow" || package == "tf";
  return is_keras ? name.substr(last + 1) : name;
}

/// A function by its name in a file; nothing if none of that name is known.
std::optional<Value> named(Build& build, Value x, const std::string& in_file) {
  const std::string_view name = without_keras(in_file);
  if (name == "linear") return x;
  if (name == "softmax") return ops::softmax(build.graph, x);
  if (name == "log_softmax") return ops::log_softmax(build.graph, x);
  if (name == "sparsemax" || name == "Addons>sparsemax") return ops::sparsemax(build.graph, x);
  if (name == "glu") return ops::glu(build.graph, x);
  if (name == "quick_gelu") return quick_gelu(build, x);
  // Keras 3 changed the formula; the version that wrote the file counts.
  if (name == "hard_sigmoid" && build.keras_major() < 3) return ops::unary(build.graph, x, Unary::kHardSigmoidOld);
  for (const std::span<const Named> known : {std::span<const Named>(kElementwise), std::span<const Named>(kOfOthers)})
    for (const Named& function : known)
      if (function.name == name) return ops::unary(build.graph, x, function.function, function.options);
  return {};
}

/// A layer given as activation: built in its place; it cannot have weights.
Value layer_as_activation(Build& build, Value x, const ActivationFunction& activation) {
  LayerData stand_in;
  stand_in.name = build.layer().name;
  stand_in.class_name = activation.name;
  stand_in.config = Json::parse(activation.config, nullptr, false);
  stand_in.place = build.layer().place;
  const std::vector<Output> inputs = {{x, usual_axes(build.graph.shape(x).rank() - 1)}};
  const std::optional<Outputs> outputs = build_inside(build, stand_in, inputs);
  if (!outputs || outputs->size() != 1) unknown_activation(build, activation.name);
  return outputs->front().value;
}

}  // namespace

Value activate(Build& build, Value x, const ActivationFunction& activation) {
  if (activation.config.empty())
    if (const std::optional<Value> y = named(build, x, activation.name)) return *y;
  // In Keras 2 a layer's name is enough; any function of keras.ops can be an activation, too.
  if (activation.config.empty() && !find_layer_type(activation.name))
    if (const std::optional<Value> y = operations::function_of(build, x, activation.name)) return *y;
  return layer_as_activation(build, x, activation);
}

Outputs activated(Build& build, Value x, const ActivationFunction& activation, const std::string& axes) {
  const Value y = activate(build, x, activation);
  if (y != x) build.tap("pre_activation", {x, axes});
  return build.with_axes(y, axes);
}

void fields(of<Activation> auto& layer, auto&& field) { field.required("activation", layer.activation); }

MaskRule mask_rule(const Activation&) { return MaskRule::kPasses; }

Outputs build(const Activation& layer, Build& b) { return b.same_axes(activate(b, b.input(), layer.activation)); }

const Register<Activation> registered{"Activation"};

}  // namespace kerascope::layers
