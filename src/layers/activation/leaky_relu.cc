// x where x >= 0, else negative_slope * x. (...) -> (...)
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<LeakyReLU> auto& layer, auto&& field) {
  field.formerly("alpha", layer.negative_slope);
  field("negative_slope", layer.negative_slope);
}

MaskRule mask_rule(const LeakyReLU&) { return MaskRule::kPasses; }

Outputs build(const LeakyReLU& layer, Build& b) {
  if (b.keras_major() >= 3) b.require_at_least(0, "negative_slope", layer.negative_slope);
  return b.same_axes(ops::unary(b.graph, b.input(), ops::Unary::kRelu, {.negative_slope = layer.negative_slope}));
}

const Register<LeakyReLU> registered{"LeakyReLU"};

}  // namespace kerascope::layers
