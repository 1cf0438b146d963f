// What LSTM, GRU and SimpleRNN share: a cell that multiplies the input and the state with kernels, whose columns are
// one part per gate; by itself, or over time. (N, T, I) -> (N, units)
#pragma once

#include <functional>
#include <vector>

#include "layers/build.h"
#include "layers/recurrent/over_time.h"

namespace kerascope::layers {

/// A cell and what differs between cells. Its kernels have the shapes (I, gates * units) and (units, gates * units).
struct Cell {
  std::int64_t gates = 1;
  std::int64_t biases = 1;  ///< 2: the product of the state has a bias of its own
  int states = 1;           ///< each (N, units)
  /// One step in `b`'s graph. `x` is the input's share of all gates, (N, gates * units).
  std::function<Step(const Cell& cell, Build& b, Value x, const std::vector<Value>& states)> step;

  std::int64_t units = 0;
  bool use_bias = true;
  float dropout = 0, recurrent_dropout = 0;

  /// @param cell  what differs.
  /// @param layer  the struct of the cell, or of the layer that runs it over time.
  static Cell of(const auto& layer, Cell cell) {
    cell.units = layer.units;
    cell.use_bias = layer.use_bias;
    cell.dropout = layer.dropout;
    cell.recurrent_dropout = layer.recurrent_dropout;
    return cell;
  }
  std::int64_t width() const { return gates * units; }
  bool drops_states(const Build& b) const { return b.random() && recurrent_dropout > 0; }
  Value recurrent_kernel(Build& b) const;
  /// The bias of the input's product (0) or of the state's (1), (gates * units); only if `use_bias`.
  Value bias(Build& b, std::int64_t row) const;
};

/// The cell by itself: its inputs are one step and the states, its outputs the step's output and the next states.
Outputs build_cell(const Cell& cell, Build& b);
std::vector<Shape> state_shapes(const Cell& cell, const Build& b);
/// The cell over all steps. Its weights lie below "cell".
Outputs build_over_time(const Cell& cell, const OverTime& options, Build& b);

Value plus(Build& b, Value left, Value right);
Value times(Build& b, Value left, Value right);
/// Columns [begin, begin + size) of the last axis.
Value columns(Build& b, Value x, std::int64_t begin, std::int64_t size);
/// A step's input or state under a dropout mask that is the same at all steps.
/// @param mask  tells the layer's masks apart: 0 to 3 are those of a state, one per gate.
Value dropped(Build& b, Value x, float share, std::int64_t mask);

template <typename Field>
void dropout_fields(auto& layer, Field& field) {
  field("dropout", layer.dropout);
  field("recurrent_dropout", layer.recurrent_dropout);
  field.ignored("seed");
  field.ignored("implementation");
}

/// The fields of all cells except those of their gates.
template <typename Field>
void cell_fields(auto& layer, Field& field) {
  field.required("units", layer.units);
  field("activation", layer.activation);
  field("use_bias", layer.use_bias);
  dropout_fields(layer, field);
}

}  // namespace kerascope::layers
