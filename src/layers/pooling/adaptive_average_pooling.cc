// The mean of each of output_size windows. (N, H, W, C) -> (N, output_size.., C)
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"
#include "ops/pool.h"

namespace kerascope::layers {

void fields(of_rank<AdaptiveAveragePooling> auto& layer, auto&& field) {
  field.required("output_size", layer.output_size);
  field("data_format", layer.data_format);
}

template <int Rank>
Outputs build(const AdaptiveAveragePooling<Rank>& layer, Build& b) {
  return adaptively_pooled(b, layer, ops::PoolKind::kAverage);
}

const Register<AdaptiveAveragePooling1D> registered_1d{"AdaptiveAveragePooling1D"};
const Register<AdaptiveAveragePooling2D> registered_2d{"AdaptiveAveragePooling2D"};
const Register<AdaptiveAveragePooling3D> registered_3d{"AdaptiveAveragePooling3D"};

}  // namespace kerascope::layers
