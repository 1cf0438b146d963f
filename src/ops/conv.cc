// Convolution of (N, spatial.., C) with a kernel (spatial.., C/groups, O), plain or depthwise.
//
// A plain one is an implicit GEMM, see implicit_gemm.h, or Winograd's algorithm.
#include <fmt/format.h>

#include <memory>

#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/conv.h"
#include "ops/depthwise.h"
#include "ops/implicit_gemm.h"
#include "ops/pad.h"
#include "ops/winograd.h"

namespace kerascope::ops {
namespace {

enum class Kind { kPlain, kDepthwise };

/// Both kinds as grouped convolutions: a depthwise kernel (spatial.., C, M) is a grouped one (spatial.., 1, C*M).
struct Grouped {
  Shape kernel;
  std::int64_t groups = 1;
};

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

class Conv final : public Float32Op {
 public:
  Conv(Kind kind, WindowOptions window, std::int64_t groups)
      : name_(kind == Kind::kPlain ? "conv" : "depthwise_conv"),
        kind_(kind),
        window_(std::move(window)),
        groups_(groups) {}

  std::string kind() const override { return name_; }
  std::string attributes() const override {
    return ops::describe(window_) + (groups_ == 1 ? "" : fmt::format(" groups {}", groups_));
  }

  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>& has_items) const override {
    return is_first_alone(has_items);
  }

  Shape infer(std::span<const Shape> in) const override {
    const Grouped grouped = group(in);
    const std::int64_t filters = grouped.kernel.back();
    if (in.size() > 2 && in[2] != Shape{filters})
      refuse(fmt::format("{} has a bias of shape {} for {} filters", name_, in[2].str(), filters));
    return windowed(in[0], slide(name_, in[0], window_), filters);
  }

  OpMemory memory(const Session& session, std::span<const Shape> in, const Shape& out) const override {
    if (kind_ == Kind::kDepthwise) return {};
    if (group(in).groups == 1 && !session.exact())
      if (const auto faster = winograd_memory(in[0], out, slide(name_, in[0], window_))) return *faster;
    return {.kept = static_cast<std::size_t>(in[1].elements()) * sizeof(float)};
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    Cost cost = Op::cost(in, out);
    const Shape kernel = group(in).kernel;
    cost.flops = 2.0 * static_cast<double>(out.elements()) * static_cast<double>(kernel.elements(0, kernel.rank() - 1));
    return cost;
  }

  std::optional<double> overlap(std::span<const Shape> in, const Shape& out) const override;
  std::shared_ptr<const Op> over_unpadded(const PadOptions& padding) const override;
  OpKernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override;

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

std::shared_ptr<const Op> Conv::over_unpadded(const PadOptions& padding) const {
  const auto& sizes = padding.sizes;
  const std::array<std::int64_t, 2> none = {};
  const bool only_adds = std::ranges::all_of(sizes, [](const auto& size) { return std::min(size[0], size[1]) >= 0; });
  if (padding.fill != 0 || !only_adds || sizes.front() != none || sizes.back() != none || !window_.zeros.empty())
    return nullptr;
  auto same = std::make_shared<Conv>(*this);
  same->window_.zeros.assign(sizes.begin() + 1, sizes.end() - 1);
  return same;
}

OpKernel by_gemm(const Session& session, std::span<const Operand> in, const Shape& out,
                 const std::vector<WindowAxis>& axes, std::int64_t groups, const float* kernel, const float* bias) {
  const std::int64_t filters = out.back(), group_filters = filters / groups, depth = in[1].shape.elements() / filters;
  const RightSide first = {.numbers = kernel, .depth = depth, .columns = group_filters, .row_step = filters};
  const auto packed =
      session.cached<PackedMatrices>(key_of(fmt::format("packed in {} groups", groups), in.subspan(1)),
                                     [&] { return PackedMatrices(first, groups, group_filters, bias); });
  const auto product = std::make_shared<const ImplicitGemm>(Patches(axes, in[0].shape.back(), groups), packed);
  const std::int64_t positions = out.elements() / filters;
  OpKernel made;
  if (shares_panels(depth * filters, positions))
    made = [=](const OpArguments& args) {
      parallel_for(product->panels(), 1, [&](std::int64_t begin, std::int64_t end) {
        product->compute(args.in[0], Epilogue::of(args), 0, positions, begin, end);
      });
    };
  else
    made =
        OpKernel::by_rows(positions, equal_parts(positions, most_rows_of(lanes())), [product](const OpArguments& args) {
          product->compute(args.in[0], Epilogue::of(args), args.begin, args.end, 0, product->panels());
        });
  made.take_epilogue(filters, group_filters);
  return made;
}

std::optional<double> Conv::overlap(std::span<const Shape> in, const Shape& out) const {
  const std::vector<WindowAxis> axes = slide(name_, in[0], window_);
  if (axes.size() > 2) return {};
  if (kind_ == Kind::kPlain &&
      (fits_winograd(axes) || shares_panels(in[1].elements(), out.elements() / std::max<std::int64_t>(out.back(), 1))))
    return {};
  return ops::overlap(axes, in[0][0]);
}

OpKernel Conv::prepare(const Session& session, std::span<const Operand> in, const Shape& out) const {
  if (out.elements() == 0) return [](const OpArguments&) {};
  const std::vector<Shape> shapes = {in[0].shape, in[1].shape};
  const std::int64_t groups = group(shapes).groups;
  const std::vector<WindowAxis> axes = slide(name_, in[0].shape, window_);
  const auto reads = [&] {
    return [axes, channels = in[0].shape.back()](std::int64_t begin, std::int64_t end) {
      return elements_read(axes, channels, begin, end);
    };
  };
  if (kind_ == Kind::kPlain) {
    const bool constant = in[1].constant && (in.size() == 2 || in[2].constant);
    const float* bias = in.size() > 2 ? in[2].constant : nullptr;
    if (constant && groups == 1 && !session.exact())
      if (std::optional<OpKernel> faster = winograd(session, in[0].shape, out, axes, in[1], bias)) return *faster;
    if (constant) {
      OpKernel kernel = by_gemm(session, in, out, axes, groups, in[1].constant, bias);
      if (overlap(shapes, out)) kernel.reads = reads();
      return kernel;
    }
    return [operands = std::vector(in.begin(), in.end()), out, axes, groups](const OpArguments& args) {
      compute_all(
          by_gemm(Session(), operands, out, axes, groups, args.in[1], args.in.size() > 2 ? args.in[2] : nullptr), args,
          out.elements());
    };
  }
  OpKernel kernel = depthwise(in[0].shape, out, axes);
  if (overlap(shapes, out)) kernel.reads = reads();
  return kernel;
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
