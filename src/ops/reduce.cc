// Mean, maximum and sum over any axes. Sums are in double, so that their order does not show. Over no elements, the
// mean is NaN, the maximum -infinity and the sum 0, as in NumPy and TensorFlow; with a NaN, the maximum is NaN.

#include <limits>

#include "base/check.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/cast.h"
#include "ops/reduce.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

constexpr std::int64_t kGrain = 16 * 1024;
// Partial results that are computed side by side.
constexpr int kLanes = 16;

struct Sum {
  using Partial = double;
  static constexpr Partial kStart = 0;
  static Partial join(Partial sum, Partial x) { return sum + x; }
};
struct Maximum {
  using Partial = float;
  static constexpr Partial kStart = -std::numeric_limits<float>::infinity();
  static Partial join(Partial most, Partial x) {
    const Partial larger = x > most ? x : most;
    return x != x ? x : larger;
  }
};

/// The input's axes, split. The last axis of `kept` or of `reduced` is contiguous.
struct Axes {
  std::vector<StridedAxis<1>> kept, reduced;
  bool last_is_kept = false;
};
Axes split_axes(const Shape& shape, const std::vector<bool>& is_reduced) {
  Axes axes;
  for (int i = 0; i < shape.rank(); ++i) {
    const bool reduced = is_reduced[static_cast<std::size_t>(i)];
    (reduced ? axes.reduced : axes.kept).push_back({shape[i], {shape.elements(i + 1, shape.rank())}});
    if (shape[i] != 1) axes.last_is_kept = !reduced;
  }
  axes.kept = merged<1>(axes.kept);
  axes.reduced = merged<1>(axes.reduced);
  return axes;
}

StridedAxis<1> take_last(std::vector<StridedAxis<1>>& axes) {
  if (axes.empty()) return {1, {1}};
  const StridedAxis<1> last = axes.back();
  axes.pop_back();
  return last;
}

std::int64_t count_of(const std::vector<StridedAxis<1>>& axes) {
  std::int64_t count = 1;
  for (const StridedAxis<1>& axis : axes) count *= axis.size;
  return count;
}

/// Reduces column i of n rows, `stride` apart, into lanes[i].
template <typename Join>
void join_rows(const float* in, std::int64_t n, std::int64_t stride, std::int64_t width,
               typename Join::Partial* lanes) {
  if (width == kLanes)
    vectorized([=] {
      typename Join::Partial part[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) part[lane] = lanes[lane];
      for (std::int64_t i = 0; i < n; ++i)
#pragma GCC unroll 1  // if g++ unrolled it before vectorizing, the maximum would stay scalar
        for (int lane = 0; lane < kLanes; ++lane) part[lane] = Join::join(part[lane], in[i * stride + lane]);
      for (int lane = 0; lane < kLanes; ++lane) lanes[lane] = part[lane];
    });
  else
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t lane = 0; lane < width; ++lane) lanes[lane] = Join::join(lanes[lane], in[i * stride + lane]);
}

/// If the last axis is kept: bands of neighbouring columns, in blocks of rows, so that each block is read from memory
/// once.
template <typename Join>
OpKernel reduce_columns(Axes axes, double divisor) {
  constexpr std::int64_t kMostColumns = 8 * kLanes, kBlockRows = 32;
  const std::int64_t width = take_last(axes.kept).size;
  const StridedAxis<1> rows = take_last(axes.reduced);
  const std::int64_t count = count_of(axes.kept), terms = count_of(axes.reduced);
  return [=](const OpArguments& arguments) {
    // Enough bands to keep every thread busy.
    const std::int64_t lane_groups = (width * count / thread_count() + kLanes - 1) / kLanes;
    const std::int64_t band = std::clamp<std::int64_t>(lane_groups * kLanes, kLanes, kMostColumns);
    const std::int64_t bands = (width + band - 1) / band, work = terms * rows.size * band;
    parallel_for(count * bands, 1 + kGrain / work, [&](std::int64_t begin, std::int64_t end) {
      StridedIterator<1> kept(axes.kept, begin / bands);
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t first = i % bands * band, columns = std::min(band, width - first);
        typename Join::Partial lanes[kMostColumns];
        std::fill_n(lanes, columns, Join::kStart);
        StridedIterator<1> reduced(axes.reduced, 0);
        for (std::int64_t term = 0; term < terms; ++term, reduced.next()) {
          const float* in = arguments.in[0] + kept.offsets()[0] + reduced.offsets()[0] + first;
          for (std::int64_t row = 0; row < rows.size; row += kBlockRows)
            for (std::int64_t column = 0; column < columns; column += kLanes)
              join_rows<Join>(in + row * rows.strides[0] + column, std::min(kBlockRows, rows.size - row),
                              rows.strides[0], std::min<std::int64_t>(kLanes, columns - column), lanes + column);
        }
        float* out = arguments.out + i / bands * width + first;
        for (std::int64_t column = 0; column < columns; ++column)
          out[column] = static_cast<float>(lanes[column] / divisor);
        if ((i + 1) % bands == 0) kept.next();
      }
    });
  };
}

