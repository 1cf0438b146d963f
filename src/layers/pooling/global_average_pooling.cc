// The mean of each map. (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"
#include "ops/reduce.h"

namespace kerascope::layers {

void fields(of_rank<GlobalAveragePooling> auto& layer, auto&& field) {
  field("data_format", layer.data_format);
  field("keepdims", layer.keepdims);
}

template <int Rank>
Outputs build(const GlobalAveragePooling<Rank>& layer, Build& b) {
  return globally_pooled(b, layer, ops::Reduction::kMean);
}

const Register<GlobalAveragePooling1D> registered_1d{"GlobalAveragePooling1D"};
const Register<GlobalAveragePooling2D> registered_2d{"GlobalAveragePooling2D"};
const Register<GlobalAveragePooling3D> registered_3d{"GlobalAveragePooling3D"};

}  // namespace kerascope::layers
