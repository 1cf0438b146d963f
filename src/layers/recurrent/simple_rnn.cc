// A cell without gates. (N, T, I) -> (N, units)
#include "layers/recurrent/gates.h"
#include "layers/recurrent/over_time.h"
#include "layers/registry.h"
#include "ops/dense.h"

namespace kerascope::layers {
namespace {

Gates gates_of(const SimpleRNNCell& layer) { return Gates::of(layer, 1); }

Value projected(const SimpleRNNCell& layer, Build& b, Value x) {
  std::optional<Value> bias;
  if (layer.use_bias) bias = b.weight("bias", {layer.units});
  return projected(gates_of(layer), b, x, bias);
}

Step step(const SimpleRNNCell& layer, Build& b, Value x, Value h) {
  const Gates gates = gates_of(layer);
  const Value before = gates.drops_states(b) ? dropped_state(gates, b, h, 0) : h;
  const Value sum = plus(b, x, ops::dense(b.graph, before, recurrent_kernel(gates, b), {}));
  const Value hidden = activate(b, sum, layer.activation);
  return {.output = hidden, .states = {hidden}};
}

SimpleRNNCell cell_of(const SimpleRNN& layer) {
  return {.units = layer.units,
          .activation = layer.activation,
          .use_bias = layer.use_bias,
          .dropout = layer.dropout,
          .recurrent_dropout = layer.recurrent_dropout};
}

}  // namespace

void fields(of<SimpleRNNCell> auto& layer, auto&& field) { cell_fields(layer, field); }

std::vector<Shape> states(const SimpleRNNCell& layer, Build& b) { return {{b.shape()[0], layer.units}}; }

Outputs build(const SimpleRNNCell& layer, Build& b) {
  b.require_rank(2);
  create_weights(gates_of(layer), b, b.shape().back(), {layer.units});
  const Step done = step(layer, b, projected(layer, b, b.input()), b.input(1));
  return {{done.output, "C"}, {done.states[0], "C"}};
}

void fields(of<SimpleRNN> auto& layer, auto&& field) {
  cell_fields(layer, field);
  over_time_fields(layer, field);
  field.ignored("time_major");
}

MaskRule mask_rule(const SimpleRNN&) { return MaskRule::kOwn; }

Outputs build(const SimpleRNN& layer, Build& b) {
  b.require_rank(3);
  const SimpleRNNCell cell = cell_of(layer);
  Build part = b.within("cell");
  create_weights(gates_of(cell), part, b.shape().back(), {layer.units});
  const Value x = projected(cell, part, b.input());
  const auto build_step = [&](InnerGraph& inner, Value slice, const std::vector<Value>& states) {
    Build of_step = b.within("cell", &inner);
    return step(cell, of_step, slice, states[0]);
  };
  return over_time(b, over_time_options(layer), x, {{b.shape()[0], layer.units}}, build_step);
}

const Register<SimpleRNNCell> registered_cell{"SimpleRNNCell"};
const Register<SimpleRNN> registered{"SimpleRNN"};

}  // namespace kerascope::layers
