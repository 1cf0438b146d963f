// x where x > theta, else 0. (...) -> (...)
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<ThresholdedReLU> auto& layer, auto&& field) { field("theta", layer.theta); }

MaskRule mask_rule(const ThresholdedReLU&) { return MaskRule::kPasses; }

Outputs build(const ThresholdedReLU& layer, Build& b) {
  return b.same_axes(ops::unary(b.graph, b.input(), ops::Unary::kThreshold, {.a = layer.theta, .b = 0}));
}

const Register<ThresholdedReLU> registered{{.names = {"ThresholdedReLU"}, .module = ""}};  // Keras 3 has none

}  // namespace kerascope::layers
