// Sets a share of the numbers to 0 in the training phase and scales the others. (...) -> (...)
#include "kerascope/layers/regularization.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Dropout> auto& layer, auto&& field) {
  field.required("rate", layer.rate);
  field("noise_shape", layer.noise_shape);
  field.ignored("seed");
}

MaskRule mask_rule(const Dropout&) { return MaskRule::kPasses; }

Outputs build(const Dropout& layer, Build& b) {
  require_share(b, "rate", layer.rate);
  if (!b.random() || layer.rate == 0) return b.same_axes(b.input());
  const Value mask = keep_mask(b, mask_shape(b, layer.noise_shape), layer.rate);
  return b.same_axes(ops::binary(b.graph, b.input(), mask, ops::Binary::kMultiply));
}

const Register<Dropout> registered{"Dropout"};

}  // namespace kerascope::layers
