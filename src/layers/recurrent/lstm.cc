// A cell that forgets a part of its state, adds to it, and shows a part of it, each through a gate.
// (N, T, I) -> (N, units)
#include "layers/recurrent/cell.h"
#include "layers/registry.h"
#include "ops/dense.h"

namespace kerascope::layers {
namespace {

Step step(const auto& layer, const Cell& own, Build& b, Value z, Value h, Value c) {
  const Value kernel = own.recurrent_kernel(b);
  const bool drops = own.drops_states(b);
  if (!drops) z = plus(b, z, ops::dense(b.graph, h, kernel, {}));
  const auto gate = [&](std::int64_t part, const ActivationFunction& function) {
    const std::int64_t begin = part * layer.units;
    Value sum = columns(b, z, begin, layer.units);
    if (drops)
      sum =
          plus(b, sum, ops::dense(b.graph, dropped_state(own, b, h, part), columns(b, kernel, begin, layer.units), {}));
    return activate(b, sum, function);
  };
  // In the order of the kernels' parts.
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

Cell cell_of(const auto& layer) {
  return Cell::of(layer, {.gates = 4,
                          .states = 2,
                          .step = [&layer](const Cell& cell, Build& b, Value x, const std::vector<Value>& states) {
                            return step(layer, cell, b, x, states[0], states[1]);
                          }});
}

void lstm_fields(auto& layer, auto& field) {
  cell_fields(layer, field);
  field("recurrent_activation", layer.recurrent_activation);
  field.ignored("unit_forget_bias");
}

}  // namespace

void fields(of<LSTMCell> auto& layer, auto&& field) { lstm_fields(layer, field); }
std::vector<Shape> states(const LSTMCell& layer, Build& b) { return state_shapes(cell_of(layer), b); }
Outputs build(const LSTMCell& layer, Build& b) { return build_cell(cell_of(layer), b); }

void fields(of<LSTM> auto& layer, auto&& field) {
  lstm_fields(layer, field);
  over_time_fields(layer, field);
  field.ignored("use_cudnn");
}
MaskRule mask_rule(const LSTM&) { return MaskRule::kOwn; }
Outputs build(const LSTM& layer, Build& b) { return build_over_time(cell_of(layer), over_time_options(layer), b); }

const Register<LSTMCell> registered_cell{"LSTMCell"};
const Register<LSTM> registered{"LSTM"};

}  // namespace kerascope::layers
