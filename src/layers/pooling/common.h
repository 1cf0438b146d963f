// What the pooling layers share.
#pragma once

#include <numeric>

#include "layers/build.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/spatial.h"

namespace kerascope::layers {

template <template <int> typename PoolLayer, int Rank>
Outputs pooled(Build& b, const PoolLayer<Rank>& layer, ops::PoolKind kind) {
  b.require_rank(Rank + 2);
  const Size<Rank> strides = layer.strides.value_or(layer.pool_size);
  b.require_at_least(1, "pool_size", layer.pool_size);
  b.require_at_least(1, "strides", strides);
  const Value x = channels_last(b, b.input(), layer.data_format);
  const Value y = ops::pool(b.graph, x, kind,
                            {.size = {layer.pool_size.begin(), layer.pool_size.end()},
                             .strides = {strides.begin(), strides.end()},
                             .padding = layer.padding == Padding::kSame ? ops::Padding::kSame : ops::Padding::kValid});
  return b.with_axes(from_channels_last(b, y, layer.data_format), map_axes(layer.data_format, Rank));
}

template <template <int> typename PoolLayer, int Rank>
Outputs globally_pooled(Build& b, const PoolLayer<Rank>& layer, ops::Reduction reduction) {
  b.require_rank(Rank + 2);
  std::vector<int> axes(Rank);
  std::iota(axes.begin(), axes.end(), layer.data_format == DataFormat::kChannelsLast ? 1 : 2);
  const Value y = ops::reduce(b.graph, b.input(), reduction, {.axes = axes, .keepdims = layer.keepdims});
  return b.with_axes(y, layer.keepdims ? map_axes(layer.data_format, Rank) : "C");
}

template <template <int> typename PoolLayer, int Rank>
Outputs adaptively_pooled(Build& b, const PoolLayer<Rank>& layer, ops::PoolKind kind) {
  b.require_rank(Rank + 2);
  b.require_at_least(1, "output_size", layer.output_size);
  const Value x = channels_last(b, b.input(), layer.data_format);
  const Value y = ops::adaptive_pool(b.graph, x, kind, {layer.output_size.begin(), layer.output_size.end()});
  return b.with_axes(from_channels_last(b, y, layer.data_format), map_axes(layer.data_format, Rank));
}

}  // namespace kerascope::layers
