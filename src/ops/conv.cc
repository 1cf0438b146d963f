// Convolution of (N, spatial.., C) with a kernel (spatial.., C/groups, O), plain or depthwise, by oneDNN.
//
// Activations stay in Keras's own layout: from it oneDNN's fast kernels run as fast as from its blocked ones.
#include <fmt/format.h>

#include <memory>

#include "kerascope/error.h"
#include "ops/convolving.h"

namespace kerascope::ops {
namespace {

enum class Kind { kPlain, kDepthwise };

/// What both kinds come to: a depthwise kernel (spatial.., C, M) has the numbers of a grouped one (spatial.., 1, C*M).
struct Grouped {
  Shape kernel;
  std::int64_t groups = 1;
};

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

class Conv final : public Op {
 public:
  Conv(Kind kind, WindowOptions window, std::int64_t groups)
      : name_(kind == Kind::kPlain ? "conv" : "depthwise_conv"),
        kind_(kind),
        window_(std::move(window)),
        groups_(groups) {}

  std::string describe() const override {
    return name_ + ' ' + ops::describe(window_) + (groups_ == 1 ? "" : fmt::format(" groups {}", groups_));
  }

  Shape infer(std::span<const Shape> in) const override {
    const Grouped grouped = group(in);
    const std::int64_t filters = grouped.kernel.back();
    if (in.size() > 2 && in[2] != Shape{filters})
      refuse(fmt::format("{} has a bias of shape {} for {} filters", name_, in[2].str(), filters));
    return windowed(in[0], slide(name_, in[0], window_), filters);
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    const Shape kernel = group(in).kernel;
    cost.flops = 2.0 * static_cast<double>(out.elements()) * static_cast<double>(kernel.elements(0, kernel.rank() - 1));
    return cost;
  }

  Kernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override;

 private:
  Grouped group(std::span<const Shape> in) const;

  std::string name_;
  Kind kind_;
  WindowOptions window_;
  std::int64_t groups_;
};

Grouped Conv::group(std::span<const Shape> in) const {
  const Shape &x = in[0], &kernel = in[1];
  if (x.rank() != kernel.rank() || kernel.rank() < 3)
    refuse(fmt::format("{} has a kernel of shape {} for an input of {}", name_, kernel.str(), x.str()));
  const std::int64_t channels = x.back(), filters = kernel.back();
  if (kind_ == Kind::kDepthwise) {
    if (kernel.back(2) != channels || channels < 1)
      refuse(fmt::format("{} has a kernel for {} channels, its input {} has {}", name_, kernel.back(2), x.str(),
                         channels));
    std::vector<std::int64_t> sizes = kernel.sizes();
    sizes.end()[-2] = 1;
    sizes.end()[-1] = channels * filters;
    return {.kernel = Shape(std::move(sizes)), .groups = channels};
  }
  if (groups_ < 1 || channels < 1 || channels % groups_ != 0 || filters % groups_ != 0)
    refuse(fmt::format("{} cannot split {} channels and {} filters into {} groups", name_, channels, filters, groups_));
  if (kernel.back(2) != channels / groups_)
    refuse(fmt::format("{} has a kernel for {} channels{}, its input {} has {}", name_, kernel.back(2),
                       groups_ == 1 ? "" : " a group", x.str(), channels / groups_));
  return {.kernel = kernel, .groups = groups_};
}

Kernel Conv::prepare(const Session& session, std::span<const Operand> in, const Shape& out) const {
  if (out.elements() == 0) return [](const KernelArguments&) {};
  const std::vector<Shape> shapes = {in[0].shape, in[1].shape};
  const auto [kernel, groups] = group(shapes);
  const WindowDims window(slide(name_, in[0].shape, window_));
  const ConvLayouts layouts = {.x = channels_last(in[0].shape),
                               .kernel = kernel_desc(kernel, groups, Layout::kKeras),
                               .bias = in.size() > 2 ? row_major(in[2].shape) : dnnl::memory::desc(),
                               .y = channels_last(out)};
  const auto description = describe_primitive<dnnl::convolution_forward>(
      session, describe(), dnnl::algorithm::convolution_direct, layouts.x, kernel_desc(kernel, groups, Layout::kAny),
      layouts.bias, layouts.y, window.strides, window.dilations, window.before, window.after);
  return convolving(session, describe(), description, layouts, in[1].constant);
}

Value add_conv(Graph& graph, Kind kind, const std::vector<Value>& inputs, const ConvOptions& options,
               std::int64_t groups) {
  WindowOptions window = {.size = kernel_size(graph.shape(inputs[1])),
                          .strides = options.strides,
                          .dilations = options.dilations,
                          .padding = options.padding};
  return graph.apply(std::make_shared<Conv>(kind, std::move(window), groups), inputs);
}

}  // namespace

Value conv(Graph& graph, Value x, Value kernel, std::optional<Value> bias, const ConvOptions& options) {
  return add_conv(graph, Kind::kPlain, conv_operands(x, kernel, bias), options, options.groups);
}

Value depthwise_conv(Graph& graph, Value x, Value kernel, std::optional<Value> bias, const ConvOptions& options) {
  return add_conv(graph, Kind::kDepthwise, conv_operands(x, kernel, bias), options, 1);
}

}  // namespace kerascope::ops
