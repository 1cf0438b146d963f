// (..., I) with a kernel (I, O) and a bias (O) -> (..., O), by oneDNN.
#include <fmt/format.h>

#include <memory>

#include "kerascope/error.h"
#include "onednn/memory.h"
#include "onednn/primitive.h"
#include "ops/ops.h"

namespace kerascope::ops {
namespace {

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

class Dense final : public Op {
 public:
  std::string describe() const override { return "dense"; }

  Shape infer(std::span<const Shape> in) const override {
    const Shape &x = in[0], &kernel = in[1];
    if (kernel.rank() != 2 || x.rank() < 1 || kernel[0] != x.back() || kernel[0] < 1)
      refuse(fmt::format("dense has a kernel of shape {} for an input of {}", kernel.str(), x.str()));
    if (in.size() > 2 && in[2] != Shape{kernel[1]})
      refuse(fmt::format("dense has a bias of shape {} for {} units", in[2].str(), kernel[1]));
    Shape out = x;
    out[out.rank() - 1] = kernel[1];
    return out;
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    cost.flops = 2.0 * static_cast<double>(out.elements()) * static_cast<double>(in[1][0]);
    return cost;
  }

  Kernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const KernelArguments&) {};
    const std::int64_t units_in = in[1].shape[0], units = in[1].shape[1], rows = out.elements() / units;
    const auto x = row_major({rows, units_in}), y = row_major({rows, units}),
               bias = in.size() > 2 ? row_major({units}) : dnnl::memory::desc();
    // oneDNN's axes are (O, I). Keras's (I, O) is read as it lies: for few rows the kernel streams from memory either
    // way, and VGG16's first one has 411 MB.
    const auto kernel = row_major({units_in, units}).permute_axes({1, 0});
    const auto description = describe_primitive<dnnl::inner_product_forward>(session, describe(), x, kernel, bias, y);
    return [=, primitive = Primitive(session, describe(), description)](const KernelArguments& run) {
      Primitive::Arguments arguments = {{DNNL_ARG_SRC, view(session, x, run.in[0])},
                                        {DNNL_ARG_WEIGHTS, view(session, kernel, run.in[1])},
                                        {DNNL_ARG_DST, view(session, y, run.out)}};
      if (run.in.size() > 2) arguments.emplace(DNNL_ARG_BIAS, view(session, bias, run.in[2]));
      primitive.run(std::move(arguments));
    };
  }
};

}  // namespace

Value dense(Graph& graph, Value x, Value kernel, std::optional<Value> bias) {
  std::vector<Value> inputs = {x, kernel};
  if (bias) inputs.push_back(*bias);
  return graph.apply(std::make_shared<Dense>(), std::move(inputs));
}

}  // namespace kerascope::ops
