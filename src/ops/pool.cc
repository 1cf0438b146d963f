// The largest or the mean number of each window: (N, spatial.., C) -> (N, spatial.., C).
#include <algorithm>
#include <array>
#include <limits>
#include <memory>

#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/pool.h"
#include "ops/window.h"

namespace kerascope::ops {
namespace {

/// The part of a window that lies inside the input.
struct Range {
  std::int64_t begin, end;
};

struct PoolAxis {
  std::int64_t in = 1, out = 1;
  std::int64_t size = 1, stride = 1, before = 0;
  bool adaptive = false;  ///< windows depend on in and out only

  Range window(std::int64_t position) const {
    if (adaptive) return {position * in / out, ((position + 1) * in + out - 1) / out};
    const std::int64_t start = position * stride - before;
    return {std::max<std::int64_t>(start, 0), std::min(start + size, in)};
  }
};

/// Always with three spatial axes; those that the input lacks come first and have one position.
struct Geometry {
  std::array<PoolAxis, 3> axes;
  std::int64_t channels;
};

/// As TensorFlow: NaN never wins, and the maximum is at least the lowest finite number.
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

/// Computes one position: C numbers, in blocks of channels that stay in registers.
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
void pool_rows(const Geometry& geometry, const OpArguments& args) {
  vectorized([&geometry, in = args.in[0], out = args.out, begin = args.begin, end = args.end] {
    const auto& [deep, high, wide] = geometry.axes;
    const std::int64_t item = deep.in * high.in * wide.in * geometry.channels;
    float* y = out;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t h = i % high.out, d = i / high.out % deep.out, n = i / high.out / deep.out;
      for (std::int64_t w = 0; w < wide.out; ++w, y += geometry.channels)
        reduce_window<Rule>(geometry, {deep.window(d), high.window(h), wide.window(w)}, in + n * item, y);
    }
  });
}

class PoolOp : public Float32Op {
 public:
  PoolOp(std::string name, PoolKind kind) : name_(std::move(name)), kind_(kind) {}

  std::string kind() const override { return name_; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }

  Shape infer(std::span<const Shape> in) const override {
    std::vector<std::int64_t> sizes = {in[0][0]};
    for (const PoolAxis& axis : axes(in[0])) sizes.push_back(axis.out);
    sizes.push_back(in[0].back());
    return Shape(std::move(sizes));
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    for (const PoolAxis& axis : axes(in[0])) cost.flops *= static_cast<double>(axis.size);
    return cost;
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    Geometry geometry = {.axes = {}, .channels = out.back()};
    std::ranges::copy_backward(axes(in[0].shape), geometry.axes.end());
    const auto rows = kind_ == PoolKind::kMax ? pool_rows<Largest> : pool_rows<Mean>;
    return OpKernel::by_rows(out[0] * geometry.axes[0].out * geometry.axes[1].out, 1,
                             [geometry, rows](const OpArguments& args) { rows(geometry, args); });
  }

 protected:
  virtual std::vector<PoolAxis> axes(const Shape& in) const = 0;

  std::string name_;

 private:
  PoolKind kind_;
};

class SlidingPool final : public PoolOp {
 public:
  SlidingPool(PoolKind kind, WindowOptions window)
      : PoolOp(kind == PoolKind::kMax ? "max_pool" : "average_pool", kind), window_(std::move(window)) {}

  std::string attributes() const override { return ops::describe(window_); }

 private:
  std::vector<PoolAxis> axes(const Shape& in) const override {
    std::vector<PoolAxis> axes;
    for (const WindowAxis& axis : slide(name_, in, window_))
      axes.push_back({.in = axis.in, .out = axis.out, .size = axis.size, .stride = axis.stride, .before = axis.before});
    return axes;
  }

  WindowOptions window_;
};

class AdaptivePool final : public PoolOp {
 public:
  AdaptivePool(PoolKind kind, Spatial out)
      : PoolOp(kind == PoolKind::kMax ? "adaptive_max_pool" : "adaptive_average_pool", kind), out_(std::move(out)) {}

  std::string attributes() const override { return fmt::format("to {}", fmt::join(out_, "x")); }

 private:
  std::vector<PoolAxis> axes(const Shape& in) const override {
    constexpr std::int64_t kMost = 1 << 20;
    if (out_.empty() || out_.size() > 3 || static_cast<int>(out_.size()) + 2 != in.rank())
      refuse(fmt::format("{} has {} output sizes for an input of {}", name_, out_.size(), in.str()));
    std::vector<PoolAxis> axes;
    for (std::size_t i = 0; i < out_.size(); ++i) {
      const std::int64_t size = in[static_cast<int>(i) + 1];
      if (size < 1 || out_[i] < 1 || out_[i] > kMost)
        refuse(fmt::format("{} of an input of {} to {} positions: there must be 1 to {}", name_, in.str(), out_[i],
                           kMost));
      axes.push_back({.in = size, .out = out_[i], .size = (size + out_[i] - 1) / out_[i], .adaptive = true});
    }
    return axes;
  }

  [[noreturn]] static void refuse(std::string what) {
    throw Error({.code = "shape-mismatch", .what = std::move(what)});
  }

  Spatial out_;
};

}  // namespace

Value pool(Graph& graph, Value x, PoolKind kind, const PoolOptions& options) {
  WindowOptions window = {.size = options.size, .strides = options.strides, .padding = options.padding};
  if (window.strides.empty()) window.strides = window.size;
  return graph.apply(std::make_shared<SlidingPool>(kind, std::move(window)), {x});
}

Value adaptive_pool(Graph& graph, Value x, PoolKind kind, const Spatial& out) {
  return graph.apply(std::make_shared<AdaptivePool>(kind, out), {x});
}

}  // namespace kerascope::ops
