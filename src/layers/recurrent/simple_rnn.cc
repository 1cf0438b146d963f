// A cell without gates. (N, T, I) -> (N, units)
#include "layers/recurrent/cell.h"
#include "layers/registry.h"
#include "ops/dense.h"

namespace kerascope::layers {
namespace {

Cell cell_of(const auto& layer) {
  const auto step = [&layer](const Cell& cell, Build& b, Value x, const std::vector<Value>& states) -> Step {
    const Value h = cell.drops_states(b) ? dropped(b, states[0], cell.recurrent_dropout, 0) : states[0];
    const Value sum = plus(b, x, ops::dense(b.graph, h, cell.recurrent_kernel(b), {}));
    const Value hidden = activate(b, sum, layer.activation);
    return {.output = hidden, .states = {hidden}};
  };
  return Cell::of(layer, {.step = step});
}

}  // namespace

void fields(of<SimpleRNNCell> auto& layer, auto&& field) { cell_fields(layer, field); }
std::vector<Shape> states(const SimpleRNNCell& layer, Build& b) { return state_shapes(cell_of(layer), b); }
Outputs build(const SimpleRNNCell& layer, Build& b) { return build_cell(cell_of(layer), b); }

void fields(of<SimpleRNN> auto& layer, auto&& field) {
  cell_fields(layer, field);
  over_time_fields(layer, field);
}
MaskRule mask_rule(const SimpleRNN&) { return MaskRule::kOwn; }
Outputs build(const SimpleRNN& layer, Build& b) { return build_over_time(cell_of(layer), over_time_options(layer), b); }

const Register<SimpleRNNCell> registered_cell{"SimpleRNNCell"};
const Register<SimpleRNN> registered{"SimpleRNN"};

}  // namespace kerascope::layers
