// max_value where x >= max_value, x where x >= threshold, else negative_slope * (x - threshold). (...) -> (...)
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<ReLU> auto& layer, auto&& field) {
  field("max_value", layer.max_value);
  field("negative_slope", layer.negative_slope);
  field("threshold", layer.threshold);
}

MaskRule mask_rule(const ReLU&) { return MaskRule::kPasses; }

Outputs build(const ReLU& layer, Build& b) {
  b.require_at_least(0, "max_value", layer.max_value.value_or(0));
  b.require_at_least(0, "negative_slope", layer.negative_slope);
  b.require_at_least(0, "threshold", layer.threshold);
  ops::UnaryOptions options{.negative_slope = layer.negative_slope, .threshold = layer.threshold};
  if (layer.max_value) options.max_value = *layer.max_value;
  return b.same_axes(ops::unary(b.graph, b.input(), ops::Unary::kRelu, options));
}

const Register<ReLU> registered{"ReLU"};

}  // namespace kerascope::layers
