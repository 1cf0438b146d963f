// What cells share: products of the input and of the state with kernels whose columns are parts, one per gate.
#pragma once

#include <optional>

#include "layers/build.h"

namespace kerascope::layers {

/// What a cell says of its kernels (I, gates * units) and (units, gates * units).
struct Gates {
  std::int64_t gates, units;
  bool use_bias;
  float dropout, recurrent_dropout;

  template <typename Cell>
  static Gates of(const Cell& cell, std::int64_t gates) {
    return {gates, cell.units, cell.use_bias, cell.dropout, cell.recurrent_dropout};
  }
  std::int64_t width() const { return gates * units; }
  bool drops_states(const Build& b) const { return b.random() && recurrent_dropout > 0; }
};

Value plus(Build& b, Value left, Value right);
Value times(Build& b, Value left, Value right);
/// Columns [begin, begin + size) of the last axis.
Value columns(Build& b, Value x, std::int64_t begin, std::int64_t size);

/// Asks for the weights in Keras's order, whichever graphs read them.
/// @param bias  its shape.
void create_weights(const Gates& gates, Build& b, std::int64_t inputs, const Shape& bias);
Value recurrent_kernel(const Gates& gates, Build& b);

/// What a step adds to its gates whatever the states are: (.., I) -> (.., gates * units).
Value projected(const Gates& gates, Build& b, Value x, std::optional<Value> bias);
/// The state with a dropout mask of its own for each gate, the same at all steps.
Value dropped_state(const Gates& gates, Build& b, Value h, std::int64_t gate);

/// The fields of all cells, but what becomes of the gates.
template <typename Field>
void cell_fields(auto& layer, Field& field) {
  field.required("units", layer.units);
  field("activation", layer.activation);
  field("use_bias", layer.use_bias);
  field("dropout", layer.dropout);
  field("recurrent_dropout", layer.recurrent_dropout);
  field.ignored("seed");
  field.ignored("implementation");
}

}  // namespace kerascope::layers
