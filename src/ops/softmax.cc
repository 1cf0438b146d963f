// Softmax and its logarithm along one axis, any shape. A NaN or +infinity makes its whole row NaN.

#include "ops/softmax.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "ops/axis.h"
#include "ops/math.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 4 * 1024;
// Rows that are computed side by side: a register or two.
constexpr int kLanes = 16;

inline float larger(float a, float b) { return a > b ? a : b; }

/// One contiguous row, with kLanes partial results. Sums are in double, so that long rows lose no digits.
template <bool kLog>
void softmax_row(const float* in, float* out, std::int64_t n) {
  vectorized([=] {
    float top[kLanes];
    double sum[kLanes] = {};
    for (float& lane : top) lane = in[0];
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
      for (int lane = 0; lane < kLanes; ++lane) top[lane] = larger(in[i + lane], top[lane]);
    for (; i < n; ++i) top[0] = larger(in[i], top[0]);
    for (int lane = 1; lane < kLanes; ++lane) top[0] = larger(top[lane], top[0]);
    const float most = top[0];

    for (i = 0; i + kLanes <= n; i += kLanes)
      for (int lane = 0; lane < kLanes; ++lane) {
        const float e = math::exp(in[i + lane] - most);
        out[i + lane] = e;
        sum[lane] += e;
      }
    for (; i < n; ++i) sum[0] += out[i] = math::exp(in[i] - most);
    double all = 0;
    for (double lane : sum) all += lane;
    const float total = static_cast<float>(all);
    if (kLog) {
      const float log_total = math::log(total);
      for (i = 0; i < n; ++i) out[i] = (in[i] - most) - log_total;
    } else {
      for (i = 0; i < n; ++i) out[i] /= total;
    }
  });
}

/// `width` <= kLanes neighbouring columns of n numbers, `stride` apart.
template <bool kLog>
void softmax_columns(const float* in, float* out, std::int64_t n, std::int64_t stride, int width) {
  vectorized([=] {
    float top[kLanes];
    double sum[kLanes] = {};
    for (int lane = 0; lane < width; ++lane) top[lane] = in[lane];
    for (std::int64_t i = 1; i < n; ++i)
      for (int lane = 0; lane < width; ++lane) top[lane] = larger(in[i * stride + lane], top[lane]);
    for (std::int64_t i = 0; i < n; ++i)
      for (int lane = 0; lane < width; ++lane) {
        const float e = math::exp(in[i * stride + lane] - top[lane]);
        out[i * stride + lane] = e;
        sum[lane] += e;
      }
    float total[kLanes];
    for (int lane = 0; lane < width; ++lane) {
      total[lane] = static_cast<float>(sum[lane]);
      if (kLog) total[lane] = math::log(total[lane]);
    }
    for (std::int64_t i = 0; i < n; ++i)
      for (int lane = 0; lane < width; ++lane) {
        float& y = out[i * stride + lane];
        y = kLog ? (in[i * stride + lane] - top[lane]) - total[lane] : y / total[lane];
      }
  });
}

template <bool kLog>
class SoftmaxOp : public Float32Op {
 public:
  explicit SoftmaxOp(int axis) : axis_(axis) {}

  std::string kind() const override { return kName; }
  std::string attributes() const override { return fmt::format("axis {}", axis_); }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return resolved_axis(kName, axis_, in[0]) != 0;
  }

  Shape infer(std::span<const Shape> in) const override {
    resolved_axis(kName, axis_, in[0]);
    return in[0];
  }

  /// Four an element: subtraction, exp, sum, division (log_softmax: a second subtraction); the maximum is a fifth.
  Cost cost(std::span<const Shape>, const Shape& out) const override {
    const double elements = static_cast<double>(out.elements());
    return {.flops = 5 * elements, .bytes = 2 * elements * sizeof(float)};
  }

  bool is_rowwise(std::span<const Shape>, const Shape& out) const override {
    return view_of_axis(out, resolved_axis(kName, axis_, out)).inner == 1;
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    const AxisView view = view_of_axis(out, resolved_axis(kName, axis_, out));
    if (out.elements() == 0) return [](const OpArguments&) {};
    if (view.inner == 1)
      return OpKernel::rowwise(view.outer, in, out, [size = view.size](const OpArguments& args) {
        for (std::int64_t row = 0; row < args.end - args.begin; ++row)
          softmax_row<kLog>(args.in[0] + row * size, args.out + row * size, size);
      });
    return [view](const OpArguments& arguments) {
      const std::int64_t groups = (view.inner + kLanes - 1) / kLanes;
      parallel_for(view.outer * groups, 1 + kGrain / (view.size * kLanes), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t column = i % groups * kLanes, offset = i / groups * view.size * view.inner + column;
          softmax_columns<kLog>(arguments.in[0] + offset, arguments.out + offset, view.size, view.inner,
                                static_cast<int>(std::min<std::int64_t>(kLanes, view.inner - column)));
        }
      });
    };
  }

 private:
  static constexpr const char* kName = kLog ? "log_softmax" : "softmax";
  int axis_;
};

}  // namespace

Value softmax(Graph& graph, Value x, int axis) { return graph.apply(std::make_shared<SoftmaxOp<false>>(axis), {x}); }
Value log_softmax(Graph& graph, Value x, int axis) { return graph.apply(std::make_shared<SoftmaxOp<true>>(axis), {x}); }

}  // namespace kerascope::ops
