// Keras's sparsemax along one axis, any shape.

#include "ops/sparsemax.h"
#include "base/parallel.h"
#include "ops/axis.h"

namespace kerascope::ops {
namespace {

/// The threshold that is subtracted, from numbers in descending order. With k > 1 numbers in the support, Keras 3.15
/// adds up all their running sums; Martins and Astudillo take only the last. A user has to see what Keras computes.
float threshold_of(const std::vector<float>& descending) {
  float running = 0, total = 0, support = 0, rank = 0;
  for (float number : descending) {
    running += number;
    rank += 1;
    if (number - (running - 1) / rank > 0) {
      total += running;
      support += 1;
    }
  }
  return (total - 1) / support;
}

class SparsemaxOp : public Float32Op {
 public:
  explicit SparsemaxOp(int axis) : axis_(axis) {}

  std::string kind() const override { return "sparsemax"; }
  std::string attributes() const override { return fmt::format("axis {}", axis_); }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return resolved_axis("sparsemax", axis_, in[0]) != 0;
  }

  Shape infer(std::span<const Shape> in) const override {
    resolved_axis("sparsemax", axis_, in[0]);
    return in[0];
  }

  /// Per element: log2(size) comparisons for sorting, six operations for the rest.
  Cost cost(std::span<const Shape>, const Shape& out) const override {
    const double elements = static_cast<double>(out.elements());
    const double size = static_cast<double>(out[resolved_axis("sparsemax", axis_, out)]);
    return {.flops = elements * (std::log2(std::max(size, 1.0)) + 6), .bytes = 2 * elements * sizeof(float)};
  }

  OpKernel prepare(const Session&, std::span<const Operand>, const Shape& out) const override {
    const AxisView view = view_of_axis(out, resolved_axis("sparsemax", axis_, out));
    const std::int64_t rows = out.elements() == 0 ? 0 : view.outer * view.inner;
    return [=](const OpArguments& arguments) {
      parallel_for(rows, 1 + 1024 / std::max<std::int64_t>(view.size, 1), [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> descending(static_cast<std::size_t>(view.size));
        for (std::int64_t row = begin; row < end; ++row) {
          const std::int64_t offset = row / view.inner * view.size * view.inner + row % view.inner;
          const float* in = arguments.in[0] + offset;
          float* y = arguments.out + offset;
          for (std::int64_t i = 0; i < view.size; ++i) descending[static_cast<std::size_t>(i)] = in[i * view.inner];
          // NaN goes to the front, where it makes the whole row NaN; it must not reach an ordinary `>`.
          std::sort(descending.begin(), descending.end(),
                    [](float a, float b) { return std::isnan(a) ? !std::isnan(b) : a > b; });
          const float threshold = std::isnan(descending[0]) ? descending[0] : threshold_of(descending);
          for (std::int64_t i = 0; i < view.size; ++i) {
            const float rest = in[i * view.inner] - threshold;
            y[i * view.inner] = rest < 0 ? 0 : rest;
          }
        }
      });
    };
  }

 private:
  int axis_;
};

}  // namespace

Value sparsemax(Graph& graph, Value x, int axis) { return graph.apply(std::make_shared<SparsemaxOp>(axis), {x}); }

}  // namespace kerascope::ops
