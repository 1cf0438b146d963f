// exp(x) / sum(exp(x)) along one axis. (...) -> (...)
#include "kerascope/layers/activation.h"
#include "layers/registry.h"
#include "ops/ops.h"

namespace kerascope::layers {

void fields(of<Softmax> auto& layer, auto&& field) { field("axis", layer.axis); }

Outputs build(const Softmax& layer, Build& b) {
  if (layer.axis.size() != 1)
    b.fail("layer-unsupported", fmt::format("layer '{}' (Softmax) works along {} axes at once, which Kerascope cannot "
                                            "compute yet",
                                            b.layer().name, layer.axis.size()));
  return b.same_axes(ops::softmax(b.graph, b.input(), b.axis(layer.axis[0], b.shape().rank())));
}

const Register<Softmax> registered{"Softmax"};

}  // namespace kerascope::layers
