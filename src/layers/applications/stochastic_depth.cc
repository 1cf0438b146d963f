// Drops whole items of the batch in the training phase. (N, ...) -> (N, ...)
#include "kerascope/layers/applications.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of<StochasticDepth> auto& layer, auto&& field) { field.required("drop_path_rate", layer.drop_path_rate); }

Outputs build(const StochasticDepth& layer, Build& b) {
  require_share(b, "drop_path_rate", layer.drop_path_rate);
  if (!b.random() || layer.drop_path_rate == 0) return b.same_axes(b.input());
  Shape items(std::vector<std::int64_t>(static_cast<std::size_t>(b.shape().rank()), 1));
  items[0] = b.shape()[0];
  const Value mask = keep_mask(b, items, layer.drop_path_rate);
  return b.same_axes(ops::binary(b.graph, b.input(), mask, ops::Binary::kMultiply));
}

// With braces both texts would become names.
const Register<StochasticDepth> registered{{.names = {"StochasticDepth"}, .module = "keras.src.applications.convnext"}};

}  // namespace kerascope::layers
