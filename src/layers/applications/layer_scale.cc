// x * gamma along the last axis. (..., C) -> (..., C)
#include "kerascope/layers/applications.h"
#include "layers/registry.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<LayerScale> auto& layer, auto&& field) {
  field.required("projection_dim", layer.projection_dim);
  field.ignored("init_values");
}

Outputs build(const LayerScale& layer, Build& b) {
  b.require_at_least(1, "projection_dim", layer.projection_dim);
  const Value gamma = b.weight("gamma", {layer.projection_dim});
  return b.same_axes(ops::binary(b.graph, b.input(), gamma, ops::Binary::kMultiply));
}

// With braces both texts would become names.
const Register<LayerScale> registered{{.names = {"LayerScale"}, .module = "keras.src.applications.convnext"}};

}  // namespace kerascope::layers
