// What recurrent layers and wrappers share: a graph that is run once per step.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "kerascope/layers/recurrent.h"
#include "layers/build.h"
#include "ops/scan.h"

namespace kerascope::layers {

/// The arguments that all recurrent layers have; see kl::LSTM.
struct OverTime {
  bool return_sequences, return_state, go_backwards, zero_output_for_mask;
};
OverTime over_time_options(const auto& layer) {
  return {layer.return_sequences, layer.return_state, layer.go_backwards, layer.zero_output_for_mask};
}

/// What one step computes in the graph of the step.
struct Step {
  Value output;
  std::vector<Value> states;
  std::vector<std::pair<std::string, Output>> taps = {};  ///< tensors of a step that can be tapped, for all steps
};
/// @param slice  one step of the sequence.
using BuildStep = std::function<Step(InnerGraph& inner, Value slice, const std::vector<Value>& states)>;

/// Runs a step over (N, T, ..), from the states that the layer is called with, or from zeros. As in Keras, a masked
/// step changes no state and repeats the output of the step before.
/// @param sequence  the layer's first input, or its projection.
Outputs over_time(Build& b, const OverTime& options, Value sequence, const std::vector<Shape>& states,
                  const BuildStep& build_step);

template <typename Field>
void over_time_fields(auto& layer, Field& field) {
  field("return_sequences", layer.return_sequences);
  field("return_state", layer.return_state);
  field("go_backwards", layer.go_backwards);
  field("stateful", layer.stateful);
  field("unroll", layer.unroll);
  field("zero_output_for_mask", layer.zero_output_for_mask);
  field.ignored("time_major");
}

/// The mask that Keras hands to the layer. Keras 3 finds the sequence's mask only if the call has no other tensors,
/// such as initial states.
std::optional<Value> mask_over_time(const Build& b);

/// The shape of one step of (N, T, ..). @throws Error{shape-rank} if there is no T
Shape step_shape(const Build& b, const Shape& sequence);

}  // namespace kerascope::layers
