// The inputs joined along an axis.
#include "kerascope/layers/merging.h"
#include "layers/merging/common.h"
#include "layers/registry.h"
#include "ops/concatenate.h"

namespace kerascope::layers {

void fields(of<Concatenate> auto& layer, auto&& field) { field("axis", layer.axis); }

Outputs build(const Concatenate& layer, Build& b) {
  require_list(b);
  std::vector<Value> parts;
  for (int i = 0; i < b.inputs(); ++i) parts.push_back(b.input(i));
  return b.same_axes(ops::concatenate(b.graph, parts, b.axis(layer.axis, b.shape().rank())));
}

const Register<Concatenate> registered{"Concatenate"};

}  // namespace kerascope::layers
