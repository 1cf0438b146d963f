// Transposed convolution of (N, spatial.., C) with a kernel (spatial.., O, C).
//
// Along each axis, every stride-th position of the output is a convolution of the input at stride 1 with every
// stride-th position of the kernel, reversed: a phase. With stride 2 along two axes there are four.
#include <fmt/format.h>

#include <memory>
#include <numeric>

#include "base/parallel.h"
#include "kerascope/error.h"
#include "ops/implicit_gemm.h"
#include "ops/session.h"

namespace kerascope::ops {
namespace {

/// Positions of one phase that are computed before the same block of the next phase, which reads the same input.
constexpr std::int64_t kBlock = 128;

[[noreturn]] void refuse(std::string what) { throw Error({.code = "shape-mismatch", .what = std::move(what)}); }

/// A phase along one axis.
struct AxisPhase {
  WindowAxis window;
  std::int64_t first;                        ///< its first output position
  std::int64_t last_position = 0, step = 1;  ///< kernel positions, in descending order
};

/// @param spread  as ops::spread() gives it
/// @param first  less than the stride and than the output's size
AxisPhase axis_phase(const WindowAxis& spread, std::int64_t first) {
  const std::int64_t common = std::gcd(spread.stride, spread.dilation);
  AxisPhase phase = {.window = {.in = spread.in,
                                .size = 0,
                                .stride = 1,
                                .dilation = spread.dilation / common,
                                .out = (spread.out - first + spread.stride - 1) / spread.stride},
                     .first = first,
                     .step = spread.stride / common};
  WindowAxis& window = phase.window;
  // Input i and kernel position k contribute to the output position i * stride + k * dilation - before.
  for (std::int64_t position = 0; position < spread.size; ++position) {
    const std::int64_t at = first + spread.before - position * spread.dilation;
    if (at % spread.stride != 0) continue;
    ++window.size;
    phase.last_position = position;
    window.before = -(at / spread.stride);
  }
  window.after = window.out + (window.size - 1) * window.dilation - window.before - window.in;
  return phase;
}

std::vector<AxisPhase> axis_phases(const WindowAxis& spread) {
  std::vector<AxisPhase> phases;
  for (std::int64_t first = 0; first < std::min(spread.stride, spread.out); ++first)
    phases.push_back(axis_phase(spread, first));
  return phases;
}

/// A phase's part of a kernel (spatial.., O, C) as a matrix (kernel positions by C, O).
Tensor phase_kernel(const float* kernel, const std::array<AxisPhase, 3>& phase,
                    const std::array<std::int64_t, 3>& sizes, std::int64_t filters, std::int64_t channels) {
  const Shape positions = {phase[0].window.size, phase[1].window.size, phase[2].window.size};
  Tensor matrix(Shape{positions.elements() * channels, filters});
  float* to = matrix.mutable_data();
  for (std::int64_t i = 0; i < positions.elements(); ++i, to += channels * filters) {
    std::int64_t position = 0, rest = i;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::int64_t inner = positions.elements(static_cast<int>(axis) + 1, 3);
      position = position * sizes[axis] + phase[axis].last_position - rest / inner * phase[axis].step;
      rest %= inner;
    }
    copy_transposed(kernel + position * filters * channels, channels, filters, channels, to, filters);
  }
  return matrix;
}

/// The kernel positions of a phase, as a part of its key.
std::string describe(const std::array<AxisPhase, 3>& phase) {
  std::string text = "packed positions";
  for (const AxisPhase& axis : phase)
    text += fmt::format(" {} from {} by {}", axis.window.size, axis.last_position, axis.step);
  return text;
}

std::vector<ImplicitGemm> phases_of(const Session& session, std::span<const Operand> constants,
                                    std::vector<WindowAxis> axes, std::int64_t channels, std::int64_t filters,
                                    const float* kernel, const float* bias) {
  axes.insert(axes.begin(), 3 - axes.size(), kOnePosition);
  const std::array<std::int64_t, 3> sizes = {axes[0].size, axes[1].size, axes[2].size};
  std::vector<ImplicitGemm> products;
  for (const AxisPhase& deep : axis_phases(axes[0]))
    for (const AxisPhase& high : axis_phases(axes[1]))
      for (const AxisPhase& wide : axis_phases(axes[2])) {
        const auto packed = session.cached<PackedMatrices>(key_of(describe({deep, high, wide}), constants), [&] {
          const Tensor matrix = phase_kernel(kernel, {deep, high, wide}, sizes, filters, channels);
          const RightSide right = {
              .numbers = matrix.data(), .depth = matrix.shape()[0], .columns = filters, .row_step = filters};
          return PackedMatrices(right, 1, 0, bias);
        });
        products.emplace_back(Patches({deep.window, high.window, wide.window}, channels, 1), packed,
                              SparseOutput{.size = {axes[0].out, axes[1].out, axes[2].out},
                                           .first = {deep.first, high.first, wide.first},
                                           .step = {axes[0].stride, axes[1].stride, axes[2].stride}});
      }
  return products;
}

OpKernel by_phases(const Session& session, std::span<const Operand> in, const Shape& out,
                   const std::vector<WindowAxis>& axes, const float* kernel, const float* bias) {
  const std::int64_t batch = out[0], filters = out.back(), channels = in[0].shape.back();
  const auto phases = std::make_shared<const std::vector<ImplicitGemm>>(
      phases_of(session, in.subspan(1), axes, channels, filters, kernel, bias));
  const std::int64_t most = batch * phases->front().patches().positions(), panels = phases->front().panels();
  OpKernel made;
  if (shares_panels(in[1].shape.elements(), most))
    made = [=](const OpArguments& args) {
      parallel_for(panels, 1, [&](std::int64_t begin, std::int64_t end) {
        for (const ImplicitGemm& phase : *phases)
          phase.compute(args.in[0], Epilogue::of(args), 0, batch * phase.patches().positions(), begin, end);
      });
    };
  else
    made = [=, blocks = (most + kBlock - 1) / kBlock](const OpArguments& args) {
      parallel_for(blocks, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block)
          for (const ImplicitGemm& phase : *phases) {
            const std::int64_t positions = batch * phase.patches().positions();
            phase.compute(args.in[0], Epilogue::of(args), positions * block / blocks, positions * (block + 1) / blocks,
                          0, panels);
          }
      });
    };
  made.take_epilogue(filters);
  return made;
}

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

  OpMemory memory(const Session&, std::span<const Shape> in, const Shape&) const override {
    return {.kept = static_cast<std::size_t>(in[1].elements()) * sizeof(float)};
  }
  OpKernel prepare(const Session& session, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    const std::vector<WindowAxis> taken = axes(in[0].shape);
    const bool constant = in[1].constant && (in.size() == 2 || in[2].constant);
    if (constant) return by_phases(session, in, out, taken, in[1].constant, in.size() > 2 ? in[2].constant : nullptr);
    return [operands = std::vector(in.begin(), in.end()), out, taken](const OpArguments& args) {
      by_phases(Session(), operands, out, taken, args.in[1], args.in.size() > 2 ? args.in[2] : nullptr).compute(args);
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
