// Elementwise functions of one argument, any shape. The formulas are those of Keras 3 on TensorFlow, also for NaN and
// infinity (unary_test.cc has the measured table); denormal numbers are kept, where TensorFlow takes them for 0.

#include <cmath>
#include <limits>
#include <optional>

#include "base/check.h"
#include "base/simd.h"
#include "ops/binary.h"
#include "ops/math.h"
#include "ops/unary.h"

namespace kerascope::ops {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

template <typename Function>
OpKernel::Compute each(Function function) {
  return [=](const OpArguments& args) {
    vectorized([=, x = args.in[0], y = args.out, count = args.end - args.begin] {
      for (std::int64_t i = 0; i < count; ++i) y[i] = function(x[i]);
    });
  };
}

/// Limits to [low, high]; NaN stays NaN.
inline float clip(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}
inline float hard_sigmoid(float x) { return clip(x + 3.0f, 0.0f, 6.0f) / 6.0f; }
inline float positive_part(float x) { return x < 0.0f ? 0.0f : x; }

inline float sinc(float x) {
  const double turned = M_PI * static_cast<double>(x);
  return turned == 0 ? 1.0f : static_cast<float>(std::sin(turned) / turned);
}

/// A first guess (S. Winitzki), then Newton's steps in double.
inline float erfinv(float x) {
  if (!(std::fabs(x) < 1.0f)) return std::fabs(x) == 1.0f ? std::copysign(kInfinity, x) : NAN;
  const double wanted = std::fabs(static_cast<double>(x));
  const double tail = std::log1p(-wanted * wanted), a = 0.147, b = 2 / (M_PI * a) + tail / 2;
  double y = std::sqrt(std::sqrt(b * b - tail / a) - b);
  // By erfc, which keeps its digits near 1.
  for (int step = 0; step < 4; ++step) y += (std::erfc(y) - (1 - wanted)) / (M_2_SQRTPI * std::exp(-y * y));
  return std::copysign(static_cast<float>(y), x);
}

/// One function. FLOPs are per element: arithmetic, comparisons, exp, log, tanh, sqrt and erf count one each.
struct Entry {
  Unary function;
  const char* name;
  int flops;
  OpKernel::Compute (*compute)(const UnaryOptions& options);
};

template <typename Formula>
constexpr Entry row(Unary function, const char* name, int flops, Formula) {
  return {function, name, flops, [](const UnaryOptions& options) {
            return each([a = options.a, b = options.b](float x) { return Formula{}(x, a, b); });
          }};
}

/// Keras's order: the part above the threshold, clipped, minus the slope times how far x lies below the threshold.
OpKernel::Compute relu(const UnaryOptions& options) {
  const float high = options.max_value, slope = options.negative_slope, threshold = options.threshold;
  if (threshold == 0 && slope == 0) {
    if (high == kInfinity) return each([](float x) { return positive_part(x); });
    return each([=](float x) { return clip(x, 0.0f, high); });
  }
  if (threshold == 0 && high == kInfinity) {
    return each([=](float x) {
      const float low = slope * x;
      return x > 0.0f ? x : low;
    });
  }
  // A maximum clips at 0 too, which shows below a negative threshold. A threshold other than 0 turns NaN into 0.
  const float low = high == kInfinity ? -kInfinity : 0.0f;
  const float for_nan = threshold == 0 ? std::numeric_limits<float>::quiet_NaN() : 0.0f;
  return each([=](float x) {
    const float above = x > threshold ? x : (x != x ? for_nan : 0.0f);
    const float fall = slope * positive_part(threshold - x);
    return clip(above, low, high) - (slope == 0.0f ? 0.0f : fall);
  });
}

/// Rounds twice on every processor, as Keras's Rescaling does; ARM64 would fuse product and sum.
[[gnu::optimize("fp-contract=off")]] void multiply_then_add(const float* __restrict x, float* __restrict y,
                                                            std::int64_t count, float a, float b) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = x[i] * a + b;
}
OpKernel::Compute affine(const UnaryOptions& options) {
  return [a = options.a, b = options.b](const OpArguments& args) {
    multiply_then_add(args.in[0], args.out, args.end - args.begin, a, b);
  };
}

