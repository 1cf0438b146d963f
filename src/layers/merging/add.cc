// The sum of all inputs, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Add> auto&, auto&&) {}

MaskRule mask_rule(const Add&) { return MaskRule::kOwn; }

Outputs build(const Add&, Build& b) { return merged(b, ops::Binary::kAdd); }

const Register<Add> registered{"Add"};

}  // namespace kerascope::layers
