// The product of all inputs, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Multiply> auto&, auto&&) {}

MaskRule mask_rule(const Multiply&) { return MaskRule::kOwn; }

Outputs build(const Multiply&, Build& b) {
  if (!has_masks_of_any(b)) return merged(b, ops::Binary::kMultiply);
  // Since Keras 3.4 a step that does not count in an input is 1 there. One that counts in none, of inputs that all have
  // masks, is 0 in the product.
  const Value one = b.constant(Shape(), {1}), zero = b.constant(Shape(), {0});
  const Merged all = fold(b, [&](const Merged& left, const Merged& right) -> Merged {
    const Value x = where_counted(b, left.mask, left.value, one), y = where_counted(b, right.mask, right.value, one);
    return {ops::binary(b.graph, x, y, ops::Binary::kMultiply), either_mask(b, left, right)};
  });
  return merged_outputs(b, where_counted(b, all.mask, all.value, zero));
}

const Register<Multiply> registered{"Multiply"};

}  // namespace kerascope::layers
