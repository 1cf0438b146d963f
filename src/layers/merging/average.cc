// The mean of all inputs, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Average> auto&, auto&&) {}

MaskRule mask_rule(const Average&) { return MaskRule::kOwn; }

Outputs build(const Average&, Build& b) {
  Outputs outputs = merged(b, ops::Binary::kAdd);
  const Value count = b.constant({}, {static_cast<float>(b.inputs())});
  outputs[0].value = ops::binary(b.graph, outputs[0].value, count, ops::Binary::kDivide);
  return outputs;
}

const Register<Average> registered{"Average"};

}  // namespace kerascope::layers
