// Elementwise functions of two arguments with NumPy's broadcasting. A NaN on either side gives NaN, as in TensorFlow.

#include <cmath>
#include <numeric>

#include "base/check.h"
#include "base/simd.h"
#include "kerascope/error.h"
#include "ops/binary.h"
#include "ops/broadcast.h"
#include "ops/cast.h"
#include "ops/strided.h"

namespace kerascope::ops {
namespace {

// In the enum's order.
constexpr const char* kNames[] = {"add",
                                  "subtract",
                                  "multiply",
                                  "divide",
                                  "maximum",
                                  "minimum",
                                  "power",
                                  "arctan2",
                                  "mod",
                                  "floor_divide",
                                  "fmod",
                                  "hypot",
                                  "logaddexp",
                                  "logaddexp2",
                                  "heaviside",
                                  "fmax",
                                  "fmin",
                                  "divide_no_nan",
                                  "multiply_no_nan",
                                  "nextafter",
                                  "bitwise_and",
                                  "bitwise_or",
                                  "bitwise_xor",
                                  "left_shift",
                                  "right_shift",
                                  "gcd",
                                  "lcm",
                                  "prelu"};
static_assert(std::size(kNames) == static_cast<std::size_t>(Binary::kPrelu) + 1);

const char* name(Binary function) { return kNames[static_cast<std::size_t>(function)]; }

/// @param moves  whether each side has the output's shape.
template <typename Function>
OpKernel::Compute each(std::vector<StridedAxis<2>> axes, std::array<bool, 2> moves, Function function) {
  StridedAxis<2> inner = {1, {1, 1}};
  if (!axes.empty()) {
    inner = axes.back();
    axes.pop_back();
  }
  // A short row that repeats (one number per channel, say) is stored several times, so that loops are long.
  constexpr std::int64_t kShort = 64, kLong = 512;
  if (axes.size() == 1 && inner.size < kShort && inner.strides[0] == 1 && inner.strides[1] == 1)
    for (const std::size_t side : {0, 1})
      if (axes[0].strides[side] == 0 && moves[1 - side])
        return [=, size = inner.size](const OpArguments& args) {
          float repeated[kShort + kLong];
          const std::int64_t length = kLong / size * size, count = args.end - args.begin;
          for (std::int64_t i = 0; i < size; ++i) repeated[i] = args.in[side][(args.begin + i) % size];
          for (std::int64_t i = size; i < length; i += i) std::copy_n(repeated, std::min(i, length - i), repeated + i);
          vectorized([=, other = args.in[1 - side], out = args.out, same = &repeated[0]] {
            for (std::int64_t start = 0; start < count; start += length)
              for (std::int64_t i = 0; i < std::min(length, count - start); ++i)
                out[start + i] = side == 0 ? function(same[i], other[start + i]) : function(other[start + i], same[i]);
          });
        };
  return [=](const OpArguments& args) {
    StridedIterator<2> position(axes, args.begin / inner.size);
    for_each_row_piece(args.begin, args.end, inner.size, [&](std::int64_t row, std::int64_t from, std::int64_t to) {
      const auto [left_stride, right_stride] = inner.strides;
      const std::int64_t place = row * inner.size + from - args.begin;
      const float* left = args.in[0] + (moves[0] ? place : position.offsets()[0] + from * left_stride);
      const float* right = args.in[1] + (moves[1] ? place : position.offsets()[1] + from * right_stride);
      float* out = args.out + place;
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
      position.next();
    });
  };
}

class BinaryOp : public Float32Op {
 public:
  explicit BinaryOp(Binary function) : function_(function) {}

  std::string kind() const override { return name(function_); }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return broadcasts_items_apart(in, has_items);
  }

  Shape infer(std::span<const Shape> in) const override { return broadcast_shape(name(function_), in); }

