// The mean of each window. (N, H, W, C) -> (N, H', W', C)
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"
#include "ops/pool.h"

namespace kerascope::layers {

void fields(of_rank<AveragePooling> auto& layer, auto&& field) {
  field("pool_size", layer.pool_size);
  field("strides", layer.strides);
  field("padding", layer.padding);
  field("data_format", layer.data_format);
}

template <int Rank>
Outputs build(const AveragePooling<Rank>& layer, Build& b) {
  return pooled(b, layer, ops::PoolKind::kAverage);
}

const Register<AveragePooling1D> registered_1d{"AveragePooling1D"};
const Register<AveragePooling2D> registered_2d{"AveragePooling2D"};
const Register<AveragePooling3D> registered_3d{"AveragePooling3D"};

}  // namespace kerascope::layers