// In the enum's order.
constexpr Entry kTable[] = {
    {Unary::kRelu, "relu", 1, relu},
    row(Unary::kSigmoid, "sigmoid", 4, [](float x, float, float) { return math::sigmoid(x); }),
    row(Unary::kTanh, "tanh", 1, [](float x, float, float) { return math::tanh(x); }),
    row(Unary::kSilu, "silu", 5, [](float x, float, float) { return x * math::sigmoid(x); }),
    row(Unary::kElu, "elu", 3,
        [](float x, float a, float) {
          const float low = a * math::expm1(x);
          return x > 0.0f ? x : low;
        }),
    row(Unary::kSelu, "selu", 3,
        [](float x, float, float) {
          const float low = 1.758099340847376624f * math::expm1(x);
          return x > 0.0f ? 1.0507009873554804934f * x : low;
        }),
    row(Unary::kCelu, "celu", 4,
        [](float x, float a, float) { return positive_part(x) + a * math::expm1((x > 0.0f ? 0.0f : x) / a); }),
    row(Unary::kExp, "exp", 1, [](float x, float, float) { return math::exp(x); }),
    row(Unary::kGeluExact, "gelu_exact", 5,
        [](float x, float, float) {
          const float tail = 0.5f * math::erfc_positive(std::fabs(x) * 0.707106781f);
          return x * (x < 0.0f ? tail : 1.0f - tail);
        }),
    row(Unary::kGeluTanh, "gelu_tanh", 8,
        [](float x, float, float) {  // 0.5 (1 + tanh(u)) = sigmoid(2 u)
          return x * math::sigmoid(1.59576912f * (x + 0.044715f * (x * x * x)));
        }),
    row(Unary::kHardSigmoid, "hard_sigmoid", 4, [](float x, float, float) { return hard_sigmoid(x); }),
    row(Unary::kHardSigmoidOld, "hard_sigmoid_old", 4,
        [](float x, float, float) { return clip(0.2f * x + 0.5f, 0.0f, 1.0f); }),
    row(Unary::kHardSilu, "hard_silu", 5, [](float x, float, float) { return x * hard_sigmoid(x); }),
    row(Unary::kHardTanh, "hard_tanh", 2, [](float x, float, float) { return clip(x, -1.0f, 1.0f); }),
    row(Unary::kHardShrink, "hard_shrink", 1, [](float x, float a, float) { return std::fabs(x) > a ? x : 0.0f; }),
    row(Unary::kSoftShrink, "soft_shrink", 3,
        [](float x, float a, float) {
          const float less = x - a, more = x + a;
          return x > a ? less : (x < -a ? more : 0.0f);
        }),
    row(Unary::kTanhShrink, "tanh_shrink", 2, [](float x, float, float) { return x - math::tanh(x); }),
    row(Unary::kLogSigmoid, "log_sigmoid", 4, [](float x, float, float) { return -math::softplus(-x); }),
    row(Unary::kMish, "mish", 6,
        [](float x, float, float) {  // tanh(log(1 + n)) = n (n + 2) / (n (n + 2) + 2), which is 1 from n = e^20 on.
          const float n = math::exp(x > 20.0f ? 20.0f : x), m = n * (n + 2.0f);
          return x * (m / (m + 2.0f));
        }),
    row(Unary::kSoftplus, "softplus", 3, [](float x, float, float) { return math::softplus(x); }),
    row(Unary::kSoftsign, "softsign", 2, [](float x, float, float) { return x / (std::fabs(x) + 1.0f); }),
    row(Unary::kSparsePlus, "sparse_plus", 5,
        [](float x, float, float) {
          const float bend = 0.25f * ((x + 1.0f) * (x + 1.0f));
          return x <= -1.0f ? 0.0f : (x < 1.0f ? bend : x);
        }),
    row(Unary::kSparseSigmoid, "sparse_sigmoid", 4,
        [](float x, float, float) {
          const float line = 0.5f * (x + 1.0f);
          return x <= -1.0f ? 0.0f : (x >= 1.0f ? 1.0f : line);
        }),
    row(Unary::kSquareplus, "squareplus", 5, [](float x, float a, float) { return (x + std::sqrt(x * x + a)) / 2.0f; }),
    row(Unary::kThreshold, "threshold", 1, [](float x, float a, float b) { return x > a ? x : b; }),
    row(Unary::kSqrt, "sqrt", 1, [](float x, float, float) { return std::sqrt(x); }),
    row(Unary::kRsqrt, "rsqrt", 2, [](float x, float, float) { return 1.0f / std::sqrt(x); }),
    row(Unary::kSquare, "square", 1, [](float x, float, float) { return x * x; }),
    row(Unary::kAbs, "abs", 1, [](float x, float, float) { return std::fabs(x); }),
    row(Unary::kNegative, "negative", 1, [](float x, float, float) { return -x; }),
    row(Unary::kLog, "log", 1, [](float x, float, float) { return math::log(x); }),
    row(Unary::kSin, "sin", 1, [](float x, float, float) { return std::sin(x); }),
    row(Unary::kCos, "cos", 1, [](float x, float, float) { return std::cos(x); }),
    row(Unary::kTan, "tan", 1, [](float x, float, float) { return std::tan(x); }),
    row(Unary::kArcsin, "arcsin", 1, [](float x, float, float) { return std::asin(x); }),
    row(Unary::kArccos, "arccos", 1, [](float x, float, float) { return std::acos(x); }),
    row(Unary::kArctan, "arctan", 1, [](float x, float, float) { return std::atan(x); }),
    row(Unary::kSinh, "sinh", 1, [](float x, float, float) { return std::sinh(x); }),
    row(Unary::kCosh, "cosh", 1, [](float x, float, float) { return std::cosh(x); }),
    row(Unary::kArcsinh, "arcsinh", 1, [](float x, float, float) { return std::asinh(x); }),
    row(Unary::kArccosh, "arccosh", 1, [](float x, float, float) { return std::acosh(x); }),
    row(Unary::kArctanh, "arctanh", 1, [](float x, float, float) { return std::atanh(x); }),
    row(Unary::kExp2, "exp2", 1, [](float x, float, float) { return std::exp2(x); }),
    row(Unary::kExpm1, "expm1", 1, [](float x, float, float) { return std::expm1(x); }),
    row(Unary::kLog1p, "log1p", 1, [](float x, float, float) { return std::log1p(x); }),
    row(Unary::kLog2, "log2", 1, [](float x, float, float) { return std::log2(x); }),
    row(Unary::kLog10, "log10", 1, [](float x, float, float) { return std::log10(x); }),
    row(Unary::kFloor, "floor", 1, [](float x, float, float) { return std::floor(x); }),
    row(Unary::kCeil, "ceil", 1, [](float x, float, float) { return std::ceil(x); }),
    row(Unary::kRound, "round", 1, [](float x, float, float) { return std::nearbyint(x); }),
    row(Unary::kTrunc, "trunc", 1, [](float x, float, float) { return std::trunc(x); }),
    row(Unary::kSign, "sign", 1, [](float x, float, float) { return x > 0.0f ? 1.0f : (x < 0.0f ? -1.0f : x); }),
    row(Unary::kCbrt, "cbrt", 1, [](float x, float, float) { return std::cbrt(x); }),
    row(Unary::kErf, "erf", 1, [](float x, float, float) { return std::erf(x); }),
    row(Unary::kErfc, "erfc", 1, [](float x, float, float) { return std::erfc(x); }),
    row(Unary::kErfinv, "erfinv", 20, [](float x, float, float) { return erfinv(x); }),
    row(Unary::kSinc, "sinc", 3, [](float x, float, float) { return sinc(x); }),
    row(Unary::kI0, "i0", 20,
        [](float x, float, float) {
          return static_cast<float>(std::cyl_bessel_i(0.0, std::fabs(static_cast<double>(x))));
        }),
    {Unary::kAffine, "affine", 2, affine},
};

