// The mean of each feature map. (N, H, W, C) -> (N, C), or (N, 1, 1, C) with keepdims
#include "kerascope/layers/pooling.h"
#include "layers/pooling/common.h"
#include "layers/registry.h"
#include "ops/binary.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/select.h"

namespace kerascope::layers {

void fields(of_rank<GlobalAveragePooling> auto& layer, auto&& field) {
  field("data_format", layer.data_format);
  field("keepdims", layer.keepdims);
}

namespace {

/// The mean of the steps that count. (N, T, C) -> (N, C)
Outputs pooled_where_masked(const GlobalAveragePooling1D& layer, Build& b) {
  b.require_rank(3);
  const bool is_last = layer.data_format == DataFormat::kChannelsLast;
  const Shape& mask = b.graph.shape(*b.mask());
  const Value counts = ops::reshape(
      b.graph, *b.mask(),
      is_last ? Shape{mask[0], mask.elements(1, mask.rank()), 1} : Shape{mask[0], 1, mask.elements(1, mask.rank())});
  const Value kept = ops::select(b.graph, counts, b.input(), b.constant(Shape(), {0}));
  const ops::ReduceOptions steps = {.axes = {is_last ? 1 : 2}, .keepdims = layer.keepdims};
  const Value mean = ops::binary(b.graph, ops::reduce(b.graph, kept, ops::Reduction::kSum, steps),
                                 ops::reduce(b.graph, counts, ops::Reduction::kSum, steps), ops::Binary::kDivide);
  return b.with_axes(mean, layer.keepdims ? map_axes(layer.data_format, 1) : "C");
}

}  // namespace

template <int Rank>
Outputs build(const GlobalAveragePooling<Rank>& layer, Build& b) {
  if constexpr (Rank == 1)
    if (b.mask()) return pooled_where_masked(layer, b);
  return globally_pooled(b, layer, ops::Reduction::kMean);
}

const Register<GlobalAveragePooling1D> registered_1d{"GlobalAveragePooling1D"};
const Register<GlobalAveragePooling2D> registered_2d{"GlobalAveragePooling2D"};
const Register<GlobalAveragePooling3D> registered_3d{"GlobalAveragePooling3D"};

}  // namespace kerascope::layers
