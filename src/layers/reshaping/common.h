// What the layers share that add or take away at the edges.
#pragma once

#include "layers/build.h"
#include "ops/ops.h"

namespace kerascope::layers {

/// Of a spatial axis, counted from 0, the axis of the tensor.
inline int tensor_axis(int spatial_axis, DataFormat format) {
  return spatial_axis + (format == DataFormat::kChannelsLast ? 1 : 2);
}

template <std::size_t Rank>
void require_no_negative(const Build& b, const char* key,
                         const std::array<std::array<std::int64_t, 2>, Rank>& borders) {
  for (const auto& [before, after] : borders)
    if (before < 0 || after < 0)
      b.fail("config-type", fmt::format("'{}' of layer '{}' ({}) has {} and {}, not at least 0", key, b.layer().name,
                                        b.layer().class_name, before, after));
}

/// Adds zeros, or cuts where the numbers are negative.
template <std::size_t Rank>
Outputs with_borders(Build& b, const std::array<std::array<std::int64_t, 2>, Rank>& borders, DataFormat format) {
  ops::PadOptions options;
  options.sizes.resize(Rank + 2);
  for (std::size_t i = 0; i < Rank; ++i)
    options.sizes[static_cast<std::size_t>(tensor_axis(static_cast<int>(i), format))] = borders[i];
  return b.with_axes(ops::pad(b.graph, b.input(), options), map_axes(format, Rank));
}

}  // namespace kerascope::layers
