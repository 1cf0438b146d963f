// Elementwise functions of two arguments with NumPy's broadcasting. A NaN on either side gives NaN, as in TensorFlow.

#include <cmath>

#include "base/check.h"
#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/ops.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

const char* name(Binary function) {
  switch (function) {
    case Binary::kAdd:
      return "add";
    case Binary::kSubtract:
      return "subtract";
    case Binary::kMultiply:
      return "multiply";
    case Binary::kDivide:
      return "divide";
    case Binary::kMaximum:
      return "maximum";
    case Binary::kMinimum:
      return "minimum";
    case Binary::kPrelu:
      return "prelu";
    case Binary::kPower:
      return "power";
  }
  KERASCOPE_CHECK(false);
}

/// The size of `axis`, counted from the end of the output, or 1 where the shape has no such axis.
std::int64_t size_from_end(const Shape& shape, int from_end) {
  return from_end <= shape.rank() ? shape.back(from_end) : 1;
}

/// The output's axes with the strides in left and right, 0 where a side is repeated.
std::vector<StridedAxis<2>> broadcast_axes(const Shape& left, const Shape& right, const Shape& out) {
  std::vector<StridedAxis<2>> axes(static_cast<std::size_t>(out.rank()));
  std::array<std::int64_t, 2> stride = {1, 1};
  for (int from_end = 1; from_end <= out.rank(); ++from_end) {
    const std::array sizes = {size_from_end(left, from_end), size_from_end(right, from_end)};
    StridedAxis<2>& axis = axes[axes.size() - static_cast<std::size_t>(from_end)];
    axis.size = out.back(from_end);
    for (std::size_t k = 0; k < 2; ++k) {
      axis.strides[k] = sizes[k] == 1 ? 0 : stride[k];
      stride[k] *= sizes[k];
    }
  }
  return merged<2>(axes);
}

/// @param moves  which sides have the output's shape.
template <typename Function>
Kernel::Run each(std::vector<StridedAxis<2>> axes, std::array<bool, 2> moves, Function function) {
  StridedAxis<2> inner = {1, {1, 1}};
  if (!axes.empty()) {
    inner = axes.back();
    axes.pop_back();
  }
  // A short row that repeats, a number a channel say, is laid out several times, so that the loops are long.
  constexpr std::int64_t kShort = 64, kLong = 512;
  if (axes.size() == 1 && inner.size < kShort && inner.strides[0] == 1 && inner.strides[1] == 1)
    for (const std::size_t side : {0, 1})
      if (axes[0].strides[side] == 0 && moves[1 - side])
        return [=, size = inner.size](const KernelArguments& run) {
          float repeated[kShort + kLong];
          const std::int64_t length = kLong / size * size, count = run.end - run.begin;
          for (std::int64_t i = 0; i < size; ++i) repeated[i] = run.in[side][(run.begin + i) % size];
          for (std::int64_t i = size; i < length; i += i) std::copy_n(repeated, std::min(i, length - i), repeated + i);
          vectorized([=, other = run.in[1 - side], out = run.out, same = &repeated[0]] {
            for (std::int64_t start = 0; start < count; start += length)
              for (std::int64_t i = 0; i < std::min(length, count - start); ++i)
                out[start + i] = side == 0 ? function(same[i], other[start + i]) : function(other[start + i], same[i]);
          });
        };
  return [=](const KernelArguments& run) {
    Walk<2> walk(axes, run.begin / inner.size);
    for_each_row_piece(run.begin, run.end, inner.size, [&](std::int64_t row, std::int64_t from, std::int64_t to) {
      const auto [left_stride, right_stride] = inner.strides;
      const std::int64_t place = row * inner.size + from - run.begin;
      const float* left = run.in[0] + (moves[0] ? place : walk.offsets()[0] + from * left_stride);
      const float* right = run.in[1] + (moves[1] ? place : walk.offsets()[1] + from * right_stride);
      float* out = run.out + place;
      const std::int64_t n = to - from;
      // The innermost stride is 1, or 0 on one side.
      if (right_stride == 0)
        vectorized([=, repeated = *right] {
          for (std::int64_t i = 0; i < n; ++i) out[i] = function(left[i], repeated);
        });
      else if (left_stride == 0)
        vectorized([=, repeated = *left] {
          for (std::int64_t i = 0; i < n; ++i) out[i] = function(repeated, right[i]);
        });
      else
        vectorized([=] {
          for (std::int64_t i = 0; i < n; ++i) out[i] = function(left[i], right[i]);
        });
      walk.next();
    });
  };
}

class BinaryOp : public Op {
 public:
  explicit BinaryOp(Binary function) : function_(function) {}

  std::string describe() const override { return name(function_); }

  Shape infer(std::span<const Shape> in) const override {
    const Shape &left = in[0], &right = in[1];
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(std::max(left.rank(), right.rank())));
    for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
      const int from_end = static_cast<int>(sizes.size() - axis);
      const std::int64_t l = size_from_end(left, from_end), r = size_from_end(right, from_end);
      if (l != r && l != 1 && r != 1)
        throw Error({.code = "shape-mismatch",
                     .what = fmt::format("{} of {} and {}: their sizes {} and {} do not broadcast", name(function_),
                                         left.str(), right.str(), l, r)});
      sizes[axis] = l == 1 ? r : l;
    }
    return Shape(std::move(sizes));
  }

  bool is_rowwise(std::span<const Shape> in, const Shape& out) const override { return in[0] == out || in[1] == out; }

  Kernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    const std::array moves = {in[0].shape == out, in[1].shape == out};
    Kernel kernel = Kernel::rowwise(out.elements(), in, out, run(broadcast_axes(in[0].shape, in[1].shape, out), moves));
    if (function_ == Binary::kAdd && moves[0] && moves[1]) kernel.lane_op = LaneOp::add();
    return kernel;
  }

 private:
  Kernel::Run run(std::vector<StridedAxis<2>> axes, std::array<bool, 2> moves) const {
    switch (function_) {
      case Binary::kAdd:
        return each(std::move(axes), moves, [](float l, float r) { return l + r; });
      case Binary::kSubtract:
        return each(std::move(axes), moves, [](float l, float r) { return l - r; });
      case Binary::kMultiply:
        return each(std::move(axes), moves, [](float l, float r) { return l * r; });
      case Binary::kDivide:
        return each(std::move(axes), moves, [](float l, float r) { return l / r; });
      case Binary::kMaximum:
        return each(std::move(axes), moves, [](float l, float r) {
          const float larger = l > r ? l : r;
          return l != l ? l : larger;
        });
      case Binary::kMinimum:
        return each(std::move(axes), moves, [](float l, float r) {
          const float smaller = l < r ? l : r;
          return l != l ? l : smaller;
        });
      case Binary::kPrelu:
        return each(std::move(axes), moves, [](float l, float r) {
          const float above = l < 0 ? 0 : l, below = l > 0 ? 0 : -l;
          return above - r * below;
        });
      case Binary::kPower:
        return each(std::move(axes), moves, [](float l, float r) { return std::pow(l, r); });
    }
    KERASCOPE_CHECK(false);
  }

  Binary function_;
};

}  // namespace

Value binary(Graph& graph, Value left, Value right, Binary function) {
  return graph.apply(std::make_shared<BinaryOp>(function), {left, right});
}

}  // namespace kerascope::ops
