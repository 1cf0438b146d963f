// Adds constant numbers around a tensor; negative sizes crop it.

#include "ops/pad.h"
#include "kerascope/error.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 40;

struct PadAxis {
  std::int64_t size;  // of the input
  std::int64_t before, after;
  std::int64_t padded() const { return before + size + after; }
};

/// Axes that are not padded are merged with the axis before them.
std::vector<PadAxis> joined_axes(const Shape& in, const std::vector<std::array<std::int64_t, 2>>& sizes) {
  std::vector<PadAxis> axes = {{1, 0, 0}};
  for (int i = 0; i < in.rank(); ++i) {
    const auto [before, after] = sizes[static_cast<std::size_t>(i)];
    if (before == 0 && after == 0)
      axes.back() = {axes.back().size * in[i], axes.back().before * in[i], axes.back().after * in[i]};
    else
      axes.push_back({in[i], before, after});
  }
  return axes;
}

/// One output row, whose input row is `in`.
void pad_row(const float* in, const PadAxis& axis, float fill, float* out) {
  const std::int64_t left = std::max<std::int64_t>(axis.before, 0), right = std::max<std::int64_t>(axis.after, 0);
  const std::int64_t kept = axis.padded() - left - right;
  std::fill_n(out, left, fill);
  std::copy_n(in + left - axis.before, kept, out + left);
  std::fill_n(out + left + kept, right, fill);
}

class PadOp : public Float32Op {
 public:
  explicit PadOp(PadOptions options) : options_(std::move(options)) {}

  std::string kind() const override { return "pad"; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override {
    return options_.sizes[0] == std::array<std::int64_t, 2>{0, 0};
  }
  std::string attributes() const override {
    std::string text;
    for (const auto& [before, after] : options_.sizes)
      text += fmt::format("{}{}+{}", text.empty() ? "" : " ", before, after);
    return options_.fill == 0 ? text : text + fmt::format(" fill {}", options_.fill);
  }

  Shape infer(std::span<const Shape> in) const override {
    Shape out = in[0];
    if (static_cast<std::size_t>(out.rank()) != options_.sizes.size())
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("pad has sizes for {} axes, but its input {} has {}", options_.sizes.size(),
                                       out.str(), out.rank())});
    for (int axis = 0; axis < out.rank(); ++axis) {
      const auto [before, after] = options_.sizes[static_cast<std::size_t>(axis)];
      if (std::min(before, after) < -kMost || std::max(before, after) > kMost)
        throw Error(
            {.code = "size-too-large", .what = fmt::format("pad of axis {} by {} and {}", axis, before, after)});
      const std::int64_t cut = std::max<std::int64_t>(-before, 0) + std::max<std::int64_t>(-after, 0);
      if (cut > out[axis])
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("{} cannot be cut off axis {} of {}, which has {}", cut, axis, in[0].str(),
                                         out[axis])});
      out[axis] += before + after;
    }
    return out;
  }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    const double kept = static_cast<double>(std::min(in[0].elements(), out.elements()));
    return {.flops = 0, .bytes = (kept + static_cast<double>(out.elements())) * sizeof(float)};
  }

  const PadOptions* padding() const override { return &options_; }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    if (out.elements() == 0) return [](const OpArguments&) {};
    std::vector<PadAxis> axes = joined_axes(in[0].shape, options_.sizes);
    const PadAxis inner = axes.back();
    axes.pop_back();
    // The output's rows with the input's strides; rows in the padding lie outside of the input.
    std::vector<StridedAxis<1>> rows(axes.size());
    std::int64_t stride = inner.size, start = 0;
    for (std::size_t i = axes.size(); i-- > 0; stride *= axes[i].size) {
      rows[i] = {axes[i].padded(), {stride}};
      start -= axes[i].before * stride;
    }
    const std::int64_t row_length = inner.padded(), count = out.elements() / row_length;
    return OpKernel::by_rows(count, 1 + 16 * 1024 / row_length, [=, fill = options_.fill](const OpArguments& args) {
      StridedIterator<1> position(rows, args.begin);
      float* y = args.out;
      for (std::int64_t row = args.begin; row < args.end; ++row, position.next(), y += row_length) {
        bool inside = true;
        for (std::size_t i = 0; i < axes.size(); ++i) {
          const std::int64_t index = position.index()[i] - axes[i].before;
          inside = inside && index >= 0 && index < axes[i].size;
        }
        if (inside)
          pad_row(args.in[0] + start + position.offsets()[0], inner, fill, y);
        else
          std::fill_n(y, row_length, fill);
      }
    });
  }

 private:
  PadOptions options_;
};

}  // namespace

Value pad(Graph& graph, Value x, const PadOptions& options) {
  const bool changes = std::ranges::any_of(options.sizes, [](auto sizes) { return sizes[0] != 0 || sizes[1] != 0; });
  const bool fits = options.sizes.size() == static_cast<std::size_t>(graph.shape(x).rank());
  return fits && !changes ? x : graph.apply(std::make_shared<PadOp>(options), {x});
}

}  // namespace kerascope::ops