const Entry& entry(Unary function) {
  const Entry& found = kTable[static_cast<std::size_t>(function)];
  KERASCOPE_CHECK(found.function == function);
  return found;
}

class UnaryOp : public Float32Op {
 public:
  UnaryOp(Unary function, const UnaryOptions& options) : entry_(entry(function)), options_(options) {}

  std::string kind() const override { return entry_.name; }
  bool keeps_items_apart(std::span<const Shape>, const std::vector<bool>&) const override { return true; }
  std::string attributes() const override {
    std::string text;
    const auto add = [&](const char* what, float number, float usual) {
      if (number != usual) text += fmt::format("{}{} {}", text.empty() ? "" : " ", what, number);
    };
    add("a", options_.a, 0);
    add("b", options_.b, 0);
    add("max", options_.max_value, kInfinity);
    add("slope", options_.negative_slope, 0);
    add("threshold", options_.threshold, 0);
    return text;
  }

  Shape infer(std::span<const Shape> in) const override { return in[0]; }

  Cost cost(std::span<const Shape>, const Shape& out) const override {
    const double elements = static_cast<double>(out.elements());
    return {.flops = elements * entry_.flops, .bytes = 2 * elements * sizeof(float)};
  }

  bool is_rowwise(std::span<const Shape>, const Shape&) const override { return true; }
  OpKernel prepare(const Session&, std::span<const Operand> in, const Shape& out) const override {
    OpKernel kernel = OpKernel::rowwise(out.elements(), in, out, entry_.compute(options_));
    if (entry_.function == Unary::kRelu && options_.threshold == 0 && options_.negative_slope == 0)
      kernel.lane_op = LaneOp::clip(0, options_.max_value);
    return kernel;
  }