/// If the last axis is reduced: one result at a time, from kLanes partial ones.
template <typename Join>
OpKernel reduce_rows(Axes axes, double divisor) {
  const std::int64_t length = take_last(axes.reduced).size, terms = count_of(axes.reduced);
  const std::int64_t work = terms * length;
  return [=, count = count_of(axes.kept)](const OpArguments& arguments) {
    parallel_for(count, 1 + kGrain / work, [&](std::int64_t begin, std::int64_t end) {
      StridedIterator<1> kept(axes.kept, begin);
      for (std::int64_t i = begin; i < end; ++i, kept.next()) {
        typename Join::Partial lanes[kLanes];
        std::fill_n(lanes, kLanes, Join::kStart);
        StridedIterator<1> reduced(axes.reduced, 0);
        for (std::int64_t term = 0; term < terms; ++term, reduced.next()) {
          const float* row = arguments.in[0] + kept.offsets()[0] + reduced.offsets()[0];
          const std::int64_t whole = length / kLanes;
          join_rows<Join>(row, whole, kLanes, kLanes, lanes);
          join_rows<Join>(row + whole * kLanes, 1, 0, length % kLanes, lanes);
        }
        typename Join::Partial result = Join::kStart;
        for (auto lane : lanes) result = Join::join(result, lane);
        arguments.out[i] = static_cast<float>(result / divisor);
      }
    });
  };
}

template <typename Join>
OpKernel kernel_of(Axes axes, double divisor) {
  if (count_of(axes.reduced) == 0)
    return [count = count_of(axes.kept), value = static_cast<float>(Join::kStart / divisor)](
               const OpArguments& arguments) { std::fill_n(arguments.out, count, value); };
  return axes.last_is_kept ? reduce_columns<Join>(std::move(axes), divisor)
                           : reduce_rows<Join>(std::move(axes), divisor);
}

const char* name(Reduction reduction) {
  switch (reduction) {
    case Reduction::kMean:
      return "mean";
    case Reduction::kMax:
      return "max";
    case Reduction::kSum:
      return "sum";
  }
  KERASCOPE_CHECK(false);
}

/// @throws Error{axis-invalid}
std::vector<bool> is_reduced(const Shape& shape, Reduction reduction, const ReduceOptions& options) {
  std::vector<bool> reduced(static_cast<std::size_t>(shape.rank()));
  for (int axis : options.axes) {
    if (axis < 0 || axis >= shape.rank() || reduced[static_cast<std::size_t>(axis)])
      throw Error({.code = "axis-invalid",
                   .what = fmt::format("{} over the axes ({}) of {}: axis {} is {}", name(reduction),
                                       fmt::join(options.axes, ", "), shape.str(), axis,
                                       axis < 0 || axis >= shape.rank() ? "not there" : "named twice")});
    reduced[static_cast<std::size_t>(axis)] = true;
  }
  return reduced;
}

Shape reduced_shape(const Shape& in, Reduction reduction, const ReduceOptions& options) {
  const std::vector<bool> reduced = is_reduced(in, reduction, options);
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < in.rank(); ++axis) {
    if (!reduced[static_cast<std::size_t>(axis)])
      sizes.push_back(in[axis]);
    else if (options.keepdims)
      sizes.push_back(1);
  }
  return Shape(std::move(sizes));
}

std::string attributes_of(const ReduceOptions& options) {
  return fmt::format("axes {}{}", fmt::join(options.axes, " "), options.keepdims ? " keepdims" : "");
}

