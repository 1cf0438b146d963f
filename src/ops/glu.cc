// Gated linear unit: the first half of an axis times the sigmoid of the second. (.., 2 n, ..) -> (.., n, ..)

#include "ops/glu.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "ops/axis.h"
#include "ops/math.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

class GluOp : public Float32Op {
 public:
  explicit GluOp(int axis) : axis_(axis) {}

  std::string kind() const override { return "glu"; }
  std::string attributes() const override { return fmt::format("axis {}", axis_); }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return resolved_axis("glu", axis_, in[0]) != 0;
  }

  Shape infer(std::span<const Shape> in) const override {
    const int axis = resolved_axis("glu", axis_, in[0]);
    Shape out = in[0];
    if (out[axis] % 2 != 0)
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("glu halves axis {} of {}, whose size {} is odd", axis, out.str(), out[axis])});
    out[axis] /= 2;
    return out;
  }

  /// Per element four for the sigmoid, one for the product.
  Cost cost(std::span<const Shape>, const Shape& out) const override {
    const double elements = static_cast<double>(out.elements());
    return {.flops = 5 * elements, .bytes = 3 * elements * sizeof(float)};
  }

  OpKernel prepare(const Session&, std::span<const Operand>, const Shape& out) const override {
    const AxisView view = view_of_axis(out, resolved_axis("glu", axis_, out));
    const std::int64_t half = view.size * view.inner;
    return [=, count = out.elements()](const OpArguments& arguments) {
      parallel_for(count, 16 * 1024, [&](std::int64_t begin, std::int64_t end) {
        for_each_row_piece(begin, end, half, [&](std::int64_t row, std::int64_t from, std::int64_t to) {
          const float* value = arguments.in[0] + row * 2 * half;
          vectorized([=, gate = value + half, y = arguments.out + row * half] {
            for (std::int64_t i = from; i < to; ++i) y[i] = value[i] * math::sigmoid(gate[i]);
          });
        });
      });
    };
  }

 private:
  int axis_;
};

}  // namespace

Value glu(Graph& graph, Value x, int axis) { return graph.apply(std::make_shared<GluOp>(axis), {x}); }

}  // namespace kerascope::ops
