// (N, ...) -> (N, target_shape...)
#include "ops/reshape.h"
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<Reshape> auto& layer, auto&& field) { field.required("target_shape", layer.target_shape); }

Outputs build(const Reshape& layer, Build& b) {
  std::vector<std::int64_t> sizes = {b.shape()[0]};
  sizes.insert(sizes.end(), layer.target_shape.begin(), layer.target_shape.end());
  const std::optional<Shape> shape = ops::completed_shape(Shape(sizes), b.shape().elements());
  if (!shape)
    b.fail("shape-mismatch",
           fmt::format("layer '{}' (Reshape) makes {} of an input of shape {}, which has {} numbers", b.layer().name,
                       Shape(layer.target_shape).str(), b.shape().str(), b.shape().elements(1, b.shape().rank())));
  return b.usual(ops::reshape(b.graph, b.input(), *shape));
}

const Register<Reshape> registered{"Reshape"};

}  // namespace kerascope::layers
