// The same numbers under another shape; nothing is computed.

#include "base/check.h"
#include "kerascope/error.h"
#include "ops/ops.h"

namespace kerascope::ops {
namespace {

class ReshapeOp : public Op {
 public:
  explicit ReshapeOp(Shape shape) : shape_(std::move(shape)) {}

  std::string describe() const override { return "reshape " + shape_.str(); }

  Shape infer(std::span<const Shape> in) const override {
    if (in[0].elements() != shape_.elements())
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("reshape of {} to {}: {} elements cannot become {}", in[0].str(), shape_.str(),
                                       in[0].elements(), shape_.elements())});
    return shape_;
  }

  bool is_view() const override { return true; }

  Kernel prepare(const Session&, std::span<const Operand>, const Shape&) const override { KERASCOPE_CHECK(false); }

 private:
  Shape shape_;
};

}  // namespace

Value reshape(Graph& graph, Value x, Shape shape) {
  if (graph.shape(x) == shape) return x;
  return graph.apply(std::make_shared<ReshapeOp>(std::move(shape)), {x});
}

}  // namespace kerascope::ops
