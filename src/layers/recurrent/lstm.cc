// A cell with a state that it forgets, adds to and shows a part of, each by a gate. (N, T, I) -> (N, units)
#include "layers/recurrent/gates.h"
#include "layers/recurrent/over_time.h"
#include "layers/registry.h"
#include "ops/dense.h"

namespace kerascope::layers {
namespace {

/// Input, forget, candidate, output: the order of the weights' parts.
Gates gates_of(const LSTMCell& layer) { return Gates::of(layer, 4); }

void create_weights(const LSTMCell& layer, Build& b, std::int64_t inputs) {
  create_weights(gates_of(layer), b, inputs, {gates_of(layer).width()});
}

Value projected(const LSTMCell& layer, Build& b, Value x) {
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {gates_of(layer).width()});
  return projected(gates_of(layer), b, x, bias);
}

Step step(const LSTMCell& layer, Build& b, Value z, Value h, Value c) {
  const Gates gates = gates_of(layer);
  const Value kernel = recurrent_kernel(gates, b);
  const bool drops = gates.drops_states(b);
  if (!drops) z = plus(b, z, ops::dense(b.graph, h, kernel, {}));
  const auto gate = [&](std::int64_t part, const ActivationFunction& function) {
    const std::int64_t begin = part * layer.units;
    Value own = columns(b, z, begin, layer.units);
    if (drops)
      own = plus(b, own,
                 ops::dense(b.graph, dropped_state(gates, b, h, part), columns(b, kernel, begin, layer.units), {}));
    return activate(b, own, function);
  };
  const Value input = gate(0, layer.recurrent_activation), forget = gate(1, layer.recurrent_activation),
              candidate = gate(2, layer.activation), output = gate(3, layer.recurrent_activation);
  const Value cell = plus(b, times(b, forget, c), times(b, input, candidate));
  const Value hidden = times(b, output, activate(b, cell, layer.activation));
  return {.output = hidden,
          .states = {hidden, cell},
          .taps = {{"input_gate", {input, "C"}},
                   {"forget_gate", {forget, "C"}},
                   {"candidate", {candidate, "C"}},
                   {"output_gate", {output, "C"}},
                   {"cell_state", {cell, "C"}},
                   {"hidden_state", {hidden, "C"}}}};
}

void lstm_fields(auto& layer, auto& field) {
  cell_fields(layer, field);
  field("recurrent_activation", layer.recurrent_activation);
  field.ignored("unit_forget_bias");
}

LSTMCell cell_of(const LSTM& layer) {
  return {.units = layer.units,
          .activation = layer.activation,
          .recurrent_activation = layer.recurrent_activation,
          .use_bias = layer.use_bias,
          .dropout = layer.dropout,
          .recurrent_dropout = layer.recurrent_dropout};
}

}  // namespace

void fields(of<LSTMCell> auto& layer, auto&& field) { lstm_fields(layer, field); }

std::vector<Shape> states(const LSTMCell& layer, Build& b) {
  return {{b.shape()[0], layer.units}, {b.shape()[0], layer.units}};
}

Outputs build(const LSTMCell& layer, Build& b) {
  b.require_rank(2);
  create_weights(layer, b, b.shape().back());
  Step done = step(layer, b, projected(layer, b, b.input()), b.input(1), b.input(2));
  for (auto& [name, output] : done.taps) b.tap(name, std::move(output));
  return {{done.output, "C"}, {done.states[0], "C"}, {done.states[1], "C"}};
}

void fields(of<LSTM> auto& layer, auto&& field) {
  lstm_fields(layer, field);
  over_time_fields(layer, field);
  field.ignored("time_major");
  field.ignored("use_cudnn");
}

MaskRule mask_rule(const LSTM&) { return MaskRule::kOwn; }

Outputs build(const LSTM& layer, Build& b) {
  b.require_rank(3);
  const LSTMCell cell = cell_of(layer);
  Build part = b.within("cell");
  create_weights(cell, part, b.shape().back());
  const Value z = projected(cell, part, b.input());
  const Shape state = {b.shape()[0], layer.units};
  const auto build_step = [&](InnerGraph& inner, Value slice, const std::vector<Value>& states) {
    Build of_step = b.within("cell", &inner);
    return step(cell, of_step, slice, states[0], states[1]);
  };
  return over_time(b, over_time_options(layer), z, {state, state}, build_step);
}

const Register<LSTMCell> registered_cell{"LSTMCell"};
const Register<LSTM> registered{"LSTM"};

}  // namespace kerascope::layers
