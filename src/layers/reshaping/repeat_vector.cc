// (N, C) -> (N, n, C)
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "ops/reshape.h"
#include "ops/resize.h"

namespace kerascope::layers {

void fields(of<RepeatVector> auto& layer, auto&& field) { field.required("n", layer.n); }

Outputs build(const RepeatVector& layer, Build& b) {
  b.require_rank(2);
  b.require_at_least(1, "n", layer.n);
  const Value once = ops::reshape(b.graph, b.input(), {b.shape()[0], 1, b.shape()[1]});
  return b.with_axes(ops::resize(b.graph, once, {.sizes = {{.axis = 1, .size = layer.n}}}), "TC");
}

const Register<RepeatVector> registered{"RepeatVector"};

}  // namespace kerascope::layers
