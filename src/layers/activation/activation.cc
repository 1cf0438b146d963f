// activation(x): (...) -> (...). The functions of keras.activations.
#include "kerascope/layers/activation.h"

#include "base/text.h"
#include "kerascope/error.h"
#include "layers/registry.h"
#include "layers/stand_in.h"
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

[[noreturn]] void unknown_activation(const Build& build, const std::string& name) {
  std::vector<std::string> names = {"linear", "softmax", "log_softmax", "sparsemax", "glu"};
  for (const Named& known : kElementwise) names.emplace_back(known.name);
  throw Error({.code = "activation-unknown",
               .what = fmt::format("layer '{}' ({}) has the activation '{}', which Kerascope cannot compute",
                                   build.layer().name, build.layer().class_name, name),
               .where = build.layer().place,
               .hint = text::did_you_mean(name, names)});
}

/// A function of keras.activations; nothing if there is none of that name.
std::optional<Value> named(Build& build, Value x, std::string_view name) {
  // "keras.activations>relu" and "keras.layers.relu" name the same function.
  if (const auto last = name.find_last_of(".>"); last != name.npos) name.remove_prefix(last + 1);
  if (name == "linear") return x;
  if (name == "softmax") return ops::softmax(build.graph, x);
  if (name == "log_softmax") return ops::log_softmax(build.graph, x);
  if (name == "sparsemax") return ops::sparsemax(build.graph, x);
  if (name == "glu") return ops::glu(build.graph, x);
  // Keras 3 changed the formula; the version that wrote the file counts.
  if (name == "hard_sigmoid" && build.keras_major() < 3) return ops::unary(build.graph, x, Unary::kHardSigmoidOld);
  for (const Named& known : kElementwise)
    if (known.name == name) return ops::unary(build.graph, x, known.function, known.options);
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
  return layer_as_activation(build, x, activation);  // in Keras 2 a layer's name is enough
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
