// y = x: it only adds to the loss of training. (...) -> (...)
#include "kerascope/layers/regularization.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<ActivityRegularization> auto&, auto&& field) {
  field.ignored("l1");
  field.ignored("l2");
}

MaskRule mask_rule(const ActivityRegularization&) { return MaskRule::kPasses; }

Outputs build(const ActivityRegularization&, Build& b) { return b.same_axes(b.input()); }

const Register<ActivityRegularization> registered{"ActivityRegularization"};

}  // namespace kerascope::layers
