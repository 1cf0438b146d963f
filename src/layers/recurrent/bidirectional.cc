// Two recurrent layers: one reads forwards, one backwards. (N, T, I) -> (N, 2 units), or as merge_mode says
#include "layers/recurrent/over_time.h"
#include "layers/registry.h"
#include "model/json.h"
#include "ops/binary.h"
#include "ops/concatenate.h"
#include "ops/slice.h"
#include "ops/unary.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(Bidirectional::MergeMode) {
  static constexpr std::string_view kNames[] = {"concat", "sum", "mul", "ave"};
  return kNames;
}

namespace {

/// The steps in reverse order.
Value flipped(Build& b, Value x) {
  std::vector<ops::SliceAxis> axes;
  for (const std::int64_t size : b.graph.shape(x)) axes.push_back({.size = size});
  axes[1] = {.start = std::max<std::int64_t>(axes[1].size - 1, 0), .size = axes[1].size, .step = -1};
  return ops::slice(b.graph, x, std::move(axes));
}

Value merged(Build& b, Value forward, Value backward, Bidirectional::MergeMode mode) {
  switch (mode) {
    case Bidirectional::MergeMode::kConcat:
      return ops::concatenate(b.graph, {forward, backward}, -1);
    case Bidirectional::MergeMode::kSum:
      return ops::binary(b.graph, forward, backward, ops::Binary::kAdd);
    case Bidirectional::MergeMode::kMul:
      return ops::binary(b.graph, forward, backward, ops::Binary::kMultiply);
    case Bidirectional::MergeMode::kAve:
      break;
  }
  const Value sum = ops::binary(b.graph, forward, backward, ops::Binary::kAdd);
  return ops::unary(b.graph, sum, ops::Unary::kAffine, {.a = 0.5f});
}

}  // namespace

void fields(of<Bidirectional> auto& layer, auto&& field) {
  field.required("layer", layer.layer);
  field.or_none("merge_mode", layer.merge_mode);
  field("backward_layer", layer.backward_layer);
}

MaskRule mask_rule(const Bidirectional&) { return MaskRule::kOwn; }

Outputs build(const Bidirectional& layer, Build& b) {
  // Keras overrides zero_output_for_mask of both layers, and reverses go_backwards of the copy.
  Json forward = Json::parse(layer.layer.config, nullptr, false);
  const bool sequences = member(forward, "return_sequences") == true;
  const auto begun = [&](const LayerConfig& given, Json config) {
    LayerConfig own = given;
    config["zero_output_for_mask"] = sequences;
    own.config = config.dump();
    return own;
  };
  Json backward = layer.backward_layer ? Json::parse(layer.backward_layer->config, nullptr, false) : forward;
  if (!forward.is_object() || !backward.is_object()) b.refuse("layer", layer.layer.config, "a layer's config");
  if (!layer.backward_layer) backward["go_backwards"] = member(forward, "go_backwards") != true;

  Output sequence = b.output();
  sequence.mask = mask_over_time(b);
  Outputs forward_inputs = {sequence}, backward_inputs = {sequence};
  for (int i = 1, half = 1 + (b.inputs() - 1) / 2; i < b.inputs(); ++i)
    (i < half ? forward_inputs : backward_inputs).push_back(b.output(i));
  const Outputs ahead = b.call(begun(layer.layer, forward), "forward_layer", forward_inputs);
  Outputs back = b.call(begun(layer.backward_layer.value_or(layer.layer), backward), "backward_layer", backward_inputs);
  b.tap("forward_layer", ahead[0]);
  b.tap("backward_layer", back[0]);
  if (sequences) back[0].value = flipped(b, back[0].value);
  Outputs outputs;
  if (layer.merge_mode) {
    outputs = {{merged(b, ahead[0].value, back[0].value, *layer.merge_mode), ahead[0].axes}};
  } else {
    outputs = {{ahead[0].value, ahead[0].axes}, {back[0].value, back[0].axes}};
  }
  if (sequences)
    for (Output& output : outputs) output.mask = b.mask();
  for (const Outputs* own : {&ahead, &std::as_const(back)}) outputs.insert(outputs.end(), own->begin() + 1, own->end());
  return outputs;
}

const Register<Bidirectional> registered{"Bidirectional"};

}  // namespace kerascope::layers
