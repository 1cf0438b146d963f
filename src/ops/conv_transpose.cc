// Transposed convolution of (N, spatial.., C) with a kernel (spatial.., O, C), by oneDNN's deconvolution.
#include <fmt/format.h>

#include <memory>

#include "kerascope/error.h"
#include "onednn/memory.h"
#include "onednn/primitive.h"
#include "ops/window.h"

namespace kerascope::ops {
namespace {

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

class ConvTranspose final : public Float32Op {
 public:
  ConvTranspose(WindowOptions window, std::optional<Spatial> output_padding)
      : window_(std::move(window)), output_padding_(std::move(output_padding)) {}

  std::string kind() const override { return kName; }
  std::string attributes() const override {
    std::string text = ops::describe(window_);
    if (output_padding_) text += fmt::format(" output_padding {}", fmt::join(*output_padding_, "x"));
    return text;
  }

  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>& has_items) const override {
    return is_first_alone(has_items);
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

  KernelMemory memory(const Session&, std::span<const Shape> in, const Shape&) const override {
    return {.kept = static_cast<std::size_t>(in[1].elements()) * sizeof(float)};
  }
  Kernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const KernelArguments&) {};
    const Shape &x = in[0].shape, &kernel = in[1].shape;
    dnnl::memory::dims strides, dilations, before, after;
    for (const WindowAxis& axis : axes(x)) {
      strides.push_back(axis.stride);
      dilations.push_back(axis.dilation - 1);  // oneDNN counts dilation from 0, Keras from 1.
      before.push_back(axis.before);
      after.push_back(axis.after);
    }
    // Activations stay in Keras's own layout; the kernel gets the one that oneDNN likes best, a constant one here,
    // once.
    const auto x_desc = channels_last(x), y_desc = channels_last(out),
               given = transposed_kernel_desc(kernel, Layout::kKeras),
               bias = in.size() > 2 ? row_major(in[2].shape) : dnnl::memory::desc();
    const auto description = describe_primitive<dnnl::deconvolution_forward>(
        session, describe(), dnnl::algorithm::deconvolution_direct, x_desc,
        transposed_kernel_desc(kernel, Layout::kAny), bias, y_desc, strides, dilations, before, after);
    const dnnl::memory::desc wanted = description.weights_desc();
    std::optional<dnnl::memory> weights;
    if (in[1].constant && wanted != given) weights = reordered(session, view(session, given, in[1].constant), wanted);
    return [=, &session, primitive = Primitive(session, describe(), description)](const KernelArguments& run) {
      dnnl::memory weights_now = weights ? *weights : view(session, given, run.in[1]);
      if (!weights && wanted != given) weights_now = reordered(session, weights_now, wanted);
      Primitive::Arguments arguments = {{DNNL_ARG_SRC, view(session, x_desc, run.in[0])},
                                        {DNNL_ARG_WEIGHTS, weights_now},
                                        {DNNL_ARG_DST, view(session, y_desc, run.out)}};
      if (run.in.size() > 2) arguments.emplace(DNNL_ARG_BIAS, view(session, bias, run.in[2]));
      primitive.run(std::move(arguments));
    };
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
