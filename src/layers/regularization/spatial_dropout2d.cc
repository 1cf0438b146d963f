// Drops whole feature maps in the training phase. (N, H, W, C) -> (N, H, W, C)
#include "kerascope/layers/regularization.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"

namespace kerascope::layers {

void fields(of<SpatialDropout2D> auto& layer, auto&& field) {
  field.required("rate", layer.rate);
  field("data_format", layer.data_format);
  field.ignored("seed");
  field.ignored("noise_shape");
}

Outputs build(const SpatialDropout2D& layer, Build& b) {
  require_rate(b, layer.rate);
  b.require_rank(4);
  const std::string axes = map_axes(layer.data_format);
  if (!b.random() || layer.rate == 0) return b.with_axes(b.input(), axes);
  Shape shape = b.shape();
  for (int axis = 1; axis < 4; ++axis)
    if (axes[static_cast<std::size_t>(axis - 1)] != 'C') shape[axis] = 1;
  return b.with_axes(ops::binary(b.graph, b.input(), keep_mask(b, shape, layer.rate), ops::Binary::kMultiply), axes);
}

const Register<SpatialDropout2D> registered{"SpatialDropout2D"};

}  // namespace kerascope::layers
