// A cell with one gate that keeps or replaces its state, and one that resets it. (N, T, I) -> (N, units)
#include "layers/recurrent/cell.h"
#include "layers/registry.h"
#include "ops/dense.h"
#include "ops/unary.h"

namespace kerascope::layers {
namespace {

Step step(const auto& layer, const Cell& cell, Build& b, Value x, Value h) {
  const std::int64_t units = layer.units;
  const Value kernel = cell.recurrent_kernel(b);
  std::optional<Value> state_bias;
  if (layer.use_bias && layer.reset_after) state_bias = cell.bias(b, 1);
  const bool drops = cell.drops_states(b);
  /// Parts [begin, end) of state . U + b.
  const auto product = [&](Value state, std::int64_t begin, std::int64_t end) {
    const std::int64_t from = begin * units, size = (end - begin) * units;
    const auto own_bias = state_bias ? std::optional(columns(b, *state_bias, from, size)) : std::nullopt;
    return ops::dense(b.graph, state, columns(b, kernel, from, size), own_bias);
  };
  // Without dropout masks, which differ from gate to gate, one product serves all gates.
  std::optional<Value> together;
  if (!drops) together = product(h, 0, layer.reset_after ? 3 : 2);
  const auto state_part = [&](std::int64_t part) {
    return drops ? product(dropped(b, h, cell.recurrent_dropout, part), part, part + 1)
                 : columns(b, *together, part * units, units);
  };
  const auto gate = [&](std::int64_t part) {
    return activate(b, plus(b, columns(b, x, part * units, units), state_part(part)), layer.recurrent_activation);
  };
  // In the order of the kernels' parts.
  const Value update = gate(0), reset = gate(1);
  const Value seen = layer.reset_after
                         ? times(b, reset, state_part(2))
                         : product(times(b, reset, drops ? dropped(b, h, cell.recurrent_dropout, 2) : h), 2, 3);
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

Cell cell_of(const auto& layer) {
  return Cell::of(layer, {.gates = 3,
                          .biases = layer.reset_after ? 2 : 1,
                          .step = [&layer](const Cell& cell, Build& b, Value x, const std::vector<Value>& states) {
                            return step(layer, cell, b, x, states[0]);
                          }});
}

void gru_fields(auto& layer, auto& field) {
  cell_fields(layer, field);
  field("recurrent_activation", layer.recurrent_activation);
  // Before Keras had the argument, the reset gate acted before the product.
  if constexpr (requires { field.keras_major(); })
    if (field.keras_major() < 3 && !field.has("reset_after")) layer.reset_after = false;
  field("reset_after", layer.reset_after);
}

}  // namespace

void fields(of<GRUCell> auto& layer, auto&& field) { gru_fields(layer, field); }
std::vector<Shape> states(const GRUCell& layer, Build& b) { return state_shapes(cell_of(layer), b); }
Outputs build(const GRUCell& layer, Build& b) { return build_cell(cell_of(layer), b); }

void fields(of<GRU> auto& layer, auto&& field) {
  gru_fields(layer, field);
  over_time_fields(layer, field);
  field.ignored("use_cudnn");
}
MaskRule mask_rule(const GRU&) { return MaskRule::kOwn; }
Outputs build(const GRU& layer, Build& b) { return build_over_time(cell_of(layer), over_time_options(layer), b); }

const Register<GRUCell> registered_cell{"GRUCell"};
const Register<GRU> registered{"GRU"};

}  // namespace kerascope::layers
