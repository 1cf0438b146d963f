// For the tests of ops with windows: every small window, and the input's axes lifted to three.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "ops/spatial.h"

namespace kerascope::ops_test {

/// One axis of a slow loop: where a window lies, written down from TensorFlow's documentation, not from window.cc.
struct SlowAxis {
  std::int64_t in = 1, size = 1, stride = 1, dilation = 1;
  ops::Padding padding = ops::Padding::kValid;

  std::int64_t extent() const { return (size - 1) * dilation + 1; }
  std::int64_t out() const {
    if (padding != ops::Padding::kValid) return (in + stride - 1) / stride;
    return in < extent() ? 0 : (in - extent()) / stride + 1;
  }
  /// Where number `offset` of the window at `position` comes from; outside of [0, in) it is padding.
  std::int64_t source(std::int64_t position, std::int64_t offset) const {
    std::int64_t added = 0;
    while (padding == ops::Padding::kSame && in + added < (out() - 1) * stride + extent()) ++added;
    const std::int64_t before = padding == ops::Padding::kCausal ? extent() - 1 : added / 2;
    return position * stride - before + offset * dilation;
  }
};

/// All sizes 1 to 6, windows 1 to 4, strides 1 to 3, dilations 1 to `most_dilation`, all paddings, that have an
/// output.
inline std::vector<SlowAxis> all_small_axes(std::int64_t most_dilation) {
  std::vector<SlowAxis> axes;
  for (std::int64_t in = 1; in <= 6; ++in)
    for (std::int64_t size = 1; size <= 4; ++size)
      for (std::int64_t stride = 1; stride <= 3; ++stride)
        for (std::int64_t dilation = 1; dilation <= most_dilation; ++dilation)
          for (ops::Padding padding : {ops::Padding::kValid, ops::Padding::kSame, ops::Padding::kCausal})
            if (const SlowAxis axis{in, size, stride, dilation, padding}; axis.out() > 0) axes.push_back(axis);
  return axes;
}

/// A window over 1 to 3 axes, all with the first one's padding. The missing ones come first and have one position.
struct SlowWindow {
  explicit SlowWindow(std::vector<SlowAxis> spatial) : given(std::move(spatial)) {
    for (SlowAxis& axis : given) axis.padding = given[0].padding;
    std::copy(given.begin(), given.end(), axes.end() - static_cast<std::ptrdiff_t>(given.size()));
  }
  bool has_output() const { return axes[0].out() > 0 && axes[1].out() > 0 && axes[2].out() > 0; }
  ops::Padding padding() const { return given[0].padding; }
  ops::Spatial list(std::int64_t SlowAxis::*field) const {
    ops::Spatial numbers;
    for (const SlowAxis& axis : given) numbers.push_back(axis.*field);
    return numbers;
  }
  Shape in_shape(std::int64_t batch, std::int64_t channels) const {
    std::vector<std::int64_t> sizes = {batch};
    for (const SlowAxis& axis : given) sizes.push_back(axis.in);
    sizes.push_back(channels);
    return Shape(sizes);
  }
  Shape out_shape(std::int64_t batch, std::int64_t channels) const {
    std::vector<std::int64_t> sizes = {batch};
    for (const SlowAxis& axis : given) sizes.push_back(axis.out());
    sizes.push_back(channels);
    return Shape(sizes);
  }
  /// visit(position in the output, position in the input, offset in the window), each counted row-major, padding left
  /// out.
  template <typename Visit>
  void each(const Visit& visit) const {
    const auto& [a, b, c] = axes;
    for (std::int64_t i = 0; i < a.out(); ++i)
      for (std::int64_t j = 0; j < b.out(); ++j)
        for (std::int64_t k = 0; k < c.out(); ++k)
          for (std::int64_t p = 0; p < a.size; ++p)
            for (std::int64_t q = 0; q < b.size; ++q)
              for (std::int64_t r = 0; r < c.size; ++r) {
                const std::int64_t d = a.source(i, p), h = b.source(j, q), w = c.source(k, r);
                if (d < 0 || d >= a.in || h < 0 || h >= b.in || w < 0 || w >= c.in) continue;
                visit((i * b.out() + j) * c.out() + k, (d * b.in + h) * c.in + w, (p * b.size + q) * c.size + r);
              }
  }

  std::vector<SlowAxis> given;
  std::array<SlowAxis, 3> axes;
};

/// Every small axis alone; then as many windows of two and three axes, of axes that are paired by a stride through
/// them.
inline std::vector<SlowWindow> all_small_windows(std::int64_t most_dilation) {
  const std::vector<SlowAxis> axes = all_small_axes(most_dilation);
  std::vector<SlowWindow> windows;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const SlowAxis &second = axes[i * 7 % axes.size()], &third = axes[i * 31 % axes.size()];
    for (SlowWindow window :
         {SlowWindow({axes[i]}), SlowWindow({axes[i], second}), SlowWindow({axes[i], second, third})})
      if (window.has_output()) windows.push_back(std::move(window));
  }
  return windows;
}

}  // namespace kerascope::ops_test
