// A cell whose state one gate keeps or replaces, and another one resets. (N, T, I) -> (N, units)
#include "layers/recurrent/gates.h"
#include "layers/recurrent/over_time.h"
#include "layers/registry.h"
#include "ops/dense.h"
#include "ops/reshape.h"
#include "ops/slice.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

/// Update, reset, candidate: the order of the weights' parts.
Gates gates_of(const GRUCell& layer) { return Gates::of(layer, 3); }

Shape bias_shape(const GRUCell& layer) {
  const std::int64_t width = gates_of(layer).width();
  return layer.reset_after ? Shape{2, width} : Shape{width};
}

/// Of the input's product, or of the state's; nothing if there is none.
enum class BiasOf { kInput, kState };
std::optional<Value> bias(const GRUCell& layer, Build& b, BiasOf of) {
  if (!layer.use_bias || (of == BiasOf::kState && !layer.reset_after)) return {};
  const Value both = b.weight("bias", bias_shape(layer));
  if (!layer.reset_after) return both;
  const std::int64_t width = gates_of(layer).width();
  const Value row = ops::slice(b.graph, both, {{.start = of == BiasOf::kInput ? 0 : 1, .size = 1}, {.size = width}});
  return ops::reshape(b.graph, row, {width});
}

Value projected(const GRUCell& layer, Build& b, Value x) {
  return projected(gates_of(layer), b, x, bias(layer, b, BiasOf::kInput));
}

Step step(const GRUCell& layer, Build& b, Value x, Value h) {
  const Gates gates = gates_of(layer);
  const std::int64_t units = layer.units;
  const Value kernel = recurrent_kernel(gates, b);
  const std::optional<Value> state_bias = bias(layer, b, BiasOf::kState);
  const bool drops = gates.drops_states(b);
  /// Parts [begin, end) of state . U + b.
  const auto product = [&](Value state, std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * units, size = (end - begin) * units;
    const auto own_bias = state_bias ? std::optional(columns(b, *state_bias, from, size)) : std::nullopt;
    return ops::dense(b.graph, state, columns(b, kernel, from, size), own_bias);
  };
  // Without masks, which differ from gate to gate, one product serves all.
  std::optional<Value> together;
  if (!drops) together = product(h, 0, layer.reset_after ? 3 : 2);
  const auto state_part = [&](std::int64_t part) {
    return drops ? product(dropped_state(gates, b, h, part), part, part + 1)
                 : columns(b, *together, part * units, units);
  };
  const auto gate = [&](std::int64_t part) {
    return activate(b, plus(b, columns(b, x, part * units, units), state_part(part)), layer.recurrent_activation);
  };
  const Value update = gate(0), reset = gate(1);
  const Value seen = layer.reset_after ? times(b, reset, state_part(2))
                                       : product(times(b, reset, drops ? dropped_state(gates, b, h, 2) : h), 2, 3);
  const Value candidate = activate(b, plus(b, columns(b, x, 2 * units, units), seen), layer.activation);
  const Value share = ops::unary(b.graph, update, ops::Unary::kAffine, {.a = -1, .b = 1});
  const Value hidden = plus(b, times(b, update, h), times(b, share, candidate));
  return {.output = hidden,
          .states = {hidden},
          .taps = {{"update_gate", {update, "C"}},
                   {"reset_gate", {reset, "C"}},
                   {"candidate", {candidate, "C"}},
                   {"hidden_state", {hidden, "C"}}}};
}

void gru_fields(auto& layer, auto& field) {
  cell_fields(layer, field);
  field("recurrent_activation", layer.recurrent_activation);
  // Before there was the argument, the gate acted in front of the product.
  if constexpr (requires { field.keras_major(); })
    if (field.keras_major() < 3 && !field.has("reset_after")) layer.reset_after = false;
  field("reset_after", layer.reset_after);
}

GRUCell cell_of(const GRU& layer) {
  return {.units = layer.units,
          .activation = layer.activation,
          .recurrent_activation = layer.recurrent_activation,
          .use_bias = layer.use_bias,
          .dropout = layer.dropout,
          .recurrent_dropout = layer.recurrent_dropout,
          .reset_after = layer.reset_after};
}

}  // namespace

void fields(of<GRUCell> auto& layer, auto&& field) { gru_fields(layer, field); }

std::vector<Shape> states(const GRUCell& layer, Build& b) { return {{b.shape()[0], layer.units}}; }

Outputs build(const GRUCell& layer, Build& b) {
  b.require_rank(2);
  create_weights(gates_of(layer), b, b.shape().back(), bias_shape(layer));
  Step done = step(layer, b, projected(layer, b, b.input()), b.input(1));
  for (auto& [name, output] : done.taps) b.tap(name, std::move(output));
  return {{done.output, "C"}, {done.states[0], "C"}};
}

void fields(of<GRU> auto& layer, auto&& field) {
  gru_fields(layer, field);
  over_time_fields(layer, field);
  field.ignored("time_major");
  field.ignored("use_cudnn");
}

MaskRule mask_rule(const GRU&) { return MaskRule::kOwn; }

Outputs build(const GRU& layer, Build& b) {
  b.require_rank(3);
  const GRUCell cell = cell_of(layer);
  Build part = b.within("cell");
  create_weights(gates_of(cell), part, b.shape().back(), bias_shape(cell));
  const Value x = projected(cell, part, b.input());
  const auto build_step = [&](InnerGraph& inner, Value slice, const std::vector<Value>& states) {
    Build of_step = b.within("cell", &inner);
    return step(cell, of_step, slice, states[0]);
  };
  return over_time(b, over_time_options(layer), x, {{b.shape()[0], layer.units}}, build_step);
}

const Register<GRUCell> registered_cell{"GRUCell"};
const Register<GRU> registered{"GRU"};

}  // namespace kerascope::layers
