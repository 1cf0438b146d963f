// Any cell over time, and a stack of cells. (N, T, I) -> (N, units)
#include "base/text.h"
#include "layers/recurrent/over_time.h"
#include "layers/registry.h"

namespace kerascope::layers {
namespace {

/// Keras names the layers in a list by their classes: "lstm_cell", "lstm_cell_1".
std::vector<std::string> names_in_list(const std::vector<LayerConfig>& layers) {
  std::vector<std::string> names;
  std::map<std::string, int> counts;
  for (const LayerConfig& layer : layers) {
    const std::string stem = snake_case(layer.class_name);
    const int before = counts[stem]++;
    names.push_back(before == 0 ? stem : fmt::format("{}_{}", stem, before));
  }
  return names;
}

}  // namespace

void fields(of<StackedRNNCells> auto& layer, auto&& field) { field.required("cells", layer.cells); }

std::vector<Shape> states(const StackedRNNCells& layer, Build& b) {
  std::vector<Shape> all;
  Output input = b.output();
  // A cell's output, the next cell's input, has the shape of its first state.
  for (std::size_t i = 0; i < layer.cells.size(); ++i) {
    const std::vector<Shape> own = b.state_shapes(layer.cells[i], names_in_list(layer.cells)[i], input);
    if (!own.empty()) input = {.value = b.graph.input("output", own[0]), .axes = usual_axes(own[0].rank() - 1)};
    all.insert(all.end(), own.begin(), own.end());
  }
  return all;
}

Outputs build(const StackedRNNCells& layer, Build& b) {
  if (layer.cells.empty()) b.refuse("cells", "[]", "a list of cells");
  const std::vector<std::string> names = names_in_list(layer.cells);
  Output x = b.output();
  Outputs result;
  int next = 1;
  for (std::size_t i = 0; i < layer.cells.size(); ++i) {
    Outputs inputs = {x};
    const std::size_t count = b.state_shapes(layer.cells[i], "cells/" + names[i], x).size();
    for (std::size_t k = 0; k < count; ++k) inputs.push_back(b.output(next++));
    Outputs outputs = b.call(layer.cells[i], "cells/" + names[i], inputs);
    x = outputs.front();
    result.insert(result.end(), outputs.begin() + 1, outputs.end());
  }
  result.insert(result.begin(), x);
  return result;
}

void fields(of<RNN> auto& layer, auto&& field) {
  field.required("cell", layer.cell);
  over_time_fields(layer, field);
  field.ignored("input_length");
}

MaskRule mask_rule(const RNN&) { return MaskRule::kOwn; }

Outputs build(const RNN& layer, Build& b) {
  const Shape of_step = step_shape(b, b.shape());
  // The shapes of the cell's states are asked for with one step as its input, in a graph that is never run.
  Graph trial;
  const Output one = {.value = trial.input("step", of_step), .axes = usual_axes(of_step.rank() - 1)};
  InnerGraph nowhere{.graph = trial, .weights = {}};
  const std::vector<Shape> states = b.state_shapes(layer.cell, "cell", one, &nowhere);
  return over_time(b, over_time_options(layer), b.input(), states,
                   [&](InnerGraph& inner, Value slice, const std::vector<Value>& values) {
                     Outputs inputs = {{slice, usual_axes(of_step.rank() - 1)}};
                     for (const Value state : values)
                       inputs.push_back({state, usual_axes(inner.graph.shape(state).rank() - 1)});
                     Step step;
                     const Outputs outputs = b.call(layer.cell, "cell", inputs, &inner, &step.taps);
                     step.output = outputs[0].value;
                     for (std::size_t i = 1; i < outputs.size(); ++i) step.states.push_back(outputs[i].value);
                     return step;
                   });
}

const Register<StackedRNNCells> registered_stack{"StackedRNNCells"};
const Register<RNN> registered{"RNN"};

}  // namespace kerascope::layers
