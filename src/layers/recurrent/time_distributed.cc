// Calls a layer on each step separately. (N, T, ..) -> (N, T, ..)
#include "layers/recurrent/over_time.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<TimeDistributed> auto& layer, auto&& field) { field.required("layer", layer.layer); }

MaskRule mask_rule(const TimeDistributed&) { return MaskRule::kPasses; }

Outputs build(const TimeDistributed& layer, Build& b) {
  const Shape of_step = step_shape(b, b.shape());
  const auto body = std::make_shared<ops::ScanBody>();
  InnerGraph inner{.graph = body->graph, .weights = {}};
  const Value slice = body->graph.input("step", of_step, b.graph.dtype(b.input()));
  body->slices.push_back(slice);
  const std::string axes = b.axes().empty() ? b.axes() : b.axes().substr(1);
  std::vector<std::pair<std::string, Output>> taps;
  const Outputs outputs = b.call(layer.layer, "layer", {{slice, usual_axes(of_step.rank() - 1)}}, &inner, &taps);
  for (const Output& output : outputs) body->outputs.push_back(output.value);
  for (const auto& [name, output] : taps) body->outputs.push_back(output.value);
  const ops::Scanned scanned = ops::scan(b.graph, body, {b.input()}, {}, {}, false);
  Outputs result;
  for (std::size_t i = 0; i < scanned.outputs.size(); ++i) {
    const bool is_output = i < outputs.size();
    const Output& one = is_output ? outputs[i] : taps[i - outputs.size()].second;
    Output whole = {.value = scanned.outputs[i], .axes = "T" + one.axes};
    if (is_output)
      result.push_back(std::move(whole));
    else
      b.tap(taps[i - outputs.size()].first, std::move(whole));
  }
  return result;
}

const Register<TimeDistributed> registered{"TimeDistributed"};

}  // namespace kerascope::layers
