// The mean of each map. (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<GlobalAveragePooling2D> auto& layer, auto&& field) {
  field("data_format", layer.data_format);
  field("keepdims", layer.keepdims);
}

Outputs build(const GlobalAveragePooling2D& layer, Build& b) {
  return globally_pooled(b, layer, ops::Reduction::kMean);
}

const Register<GlobalAveragePooling2D> registered{"GlobalAveragePooling2D"};

}  // namespace kerascope::layers
