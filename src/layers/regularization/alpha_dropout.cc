// In the training phase sets a share of the numbers to selu's lower limit and keeps mean and variance. (...) -> (...)
#include <cmath>

#include "kerascope/layers/regularization.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "ops/binary.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<AlphaDropout> auto& layer, auto&& field) {
  field.required("rate", layer.rate);
  field("noise_shape", layer.noise_shape);
  field.ignored("seed");
}

MaskRule mask_rule(const AlphaDropout&) { return MaskRule::kPasses; }

Outputs build(const AlphaDropout& layer, Build& b) {
  require_share(b, "rate", layer.rate);
  if (!b.random() || layer.rate == 0 || layer.rate == 1) return b.same_axes(b.input());
  // Klambauer et al. 2017, section "New dropout technique": y = a (x m + limit (1 - m)) + c.
  const float limit = -1.7580993408473766f, rate = layer.rate;
  const float a = 1 / std::sqrt((1 - rate) * (1 + rate * limit * limit)), c = -a * limit * rate;
  auto affine = [&](Value x, float scale, float offset) {
    return ops::unary(b.graph, x, ops::Unary::kAffine, {.a = scale, .b = offset});
  };
  const Value kept = affine(keep_mask(b, mask_shape(b, layer.noise_shape), rate), 1 - rate, 0);  // 0 or 1
  const Value x = ops::binary(b.graph, b.input(), kept, ops::Binary::kMultiply);
  const Value filled = ops::binary(b.graph, x, affine(kept, -limit, limit), ops::Binary::kAdd);
  return b.same_axes(affine(filled, a, c));
}

const Register<AlphaDropout> registered{"AlphaDropout"};

}  // namespace kerascope::layers
