// The smallest of all inputs, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Minimum> auto&, auto&&) {}

MaskRule mask_rule(const Minimum&) { return MaskRule::kOwn; }

Outputs build(const Minimum&, Build& b) { return merged_where_masked(b, ops::Binary::kMinimum); }

const Register<Minimum> registered{"Minimum"};

}  // namespace kerascope::layers
