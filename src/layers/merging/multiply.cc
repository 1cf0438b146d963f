// The product of all inputs, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Multiply> auto&, auto&&) {}

MaskRule mask_rule(const Multiply&) { return MaskRule::kOwn; }

Outputs build(const Multiply&, Build& b) { return merged(b, ops::Binary::kMultiply); }

const Register<Multiply> registered{"Multiply"};

}  // namespace kerascope::layers
