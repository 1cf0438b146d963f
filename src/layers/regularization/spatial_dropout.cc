// Drops whole feature maps in the training phase. (N, H, W, C) -> (N, H, W, C)
#include "kerascope/layers/regularization.h"
#include "layers/registry.h"
#include "layers/regularization/common.h"
#include "ops/binary.h"

namespace kerascope::layers {

void fields(of_rank<SpatialDropout> auto& layer, auto&& field) {
  field.required("rate", layer.rate);
  if constexpr (!of<decltype(layer), SpatialDropout1D>) field("data_format", layer.data_format);
  field.ignored("seed");
  field.ignored("noise_shape");
}

template <int Rank>
MaskRule mask_rule(const SpatialDropout<Rank>&) {
  return MaskRule::kPasses;
}

template <int Rank>
Outputs build(const SpatialDropout<Rank>& layer, Build& b) {
  require_share(b, "rate", layer.rate);
  b.require_rank(Rank + 2);
  const std::string axes = map_axes(layer.data_format, Rank);
  if (!b.random() || layer.rate == 0) return b.with_axes(b.input(), axes);
  Shape shape = b.shape();
  for (int axis = 1; axis < shape.rank(); ++axis)
    if (axes[static_cast<std::size_t>(axis - 1)] != 'C') shape[axis] = 1;
  return b.with_axes(ops::binary(b.graph, b.input(), keep_mask(b, shape, layer.rate), ops::Binary::kMultiply), axes);
}

const Register<SpatialDropout1D> registered_1d{"SpatialDropout1D"};
const Register<SpatialDropout2D> registered_2d{"SpatialDropout2D"};
const Register<SpatialDropout3D> registered_3d{"SpatialDropout3D"};

}  // namespace kerascope::layers
