// What LSTM and ConvLSTM share: four gates, whose parts of the kernels stand in the order input, forget, candidate,
// output.
#pragma once

#include <string>
#include <vector>

#include "layers/recurrent/cell.h"
#include "ops/concatenate.h"

namespace kerascope::layers {

/// One step.
/// @param sum  (part) -> what the activation of that gate is applied to.
/// @param axes  the roles of a step's axes.
Step lstm_step(const auto& layer, Build& b, Value c, auto&& sum, const std::string& axes) {
  const Value input = activate(b, sum(0), layer.recurrent_activation);
  const Value forget = activate(b, sum(1), layer.recurrent_activation);
  const Value candidate = activate(b, sum(2), layer.activation);
  const Value output = activate(b, sum(3), layer.recurrent_activation);
  const Value cell = plus(b, times(b, forget, c), times(b, input, candidate));
  const Value hidden = times(b, output, activate(b, cell, layer.activation));
  return {.output = hidden,
          .states = {hidden, cell},
          .taps = {{"input_gate", {input, axes}},
                   {"forget_gate", {forget, axes}},
                   {"candidate", {candidate, axes}},
                   {"output_gate", {output, axes}},
                   {"cell_state", {cell, axes}},
                   {"hidden_state", {hidden, axes}}}};
}

/// product(x, kernel), whose last axis has the four parts. With dropout x has a mask of its own for each part.
/// @param first_mask  the number of the first part's mask.
Value product_of_parts(Build& b, Value x, Value kernel, float dropout, std::int64_t first_mask, auto&& product) {
  if (dropout == 0) return product(x, kernel);
  std::vector<Value> parts;
  const std::int64_t size = b.graph.shape(kernel).back() / 4;
  for (std::int64_t part = 0; part < 4; ++part)
    parts.push_back(product(dropped(b, x, dropout, first_mask + part), columns(b, kernel, part * size, size)));
  return ops::concatenate(b.graph, parts, -1);
}

template <typename Field>
void gate_fields(auto& layer, Field& field) {
  field("recurrent_activation", layer.recurrent_activation);
  field.ignored("unit_forget_bias");
}

}  // namespace kerascope::layers
