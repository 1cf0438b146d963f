// The largest of all inputs, with broadcasting.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<Maximum> auto&, auto&&) {}

MaskRule mask_rule(const Maximum&) { return MaskRule::kOwn; }

Outputs build(const Maximum&, Build& b) { return merged_where_masked(b, ops::Binary::kMaximum); }

const Register<Maximum> registered{"Maximum"};

}  // namespace kerascope::layers
