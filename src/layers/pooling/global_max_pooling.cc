// The largest number of each feature map. (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"
#include "ops/reduce.h"

namespace kerascope::layers {

void fields(of_rank<GlobalMaxPooling> auto& layer, auto&& field) {
  field("data_format", layer.data_format);
  field("keepdims", layer.keepdims);
}

template <int Rank>
Outputs build(const GlobalMaxPooling<Rank>& layer, Build& b) {
  return globally_pooled(b, layer, ops::Reduction::kMax);
}

const Register<GlobalMaxPooling1D> registered_1d{"GlobalMaxPooling1D"};
const Register<GlobalMaxPooling2D> registered_2d{"GlobalMaxPooling2D"};
const Register<GlobalMaxPooling3D> registered_3d{"GlobalMaxPooling3D"};

}  // namespace kerascope::layers