  bool is_rowwise(std::span<const Shape> in, const Shape& out) const override { return in[0] == out || in[1] == out; }

  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    const std::array moves = {in[0].shape == out, in[1].shape == out};
    OpKernel kernel =
        OpKernel::rowwise(out.elements(), in, out, compute(broadcast_axes<2>({in[0].shape, in[1].shape}, out), moves));
    if (function_ == Binary::kAdd && moves[0] && moves[1]) kernel.lane_op = LaneOp::add();
    return kernel;
  }

 private:
  OpKernel::Compute compute(std::vector<StridedAxis<2>> axes, std::array<bool, 2> moves) const {
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
      case Binary::kArctan2:
        return each(std::move(axes), moves, [](float l, float r) { return std::atan2(l, r); });
      case Binary::kMod:
        return each(std::move(axes), moves, [](float l, float r) {
          const float rest = std::fmod(l, r);
          return rest != 0 && (r < 0) != (rest < 0) ? rest + r : rest;
        });
      case Binary::kFloorDivide:
        return each(std::move(axes), moves, [](float l, float r) { return std::floor(l / r); });
      case Binary::kFmod:
        return each(std::move(axes), moves, [](float l, float r) { return std::fmod(l, r); });
      case Binary::kHypot:
        return each(std::move(axes), moves, [](float l, float r) { return std::hypot(l, r); });
      case Binary::kLogaddexp:
        return each(std::move(axes), moves, [](float l, float r) {
          return l == r ? l + static_cast<float>(M_LN2) : std::max(l, r) + std::log1p(std::exp(-std::fabs(l - r)));
        });
      case Binary::kLogaddexp2:
        return each(std::move(axes), moves, [](float l, float r) {
          return l == r ? l + 1 : std::max(l, r) + std::log1p(std::exp2(-std::fabs(l - r))) / static_cast<float>(M_LN2);
        });
      case Binary::kHeaviside:
        return each(std::move(axes), moves, [](float l, float r) {
          return l != l ? l : l < 0 ? 0.0f : l > 0 ? 1.0f : r;
        });
      case Binary::kFmax:
        return each(std::move(axes), moves, [](float l, float r) { return std::fmax(l, r); });
      case Binary::kFmin:
        return each(std::move(axes), moves, [](float l, float r) { return std::fmin(l, r); });
      case Binary::kDivideNoNan:
        return each(std::move(axes), moves, [](float l, float r) { return r == 0 ? 0.0f : l / r; });
      case Binary::kMultiplyNoNan:
        return each(std::move(axes), moves, [](float l, float r) { return r == 0 ? 0.0f : l * r; });
      case Binary::kNextafter:
        return each(std::move(axes), moves, [](float l, float r) { return std::nextafter(l, r); });
      default:
        break;
    }
    KERASCOPE_CHECK(false);
  }

  Binary function_;
};

/// Integers stay exact: both inputs and the output are int64.
class IntegerOp final : public Op {
 public:
  explicit IntegerOp(Binary function) : function_(function) {}

  std::string kind() const override { return name(function_); }
  std::string attributes() const override { return "of integers"; }
  bool takes_float32() const override { return false; }
  bool keeps_items_apart(std::span<const Shape> in, const std::vector<bool>& has_items) const override {
    return broadcasts_items_apart(in, has_items);
  }
  std::vector<ValueType> outputs(std::span<const ValueType> in) const override {
    return {{broadcast_shape(kind(), shapes_of(in)), DType::kInt64}};
  }

  OpKernel kernel(const Session&, std::span<const Operand> in, std::span<const ValueType> out) const override {
    if (out[0].shape.elements() == 0) return [](const OpArguments&) {};
    return [axes = broadcast_axes<2>({in[0].shape, in[1].shape}, out[0].shape), count = out[0].shape.elements(),
            function = function_](const OpArguments& args) {
      StridedIterator<2> position(axes, 0);
      for (std::int64_t i = 0; i < count; ++i, position.next())
        args.output<std::int64_t>()[i] = result(function, args.input<std::int64_t>(0)[position.offsets()[0]],
                                                args.input<std::int64_t>(1)[position.offsets()[1]]);
    };
  }

