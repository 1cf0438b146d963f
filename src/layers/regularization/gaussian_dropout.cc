// Multiplies by normal noise around 1 in the training phase. (...) -> (...)
#include <cmath>

#include "kerascope/layers/regularization.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<GaussianDropout> auto& layer, auto&& field) {
  field.required("rate", layer.rate);
  field.ignored("seed");
}

MaskRule mask_rule(const GaussianDropout&) { return MaskRule::kPasses; }

Outputs build(const GaussianDropout& layer, Build& b) {
  require_share(b, "rate", layer.rate);
  if (!b.random() || layer.rate == 0) return b.same_axes(b.input());
  const Value noise = normal_noise(b, 1, std::sqrt(layer.rate / (1 - layer.rate)));
  return b.same_axes(ops::binary(b.graph, b.input(), noise, ops::Binary::kMultiply));
}

const Register<GaussianDropout> registered{"GaussianDropout"};

}  // namespace kerascope::layers
