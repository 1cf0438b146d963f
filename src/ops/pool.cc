// The largest or the mean number of each window: (N, spatial.., C) -> (N, spatial.., C).
#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "base/parallel.h"
#include "base/simd.h"
#include "ops/window.h"

namespace kerascope::ops {
namespace {

/// Three spatial axes always: those that the input lacks have one position and come first.
struct Geometry {
  std::array<WindowAxis, 3> axes;
  std::int64_t channels;
};

/// The part of the window at `position` that lies inside the input.
struct Range {
  std::int64_t begin, end;
};
Range inside(const WindowAxis& axis, std::int64_t position) {
  const std::int64_t start = position * axis.stride - axis.before;
  return {std::max<std::int64_t>(start, 0), std::min(start + axis.size, axis.in)};
}

/// NaN never replaces a number and what is below the lowest finite number is that: as TensorFlow computes it.
struct Largest {
  static constexpr float kStart = std::numeric_limits<float>::lowest();
  static float join(float so_far, float x) { return x > so_far ? x : so_far; }
  static float finish(float largest, float) { return largest; }
};
struct Mean {
  static constexpr float kStart = 0;
  static float join(float so_far, float x) { return so_far + x; }
  static float finish(float sum, float count) { return sum / count; }
};

/// One position of the window: `out` gets C numbers. Channels go in blocks that stay in registers.
template <typename Rule>
void reduce_window(const Geometry& geometry, const std::array<Range, 3>& window, const float* item, float* out) {
  constexpr std::int64_t kBlock = 32;
  const auto& [deep, high, wide] = window;
  const std::int64_t channels = geometry.channels, height = geometry.axes[1].in, width = geometry.axes[2].in;
  const auto count = static_cast<float>((deep.end - deep.begin) * (high.end - high.begin) * (wide.end - wide.begin));
  const auto block = [&](std::int64_t first, auto size) {
    float joined[kBlock];
    for (std::int64_t c = 0; c < size; ++c) joined[c] = Rule::kStart;
    for (std::int64_t d = deep.begin; d < deep.end; ++d)
      for (std::int64_t h = high.begin; h < high.end; ++h) {
        const float* x = item + ((d * height + h) * width + wide.begin) * channels + first;
        for (std::int64_t w = wide.begin; w < wide.end; ++w, x += channels)
          for (std::int64_t c = 0; c < size; ++c) joined[c] = Rule::join(joined[c], x[c]);
      }
    for (std::int64_t c = 0; c < size; ++c) out[first + c] = Rule::finish(joined[c], count);
  };
  std::int64_t first = 0;
  for (; first + kBlock <= channels; first += kBlock) block(first, std::integral_constant<std::int64_t, kBlock>());
  if (first < channels) block(first, channels - first);
}

template <typename Rule>
void pool_all(const Geometry& geometry, std::int64_t batch, const float* in, float* out) {
  const auto& [deep, high, wide] = geometry.axes;
  const std::int64_t item = deep.in * high.in * wide.in * geometry.channels;
  const std::int64_t row = wide.out * geometry.channels;
  parallel_for(batch * deep.out * high.out, 1, [&](std::int64_t begin, std::int64_t end) {
    vectorized([=, &geometry] {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t h = i % geometry.axes[1].out, d = i / geometry.axes[1].out % geometry.axes[0].out,
                           n = i / geometry.axes[1].out / geometry.axes[0].out;
        for (std::int64_t w = 0; w < geometry.axes[2].out; ++w)
          reduce_window<Rule>(geometry,
                              {inside(geometry.axes[0], d), inside(geometry.axes[1], h), inside(geometry.axes[2], w)},
                              in + n * item, out + i * row + w * geometry.channels);
      }
    });
  });
}

class Pool final : public Op {
 public:
  Pool(PoolKind kind, WindowOptions window)
      : name_(kind == PoolKind::kMax ? "max_pool" : "average_pool"), kind_(kind), window_(std::move(window)) {}

  std::string describe() const override { return name_ + ' ' + ops::describe(window_); }

  Shape infer(std::span<const Shape> in) const override {
    return windowed(in[0], slide(name_, in[0], window_), in[0].back());
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    for (std::int64_t size : window_.size) cost.flops *= static_cast<double>(size);
    return cost;
  }

  Kernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const KernelArguments&) {};
    constexpr WindowAxis kOne = {.in = 1, .size = 1, .stride = 1, .dilation = 1, .out = 1, .before = 0, .after = 0};
    Geometry geometry = {.axes = {kOne, kOne, kOne}, .channels = out.back()};
    std::ranges::copy_backward(slide(name_, in[0].shape, window_), geometry.axes.end());
    return [geometry, batch = out[0], run_pool = kind_ == PoolKind::kMax ? pool_all<Largest> : pool_all<Mean>](
               const KernelArguments& run) { run_pool(geometry, batch, run.in[0], run.out); };
  }

 private:
  std::string name_;
  PoolKind kind_;
  WindowOptions window_;
};

}  // namespace

Value pool(Graph& graph, Value x, PoolKind kind, const PoolOptions& options) {
  WindowOptions window = {.size = options.size, .strides = options.strides, .padding = options.padding};
  if (window.strides.empty()) window.strides = window.size;
  return graph.apply(std::make_shared<Pool>(kind, std::move(window)), {x});
}

}  // namespace kerascope::ops