 private:
  /// Wraps around on overflow, as NumPy does.
  static std::int64_t result(Binary function, std::int64_t left, std::int64_t right) {
    const auto l = static_cast<std::uint64_t>(left), r = static_cast<std::uint64_t>(right);
    switch (function) {
      case Binary::kAdd:
        return static_cast<std::int64_t>(l + r);
      case Binary::kSubtract:
        return static_cast<std::int64_t>(l - r);
      case Binary::kMultiply:
        return static_cast<std::int64_t>(l * r);
      case Binary::kMaximum:
        return std::max(left, right);
      case Binary::kMinimum:
        return std::min(left, right);
      case Binary::kPower:
        return power(left, right);
      case Binary::kMod: {
        const std::int64_t rest = remainder(left, right);
        return rest != 0 && (right < 0) != (rest < 0) ? rest + right : rest;
      }
      case Binary::kFloorDivide: {
        const std::int64_t rest = remainder(left, right);
        return quotient(left, right) - (rest != 0 && (right < 0) != (rest < 0));
      }
      case Binary::kFmod:
        return remainder(left, right);
      case Binary::kBitwiseAnd:
        return left & right;
      case Binary::kBitwiseOr:
        return left | right;
      case Binary::kBitwiseXor:
        return left ^ right;
      case Binary::kLeftShift:
        return static_cast<std::int64_t>(l << std::min<std::uint64_t>(r, 63));
      case Binary::kRightShift:
        return left >> std::min<std::uint64_t>(r, 63);
      case Binary::kGcd:
        return std::gcd(left, right);
      case Binary::kLcm:
        return std::lcm(left, right);
      default:
        break;
    }
    KERASCOPE_CHECK(false);
  }

  static void refuse(bool wrong, const char* what) {
    if (wrong) throw Error({.code = "division-by-zero", .what = what});
  }
  static std::int64_t quotient(std::int64_t left, std::int64_t right) {
    refuse(right == 0, "an integer is divided by 0");
    return right == -1 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(left)) : left / right;
  }
  static std::int64_t remainder(std::int64_t left, std::int64_t right) {
    refuse(right == 0, "an integer is divided by 0");
    return right == -1 ? 0 : left % right;
  }
  static std::int64_t power(std::int64_t base, std::int64_t exponent) {
    refuse(exponent < 0, "an integer is raised to a negative power");
    std::uint64_t product = 1, square = static_cast<std::uint64_t>(base);
    for (; exponent > 0; exponent >>= 1, square *= square)
      if (exponent & 1) product *= square;
    return static_cast<std::int64_t>(product);
  }

  Binary function_;
};

bool needs_integers(Binary function) { return function >= Binary::kBitwiseAnd && function <= Binary::kLcm; }

/// Functions that map integers to integers.
bool stays_whole(Binary function) {
  switch (function) {
    case Binary::kAdd:
    case Binary::kSubtract:
    case Binary::kMultiply:
    case Binary::kMaximum:
    case Binary::kMinimum:
    case Binary::kPower:
    case Binary::kMod:
    case Binary::kFloorDivide:
    case Binary::kFmod:
      return true;
    default:
      return needs_integers(function);
  }
}

}  // namespace

Value binary(Graph& graph, Value left, Value right, Binary function) {
  const DType type = common_type(graph.dtype(left), graph.dtype(right));
  const bool is_whole = is_integer(type) || (type == DType::kBool && needs_integers(function));
  if (needs_integers(function) && !is_whole)
    throw Error(
        {.code = "type-mismatch", .what = fmt::format("{} needs integers, not {}", name(function), name_of(type))});
  if (is_whole && stays_whole(function)) {
    const Value result = graph.apply(std::make_shared<IntegerOp>(function),
                                     {cast(graph, left, DType::kInt64), cast(graph, right, DType::kInt64)});
    return cast(graph, result, type);
  }
  return graph.apply(std::make_shared<BinaryOp>(function), {left, right});
}

}  // namespace kerascope::ops
