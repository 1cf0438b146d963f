// The largest number of each of output_size windows. (N, H, W, C) -> (N, output_size.., C)
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"
#include "ops/pool.h"

namespace kerascope::layers {

void fields(of_rank<AdaptiveMaxPooling> auto& layer, auto&& field) {
  field.required("output_size", layer.output_size);
  field("data_format", layer.data_format);
}

template <int Rank>
Outputs build(const AdaptiveMaxPooling<Rank>& layer, Build& b) {
  return adaptively_pooled(b, layer, ops::PoolKind::kMax);
}

const Register<AdaptiveMaxPooling1D> registered_1d{"AdaptiveMaxPooling1D"};
const Register<AdaptiveMaxPooling2D> registered_2d{"AdaptiveMaxPooling2D"};
const Register<AdaptiveMaxPooling3D> registered_3d{"AdaptiveMaxPooling3D"};

}  // namespace kerascope::layers
