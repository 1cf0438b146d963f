// What the cropping and padding layers share.
#pragma once

#include "layers/build.h"
#include "ops/pad.h"

namespace kerascope::layers {

/// The tensor's axis of a spatial axis, which is counted from 0.
inline int tensor_axis(int spatial_axis, DataFormat format) {
  return spatial_axis + (format == DataFormat::kChannelsLast ? 1 : 2);
}

template <int Rank>
void require_no_negative(const Build& b, const char* key, const Borders<Rank>& borders) {
  for (const auto& [before, after] : borders)
    if (before < 0 || after < 0)
      b.fail("config-type", fmt::format("'{}' of layer '{}' ({}) has {} and {}, not at least 0", key, b.layer().name,
                                        b.layer().class_name, before, after));
}

/// Adds zeros at the borders; negative numbers crop.
template <int Rank>
Outputs with_borders(Build& b, const Borders<Rank>& borders, DataFormat format) {
  ops::PadOptions options;
  options.sizes.resize(Rank + 2);
  for (int i = 0; i < Rank; ++i) {
    const auto [before, after] = borders[static_cast<std::size_t>(i)];
    options.sizes[static_cast<std::size_t>(tensor_axis(i, format))] = {before, after};
  }
  return b.with_axes(ops::pad(b.graph, b.input(), options), map_axes(format, Rank));
}

}  // namespace kerascope::layers
