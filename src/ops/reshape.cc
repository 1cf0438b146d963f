// The same numbers under another shape; nothing is computed.

#include "ops/reshape.h"
#include "base/check.h"
#include "kerascope/error.h"

namespace kerascope::ops {
namespace {

class ReshapeOp : public Op {
 public:
  explicit ReshapeOp(Shape shape) : shape_(std::move(shape)) {}

  std::string kind() const override { return "reshape"; }
  std::string attributes() const override { return shape_.str(); }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>&) const override {
    return shape_.rank() > 0 && shape_[0] == in[0][0];
  }

  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    const Shape& shape = in[0].shape;
    if (shape.elements() != shape_.elements())
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("reshape of {} to {}: {} elements cannot become {}", shape.str(), shape_.str(),
                                       shape.elements(), shape_.elements())});
    return {{shape_, in[0].dtype}};
  }

  bool is_view() const override { return true; }

  OpKernel kernel(const Session&, std::span<const Operand>, std::span<const ValueType>) const override {
    KERASCOPE_CHECK(false);
  }

 private:
  Shape shape_;
};

}  // namespace

std::optional<Shape> completed_shape(Shape wanted, std::int64_t elements) {
  int open = -1;
  for (int axis = 0; axis < wanted.rank(); ++axis) {
    if (wanted[axis] >= 0) continue;
    if (wanted[axis] != -1 || open >= 0) return {};
    open = axis;
  }
  if (open >= 0) {
    wanted[open] = 1;
    const std::int64_t known = wanted.elements();
    if (known == 0 || elements % known != 0) return {};
    wanted[open] = elements / known;
  }
  return wanted.elements() == elements ? std::optional(wanted) : std::nullopt;
}

Value reshape(Graph& graph, Value x, Shape shape) {
  if (graph.shape(x) == shape) return x;
  return graph.apply(std::make_shared<ReshapeOp>(std::move(shape)), {x});
}

}  // namespace kerascope::ops
