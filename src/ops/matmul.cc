// Matrix by matrix of a batch: (N, M, K) by (N, K, O) -> (N, M, O), by oneDNN.
#include <fmt/format.h>

#include <memory>

#include "kerascope/error.h"
#include "onednn/memory.h"
#include "onednn/primitive.h"
#include "ops/matmul.h"

namespace kerascope::ops {
namespace {

class Matmul final : public Float32Op {
 public:
  std::string kind() const override { return "matmul"; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }

  Shape infer(std::span<const Shape> in) const override {
    const Shape &left = in[0], &right = in[1];
    if (left.rank() != 3 || right.rank() != 3 || left[0] != right[0] || left[2] != right[1])
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("matmul of {} by {}: (N, M, K) by (N, K, O) is due", left.str(), right.str())});
    return {left[0], left[1], right[2]};
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 2.0 * static_cast<double>(out.elements()) * static_cast<double>(in[0][2]);
    return cost;
  }

  Kernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override {
    if (in[0].shape[2] == 0)
      return [count = out.elements()](const KernelArguments& run) { std::fill_n(run.out, count, 0.0f); };
    if (out.elements() == 0) return [](const KernelArguments&) {};
    const auto left = row_major(in[0].shape), right = row_major(in[1].shape), y = row_major(out);
    const auto description = describe_primitive<dnnl::matmul>(session, describe(), left, right, y);
    return [=, &session, primitive = Primitive(session, describe(), description)](const KernelArguments& run) {
      primitive.run({{DNNL_ARG_SRC, view(session, left, run.in[0])},
                     {DNNL_ARG_WEIGHTS, view(session, right, run.in[1])},
                     {DNNL_ARG_DST, view(session, y, run.out)}});
    };
  }
};

}  // namespace

Value matmul(Graph& graph, Value left, Value right) { return graph.apply(std::make_shared<Matmul>(), {left, right}); }

}  // namespace kerascope::ops
