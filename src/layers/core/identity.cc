// y = x. (...) -> (...)
#include "kerascope/layers/core.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<Identity> auto&, auto&&) {}

MaskRule mask_rule(const Identity&) { return MaskRule::kPasses; }

Outputs build(const Identity&, Build& b) { return b.same_axes(b.input()); }

const Register<Identity> registered{"Identity"};

}  // namespace kerascope::layers