bool reduces_no_items(const ReduceOptions& options) { return std::ranges::count(options.axes, 0) == 0; }

class ReduceOp : public Float32Op {
 public:
  ReduceOp(Reduction reduction, ReduceOptions options) : reduction_(reduction), options_(std::move(options)) {}

  std::string kind() const override { return name(reduction_); }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override {
    return reduces_no_items(options_);
  }
  std::string attributes() const override { return attributes_of(options_); }

  Shape infer(std::span<const Shape> in) const override { return reduced_shape(in[0], reduction_, options_); }

  Cost cost(std::span<const Shape> in, const Shape& out) const override {
    const double read = static_cast<double>(in[0].elements()), written = static_cast<double>(out.elements());
    return {.flops = read + (reduction_ == Reduction::kMean ? written : 0), .bytes = (read + written) * sizeof(float)};
  }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    Axes axes = split_axes(in[0].shape, is_reduced(in[0].shape, reduction_, options_));
    if (out.elements() == 0) return [](const OpArguments&) {};
    const double divisor = reduction_ == Reduction::kMean ? static_cast<double>(count_of(axes.reduced)) : 1;
    return reduction_ == Reduction::kMax ? kernel_of<Maximum>(std::move(axes), divisor)
                                         : kernel_of<Sum>(std::move(axes), divisor);
  }

 private:
  Reduction reduction_;
  ReduceOptions options_;
};

/// Integers stay exact: input and output are int64. Sums wrap around on overflow, as NumPy's do.
class ReduceIntegersOp final : public Op {
 public:
  ReduceIntegersOp(Reduction reduction, ReduceOptions options) : reduction_(reduction), options_(std::move(options)) {}

  std::string kind() const override { return name(reduction_); }
  std::string attributes() const override { return attributes_of(options_) + " of integers"; }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override {
    return reduces_no_items(options_);
  }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    const Shape out = reduced_shape(in[0].shape, reduction_, options_);
    if (reduction_ == Reduction::kMax && in[0].shape.elements() == 0 && out.elements() > 0)
      throw Error({.code = "shape-mismatch",
                   .what = fmt::format("the maximum over no integers, of {}, is not defined", in[0].shape.str())});
    return {{out, DType::kInt64}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    const Axes axes = split_axes(in[0].shape, is_reduced(in[0].shape, reduction_, options_));
    const std::int64_t count = out[0].shape.elements(),
                       terms = in[0].shape.elements() / std::max<std::int64_t>(count, 1);
    if (count == 0) return [](const OpArguments&) {};
    return [=, is_sum = reduction_ == Reduction::kSum](const OpArguments& args) {
      const std::int64_t* const x = args.input<std::int64_t>(0);
      if (terms == 0) {
        std::fill_n(args.output<std::int64_t>(), count, 0);
        return;
      }
      StridedIterator<1> kept(axes.kept, 0);
      for (std::int64_t i = 0; i < count; ++i, kept.next()) {
        StridedIterator<1> reduced(axes.reduced, 0);
        std::int64_t result = is_sum ? 0 : x[kept.offsets()[0]];
        for (std::int64_t term = 0; term < terms; ++term, reduced.next()) {
          const std::int64_t number = x[kept.offsets()[0] + reduced.offsets()[0]];
          result =
              is_sum
                  ? static_cast<std::int64_t>(static_cast<std::uint64_t>(result) + static_cast<std::uint64_t>(number))
                  : std::max(result, number);
        }
        args.output<std::int64_t>()[i] = result;
      }
    };
  }

 private:
  Reduction reduction_;
  ReduceOptions options_;
};

}  // namespace

Value reduce(Graph& graph, Value x, Reduction reduction, const ReduceOptions& options) {
  const DType type = graph.dtype(x);
  const bool is_whole = is_integer(type) || (type == DType::kBool && reduction == Reduction::kSum);
  if (!is_whole || reduction == Reduction::kMean)
    return graph.apply(std::make_shared<ReduceOp>(reduction, options), {x});
  const Value result =
      graph.apply(std::make_shared<ReduceIntegersOp>(reduction, options), {cast(graph, x, DType::kInt64)});
  const bool is_small = type != DType::kInt32 && type != DType::kInt64;
  return cast(graph, result, reduction == Reduction::kSum && is_small ? DType::kInt32 : type);
}

}  // namespace kerascope::ops
