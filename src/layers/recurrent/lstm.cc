// A cell that forgets a part of its state, adds to it, and shows a part of it, each through a gate.
// (N, T, I) -> (N, units)
#include "layers/recurrent/lstm.h"
#include "layers/registry.h"
#include "ops/dense.h"

namespace kerascope::layers {
namespace {

Step step(const auto& layer, const Cell& cell, Build& b, Value x, Value h, Value c) {
  const auto product = [&](Value state, Value kernel) { return ops::dense(b.graph, state, kernel, {}); };
  const float dropout = cell.drops_states(b) ? layer.recurrent_dropout : 0;
  const Value z = plus(b, x, product_of_parts(b, h, cell.recurrent_kernel(b), dropout, 0, product));
  return lstm_step(
      layer, b, c, [&](std::int64_t part) { return columns(b, z, part * layer.units, layer.units); }, "C");
}

Cell cell_of(const auto& layer) {
  return Cell::of(layer, {.gates = 4,
                          .states = 2,
                          .step = [&layer](const Cell& cell, Build& b, Value x, const std::vector<Value>& states) {
                            return step(layer, cell, b, x, states[0], states[1]);
                          }});
}

}  // namespace

void fields(of<LSTMCell> auto& layer, auto&& field) {
  cell_fields(layer, field);
  gate_fields(layer, field);
}
std::vector<Shape> states(const LSTMCell& layer, Build& b) { return state_shapes(cell_of(layer), b); }
Outputs build(const LSTMCell& layer, Build& b) { return build_cell(cell_of(layer), b); }

void fields(of<LSTM> auto& layer, auto&& field) {
  cell_fields(layer, field);
  gate_fields(layer, field);
  over_time_fields(layer, field);
  field.ignored("use_cudnn");
}
MaskRule mask_rule(const LSTM&) { return MaskRule::kOwn; }
Outputs build(const LSTM& layer, Build& b) { return build_over_time(cell_of(layer), over_time_options(layer), b); }

const Register<LSTMCell> registered_cell{"LSTMCell"};
const Register<LSTM> registered{"LSTM"};

}  // namespace kerascope::layers
