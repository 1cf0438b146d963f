// What the pooling layers share.
#pragma once

#include "layers/build.h"
#include "ops/ops.h"

namespace kerascope::layers {

template <typename PoolLayer>
Outputs pooled(Build& b, const PoolLayer& layer, ops::PoolKind kind) {
  b.require_rank(4);
  const Size2D strides = layer.strides.value_or(layer.pool_size);
  for (std::int64_t size : {layer.pool_size[0], layer.pool_size[1], strides[0], strides[1]})
    if (size < 1)
      b.fail("config-type", fmt::format("layer '{}' ({}) pools with a size of {}, which must be at least 1",
                                        b.layer().name, b.layer().class_name, size));
  const Value x = channels_last(b, b.input(), layer.data_format);
  const Value y = ops::pool(b.graph, x, kind,
                            {.size = {layer.pool_size[0], layer.pool_size[1]},
                             .strides = {strides[0], strides[1]},
                             .padding = layer.padding == Padding::kSame ? ops::Padding::kSame : ops::Padding::kValid});
  return b.with_axes(from_channels_last(b, y, layer.data_format), map_axes(layer.data_format));
}

template <typename PoolLayer>
Outputs globally_pooled(Build& b, const PoolLayer& layer, ops::Reduction reduction) {
  b.require_rank(4);
  const bool last = layer.data_format == DataFormat::kChannelsLast;
  const std::vector<int> axes = last ? std::vector{1, 2} : std::vector{2, 3};
  const Value y = ops::reduce(b.graph, b.input(), reduction, {.axes = axes, .keepdims = layer.keepdims});
  return b.with_axes(y, layer.keepdims ? map_axes(layer.data_format) : "C");
}

}  // namespace kerascope::layers
