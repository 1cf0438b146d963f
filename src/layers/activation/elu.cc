// x where x > 0, else alpha * (exp(x) - 1). (...) -> (...)
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/unary.h"

namespace kerascope::layers {

void fields(of<ELU> auto& layer, auto&& field) { field("alpha", layer.alpha); }

MaskRule mask_rule(const ELU&) { return MaskRule::kPasses; }

Outputs build(const ELU& layer, Build& b) {
  return b.same_axes(ops::unary(b.graph, b.input(), ops::Unary::kElu, {.a = layer.alpha}));
}

const Register<ELU> registered{"ELU"};

}  // namespace kerascope::layers
