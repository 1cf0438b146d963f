// The largest number of each window. (N, H, W, C) -> (N, H', W', C)
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"
#include "ops/pool.h"

namespace kerascope::layers {

void fields(of_rank<MaxPooling> auto& layer, auto&& field) {
  field("pool_size", layer.pool_size);
  field("strides", layer.strides);
  field("padding", layer.padding);
  field("data_format", layer.data_format);
}

template <int Rank>
Outputs build(const MaxPooling<Rank>& layer, Build& b) {
  return pooled(b, layer, ops::PoolKind::kMax);
}

const Register<MaxPooling1D> registered_1d{"MaxPooling1D"};
const Register<MaxPooling2D> registered_2d{"MaxPooling2D"};
const Register<MaxPooling3D> registered_3d{"MaxPooling3D"};

}  // namespace kerascope::layers
