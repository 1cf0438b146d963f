// Transposed convolution of (N, spatial.., C) with a kernel (spatial.., O, C), by oneDNN's deconvolution.
#include <fmt/format.h>

#include <memory>

#include "kerascope/error.h"
#include "ops/convolving.h"

namespace kerascope::ops {
namespace {

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

class ConvTranspose final : public Op {
 public:
  ConvTranspose(WindowOptions window, std::optional<Spatial> output_padding)
      : window_(std::move(window)), output_padding_(std::move(output_padding)) {}

  std::string describe() const override {
    std::string text = kName + (' ' + ops::describe(window_));
    if (output_padding_) text += fmt::format(" output_padding {}", fmt::join(*output_padding_, "x"));
    return text;
  }

  Shape infer(std::span<const Shape> in) const override {
    const Shape &x = in[0], &kernel = in[1];
    if (x.rank() != kernel.rank() || kernel.rank() < 3)
      refuse(fmt::format("{} has a kernel of shape {} for an input of {}", kName, kernel.str(), x.str()));
    if (kernel.back() != x.back() || x.back() < 1)
      refuse(
          fmt::format("{} has a kernel for {} channels, its input {} has {}", kName, kernel.back(), x.str(), x.back()));
    const std::int64_t filters = kernel.back(2);
    if (in.size() > 2 && in[2] != Shape{filters})
      refuse(fmt::format("{} has a bias of shape {} for {} filters", kName, in[2].str(), filters));
    return windowed(x, axes(x), filters);
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    const Shape& kernel = in[1];
    cost.flops =
        2.0 * static_cast<double>(in[0].elements()) * static_cast<double>(kernel.elements(0, kernel.rank() - 1));
    return cost;
  }

  Kernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const KernelArguments&) {};
    const Shape &x = in[0].shape, &kernel = in[1].shape;
    const WindowDims window(axes(x));
    const ConvLayouts layouts = {.x = channels_last(x),
                                 .kernel = transposed_kernel_desc(kernel, Layout::kKeras),
                                 .bias = in.size() > 2 ? row_major(in[2].shape) : dnnl::memory::desc(),
                                 .y = channels_last(out)};
    const auto description = describe_primitive<dnnl::deconvolution_forward>(
        session, describe(), dnnl::algorithm::deconvolution_direct, layouts.x,
        transposed_kernel_desc(kernel, Layout::kAny), layouts.bias, layouts.y, window.strides, window.dilations,
        window.before, window.after);
    return convolving(session, describe(), description, layouts, in[1].constant);
  }

 private:
  static constexpr const char* kName = "conv_transpose";

  std::vector<WindowAxis> axes(const Shape& x) const { return spread(kName, x, window_, output_padding_); }

  WindowOptions window_;
  std::optional<Spatial> output_padding_;
};

}  // namespace

Value conv_transpose(Graph& graph, Value x, Value kernel, std::optional<Value> bias,
                     const ConvTransposeOptions& options) {
  WindowOptions window = {.size = kernel_size(graph.shape(kernel)),
                          .strides = options.strides,
                          .dilations = options.dilations,
                          .padding = options.padding};
  return graph.apply(std::make_shared<ConvTranspose>(std::move(window), options.output_padding),
                     conv_operands(x, kernel, bias));
}

}  // namespace kerascope::ops
