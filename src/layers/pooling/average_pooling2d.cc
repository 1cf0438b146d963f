// The mean of each window. (N, H, W, C) -> (N, H', W', C)
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<AveragePooling2D> auto& layer, auto&& field) {
  field("pool_size", layer.pool_size);
  field("strides", layer.strides);
  field("padding", layer.padding);
  field("data_format", layer.data_format);
}

Outputs build(const AveragePooling2D& layer, Build& b) { return pooled(b, layer, ops::PoolKind::kAverage); }

const Register<AveragePooling2D> registered{"AveragePooling2D"};

}  // namespace kerascope::layers
