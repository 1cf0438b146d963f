// The mean of all inputs, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Average> auto&, auto&&) {}

MaskRule mask_rule(const Average&) { return MaskRule::kOwn; }

Outputs build(const Average&, Build& b) {
  Output sum = merged(b, ops::Binary::kAdd)[0];
  const Value count = b.constant({}, {static_cast<float>(b.inputs())});
  return b.with_axes(ops::binary(b.graph, sum.value, count, ops::Binary::kDivide), sum.axes);
}

const Register<Average> registered{"Average"};

}  // namespace kerascope::layers
