// Adds normal noise in the training phase. (...) -> (...)
#include "kerascope/layers/regularization.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<GaussianNoise> auto& layer, auto&& field) {
  field.required("stddev", layer.stddev);
  field.ignored("seed");
}

MaskRule mask_rule(const GaussianNoise&) { return MaskRule::kPasses; }

Outputs build(const GaussianNoise& layer, Build& b) {
  if (b.keras_major() >= 3) require_share(b, "stddev", layer.stddev);
  if (!b.random() || layer.stddev == 0) return b.same_axes(b.input());
  return b.same_axes(ops::binary(b.graph, b.input(), normal_noise(b, 0, layer.stddev), ops::Binary::kAdd));
}

const Register<GaussianNoise> registered{"GaussianNoise"};

}  // namespace kerascope::layers