 private:
  const Entry& entry_;
  UnaryOptions options_;
};

/// Functions that map integers to integers, made of those of two arguments, which are exact. Nothing for others.
std::optional<Value> of_integers(Graph& graph, Value x, Unary function, const UnaryOptions& options) {
  const auto zero = [&] { return graph.constant(Tensor::of(Shape(), std::vector<float>{0}).astype(graph.dtype(x))); };
  switch (function) {
    case Unary::kSquare:
      return binary(graph, x, x, Binary::kMultiply);
    case Unary::kNegative:
      return binary(graph, zero(), x, Binary::kSubtract);
    case Unary::kAbs:
      return binary(graph, x, binary(graph, zero(), x, Binary::kSubtract), Binary::kMaximum);
    case Unary::kSign: {
      const auto whole = [&](float number) {
        return graph.constant(Tensor::of(Shape(), std::vector<float>{number}).astype(graph.dtype(x)));
      };
      const Value most_one = binary(graph, x, whole(1), Binary::kMinimum);
      return graph.dtype(x) == DType::kUInt8 ? most_one : binary(graph, most_one, whole(-1), Binary::kMaximum);
    }
    case Unary::kRound:
    case Unary::kTrunc:
      return x;
    case Unary::kRelu:
      if (!std::isinf(options.max_value) || options.negative_slope != 0 || options.threshold != 0) return std::nullopt;
      return binary(graph, x, zero(), Binary::kMaximum);
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string name(Unary function) { return entry(function).name; }

Value unary(Graph& graph, Value x, Unary function, const UnaryOptions& options) {
  if (is_integer(graph.dtype(x)))
    if (const std::optional<Value> exact = of_integers(graph, x, function, options)) return *exact;
  return graph.apply(std::make_shared<UnaryOp>(function, options), {x});
}

}  // namespace kerascope::ops
