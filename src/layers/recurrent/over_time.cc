#include "layers/recurrent/over_time.h"

#include "ops/reshape.h"
#include "ops/select.h"

namespace kerascope::layers {
namespace {

Value zeros(Graph& graph, const Shape& shape) {
  Tensor tensor(shape);
  std::fill_n(tensor.mutable_data(), tensor.size(), 0.0f);
  return graph.constant(tensor);
}

/// The states that the call is given, or zeros.
std::vector<Value> initial_states(Build& b, const std::vector<Shape>& shapes) {
  std::vector<Value> states;
  const bool are_given = b.inputs() > 1;
  if (are_given && b.inputs() != static_cast<int>(shapes.size()) + 1)
    b.fail("call-invalid", fmt::format("layer '{}' ({}) is called with {} initial states and has {}", b.layer().name,
                                       b.layer().class_name, b.inputs() - 1, shapes.size()));
  for (const Shape& shape : shapes) {
    if (!are_given) {
      states.push_back(zeros(b.graph, shape));
      continue;
    }
    const int input = static_cast<int>(states.size()) + 1;
    if (b.shape(input) != shape)
      b.fail("shape-mismatch", fmt::format("layer '{}' ({}) is called with an initial state of {} and needs {}",
                                           b.layer().name, b.layer().class_name, b.shape(input).str(), shape.str()));
    states.push_back(b.input(input));
  }
  return states;
}

/// The mask (N) of a step, reshaped to broadcast with a value of more axes.
Value beside(Graph& graph, Value mask, Value value) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(graph.shape(value).rank()), 1);
  sizes[0] = graph.shape(mask)[0];
  return ops::reshape(graph, mask, Shape(std::move(sizes)));
}

}  // namespace

Shape step_shape(const Build& b, const Shape& sequence) {
  if (sequence.rank() < 3)
    b.fail("shape-rank", fmt::format("layer '{}' ({}) needs an input (batch, time, ..) and gets {}", b.layer().name,
                                     b.layer().class_name, sequence.str()));
  std::vector<std::int64_t> sizes = sequence.sizes();
  sizes.erase(sizes.begin() + 1);
  return Shape(std::move(sizes));
}

std::optional<Value> mask_over_time(const Build& b) {
  const bool is_of_model = !b.call().positional.empty() || !b.call().keywords.empty();
  const bool is_found = is_of_model && !b.call().keywords.contains("mask");
  return is_found && b.keras_major() >= 3 && b.inputs() > 1 ? std::nullopt : b.mask();
}

Outputs over_time(Build& b, const OverTime& options, Value sequence, const std::vector<Shape>& state_shapes,
                  const BuildStep& build_step) {
  const auto body = std::make_shared<ops::ScanBody>();
  InnerGraph inner{.graph = body->graph, .weights = {}};
  Graph& graph = body->graph;
  const Shape slice_shape = step_shape(b, b.graph.shape(sequence));
  const Value slice = graph.input("step", slice_shape);
  std::vector<Value> sequences = {sequence}, begin = initial_states(b, state_shapes);
  body->slices.push_back(slice);
  for (const Shape& shape : state_shapes) body->states.push_back(graph.input("state", shape));

  Step step = build_step(inner, slice, body->states);
  // The output is a state, too: a masked step repeats it, and it is the result after the last step.
  const Value before = graph.input("output", graph.shape(step.output));
  begin.push_back(zeros(b.graph, graph.shape(step.output)));
  if (const std::optional<Value> mask = mask_over_time(b)) {
    const Shape& steps = b.graph.shape(*mask);
    const Shape& whole = b.graph.shape(sequence);
    if (steps.rank() < 2 || steps.elements() != whole[0] * whole[1])
      b.fail("shape-mismatch", fmt::format("layer '{}' ({}) has an input of {} with a mask of {}", b.layer().name,
                                           b.layer().class_name, whole.str(), steps.str()));
    sequences.push_back(ops::reshape(b.graph, *mask, {whole[0], whole[1]}));
    const Value counts = graph.input("mask", {whole[0]}, b.graph.dtype(*mask));
    body->slices.push_back(counts);
    const Value otherwise = options.zero_output_for_mask ? zeros(graph, graph.shape(step.output)) : before;
    step.output = ops::select(graph, beside(graph, counts, step.output), step.output, otherwise);
    for (std::size_t i = 0; i < step.states.size(); ++i)
      step.states[i] = ops::select(graph, beside(graph, counts, step.states[i]), step.states[i], body->states[i]);
  }
  body->states.push_back(before);
  body->next_states = step.states;
  body->next_states.push_back(step.output);
  if (options.return_sequences) body->outputs.push_back(step.output);
  for (const auto& [name, output] : step.taps) body->outputs.push_back(output.value);

  const ops::Scanned scanned = ops::scan(b.graph, body, sequences, begin, {}, options.go_backwards);
  std::size_t next = options.return_sequences;
  for (auto& [name, output] : step.taps) b.tap(name, {.value = scanned.outputs[next++], .axes = "T" + output.axes});
  const Value result = options.return_sequences ? scanned.outputs[0] : scanned.states.back();
  Outputs outputs = b.usual(result);
  if (options.return_sequences) outputs[0].mask = b.mask();
  for (std::size_t i = 0; options.return_state && i < state_shapes.size(); ++i)
    outputs.push_back(b.usual(scanned.states[i])[0]);
  return outputs;
}

}  // namespace kerascope::layers
