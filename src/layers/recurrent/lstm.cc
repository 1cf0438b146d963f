// A cell with a state that it forgets, adds to and shows a part of, each by a gate. (N, T, I) -> (N, units)
#include "layers/recurrent/over_time.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "ops/binary.h"
#include "ops/dense.h"
#include "ops/slice.h"
#include "ops/random.h"

namespace kerascope::layers {
namespace {

constexpr std::int64_t kGates = 4;  ///< input, forget, candidate, output: the order of the weights' parts

Value plus(Build& b, Value left, Value right) { return ops::binary(b.graph, left, right, ops::Binary::kAdd); }
Value times(Build& b, Value left, Value right) { return ops::binary(b.graph, left, right, ops::Binary::kMultiply); }

/// One of equal parts of the last axis.
Value part_of(Build& b, Value x, std::int64_t part, std::int64_t size) {
  std::vector<ops::SliceAxis> axes;
  for (const std::int64_t whole : b.graph.shape(x)) axes.push_back({.size = whole});
  axes.back() = {.start = part * size, .size = size};
  return ops::slice(b.graph, x, std::move(axes));
}

/// The weights' needs in Keras's order, whichever graphs read them.
void create_weights(const LSTMCell& layer, Build& b, std::int64_t inputs) {
  b.require_at_least(1, "units", layer.units);
  require_share(b, "dropout", layer.dropout);
  require_share(b, "recurrent_dropout", layer.recurrent_dropout);
  b.weight("kernel", {inputs, kGates * layer.units});
  b.weight("recurrent_kernel", {layer.units, kGates * layer.units});
  if (layer.use_bias) b.weight("bias", {kGates * layer.units});
}

/// What a step adds to its gates whatever the states are: (.., I) -> (.., 4 units).
Value projected(const LSTMCell& layer, Build& b, Value x) {
  const Shape& shape = b.graph.shape(x);
  std::optional<Value> bias;
  const Value kernel = b.weight("kernel", {shape.back(), kGates * layer.units});
  if (layer.use_bias) bias = b.weight("bias", {kGates * layer.units});
  if (b.random() && layer.dropout > 0) {
    Shape mask(std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 1));
    mask[0] = shape[0];
    mask[shape.rank() - 1] = shape.back();
    x = times(b, x, keep_mask(b, mask, layer.dropout));
  }
  return ops::dense(b.graph, x, kernel, bias);
}

/// h . U, with a mask of its own for each gate if h is dropped.
Value recurrent(const LSTMCell& layer, Build& b, Value h, std::int64_t gate) {
  const Value kernel = b.weight("recurrent_kernel", {layer.units, kGates * layer.units});
  const Value mask = ops::random(b.graph, b.graph.shape(h),
                                 {.distribution = ops::Distribution::kKeepMask,
                                  .a = layer.recurrent_dropout,
                                  .key = b.random_key() + 1 + static_cast<std::uint64_t>(gate)});
  return ops::dense(b.graph, times(b, h, mask), part_of(b, kernel, gate, layer.units), {});
}

Step step(const LSTMCell& layer, Build& b, Value z, Value h, Value c) {
  const bool drops = b.random() && layer.recurrent_dropout > 0;
  if (!drops) {
    const Value kernel = b.weight("recurrent_kernel", {layer.units, kGates * layer.units});
    z = plus(b, z, ops::dense(b.graph, h, kernel, {}));
  }
  const auto gate = [&](std::int64_t part, const ActivationFunction& function) {
    Value own = part_of(b, z, part, layer.units);
    if (drops) own = plus(b, own, recurrent(layer, b, h, part));
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

void cell_fields(auto& layer, auto& field) {
  field.required("units", layer.units);
  field("activation", layer.activation);
  field("recurrent_activation", layer.recurrent_activation);
  field("use_bias", layer.use_bias);
  field.ignored("unit_forget_bias");
  field("dropout", layer.dropout);
  field("recurrent_dropout", layer.recurrent_dropout);
  field.ignored("seed");
  field.ignored("implementation");
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

void fields(of<LSTMCell> auto& layer, auto&& field) { cell_fields(layer, field); }

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
  cell_fields(layer, field);
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
