// The first input minus the second, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Subtract> auto&, auto&&) {}

MaskRule mask_rule(const Subtract&) { return MaskRule::kOwn; }

Outputs build(const Subtract&, Build& b) {
  require_two_inputs(b);
  return merged(b, ops::Binary::kSubtract);
}

const Register<Subtract> registered{"Subtract"};

}  // namespace kerascope::layers
