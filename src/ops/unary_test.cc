#include <limits>

#include "ops/ops_test_support.h"
#include "ops/unary.h"

namespace kerascope {
namespace {

using ops::Unary;
using ops_test::close;
using ops_test::evaluate;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

Tensor run(const Tensor& x, Unary function, const ops::UnaryOptions& options = {}) {
  Graph graph;
  const Value in = graph.input("x", x.shape());
  return evaluate(graph, ops::unary(graph, in, function, options), {{in.id, x}});
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double relu6(double x) { return std::clamp(x, 0.0, 6.0); }
double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }

/// By bisection.
double inverse_erf(double x) {
  double low = -6, high = 6;
  for (int step = 0; step < 80; ++step) (std::erf((low + high) / 2) < x ? low : high) = (low + high) / 2;
  return low;
}

struct Row {
  Unary function;
  std::function<double(double)> formula;
  ops::UnaryOptions options = {};
  double low = -60, high = 60;
};

std::vector<Row> rows() {
  return {
      {Unary::kRelu, [](double x) { return std::max(x, 0.0); }},
      {Unary::kRelu, [](double x) { return std::clamp(x, 0.0, 6.0); }, {.max_value = 6}},
      {Unary::kRelu, [](double x) { return x > 0 ? x : 0.25 * x; }, {.negative_slope = 0.25f}},
      {Unary::kRelu, [](double x) { return x > 1 ? x : 0.25 * (x - 1); }, {.negative_slope = 0.25f, .threshold = 1}},
      {Unary::kRelu,
       [](double x) { return x > 0 ? std::min(x, 4.0) : 0.25 * x; },
       {.max_value = 4, .negative_slope = 0.25f}},
      {Unary::kRelu, [](double x) { return x > 1 ? std::min(x, 4.0) : 0; }, {.max_value = 4, .threshold = 1}},
      {Unary::kSigmoid, sigmoid},
      {Unary::kTanh, [](double x) { return std::tanh(x); }},
      {Unary::kSilu, [](double x) { return x * sigmoid(x); }},
      {Unary::kElu, [](double x) { return x > 0 ? x : 0.5 * std::expm1(x); }, {.a = 0.5f}},
      {Unary::kSelu, [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }},
      {Unary::kCelu, [](double x) { return x > 0 ? x : 2 * std::expm1(x / 2); }, {.a = 2}},
      {Unary::kExp, [](double x) { return std::exp(x); }},
      {Unary::kGeluExact, [](double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }},
      {Unary::kGeluTanh,
       [](double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }},
      {Unary::kHardSigmoid, [](double x) { return relu6(x + 3) / 6; }},
      {Unary::kHardSigmoidOld, [](double x) { return std::clamp(0.2 * x + 0.5, 0.0, 1.0); }},
      {Unary::kHardSilu, [](double x) { return x * relu6(x + 3) / 6; }},
      {Unary::kHardTanh, [](double x) { return std::clamp(x, -1.0, 1.0); }},
      {Unary::kHardShrink, [](double x) { return std::abs(x) > 0.5 ? x : 0; }, {.a = 0.5f}},
      {Unary::kSoftShrink, [](double x) { return x > 0.5    ? x - 0.5
                                                 : x < -0.5 ? x + 0.5
                                                            : 0; }, {.a = 0.5f}},
      {Unary::kTanhShrink, [](double x) { return x - std::tanh(x); }},
      {Unary::kLogSigmoid, [](double x) { return -softplus(-x); }},
      {Unary::kMish, [](double x) { return x * std::tanh(softplus(x)); }},
      {Unary::kSoftplus, softplus},
      {Unary::kSoftsign, [](double x) { return x / (1 + std::abs(x)); }},
      {Unary::kSparsePlus, [](double x) { return x <= -1 ? 0
                                                 : x < 1 ? (x + 1) * (x + 1) / 4
                                                         : x; }},
      {Unary::kSparseSigmoid, [](double x) { return std::clamp((x + 1) / 2, 0.0, 1.0); }},
      // Beyond, Keras's own formula loses digits on the negative side.
      {Unary::kSquareplus, [](double x) { return (x + std::sqrt(x * x + 4)) / 2; }, {.a = 4}, -16, 16},
      {Unary::kThreshold, [](double x) { return x > 1.5 ? x : -7; }, {.a = 1.5f, .b = -7}},
      {Unary::kSqrt, [](double x) { return std::sqrt(x); }, {}, 0, 60},
      {Unary::kRsqrt, [](double x) { return 1 / std::sqrt(x); }, {}, 1e-3, 60},
      {Unary::kSquare, [](double x) { return x * x; }},
      {Unary::kAbs, [](double x) { return std::abs(x); }},
      {Unary::kNegative, [](double x) { return -x; }},
      {Unary::kLog, [](double x) { return std::log(x); }, {}, 1e-3, 60},
      {Unary::kSin, [](double x) { return std::sin(x); }},
      {Unary::kCos, [](double x) { return std::cos(x); }},
      {Unary::kTan, [](double x) { return std::tan(x); }, {}, -1.5, 1.5},
      {Unary::kArcsin, [](double x) { return std::asin(x); }, {}, -1, 1},
      {Unary::kArccos, [](double x) { return std::acos(x); }, {}, -1, 1},
      {Unary::kArctan, [](double x) { return std::atan(x); }},
      {Unary::kSinh, [](double x) { return std::sinh(x); }},
      {Unary::kCosh, [](double x) { return std::cosh(x); }},
      {Unary::kArcsinh, [](double x) { return std::asinh(x); }},
      {Unary::kArccosh, [](double x) { return std::acosh(x); }, {}, 1, 60},
      {Unary::kArctanh, [](double x) { return std::atanh(x); }, {}, -0.99, 0.99},
      {Unary::kExp2, [](double x) { return std::exp2(x); }},
      {Unary::kExpm1, [](double x) { return std::expm1(x); }},
      {Unary::kLog1p, [](double x) { return std::log1p(x); }, {}, -0.99, 60},
      {Unary::kLog2, [](double x) { return std::log2(x); }, {}, 1e-3, 60},
      {Unary::kLog10, [](double x) { return std::log10(x); }, {}, 1e-3, 60},
      {Unary::kFloor, [](double x) { return std::floor(x); }},
      {Unary::kCeil, [](double x) { return std::ceil(x); }},
      {Unary::kRound, [](double x) { return std::nearbyint(x); }},
      {Unary::kTrunc, [](double x) { return std::trunc(x); }},
      {Unary::kSign, [](double x) { return x > 0   ? 1
                                           : x < 0 ? -1
                                                   : 0; }},
      {Unary::kCbrt, [](double x) { return std::cbrt(x); }},
      {Unary::kErf, [](double x) { return std::erf(x); }},
      {Unary::kErfc, [](double x) { return std::erfc(x); }},
      {Unary::kSinc, [](double x) { return x == 0 ? 1 : std::sin(M_PI * x) / (M_PI * x); }},
      {Unary::kI0, [](double x) { return std::cyl_bessel_i(0, std::abs(x)); }, {}, -20, 20},
      {Unary::kErfinv, inverse_erf, {}, -0.999, 0.999},
      {Unary::kAffine, [](double x) { return 0.75 * x - 2; }, {.a = 0.75f, .b = -2}},
  };
}

TEST(Unary, EveryFunctionFollowsItsFormula) {
  constexpr std::int64_t kCount = 50'021;  // several threads' parts, and no multiple of a register
  std::set<Unary> seen;
  for (const Row& row : rows()) {
    seen.insert(row.function);
    Tensor x(Shape{kCount});
    for (std::int64_t i = 0; i < kCount; ++i)
      x.mutable_data()[i] = static_cast<float>(row.low + (row.high - row.low) * static_cast<double>(i) / (kCount - 1));
    const Tensor y = run(x, row.function, row.options);
    for (std::int64_t i = 0; i < kCount; ++i) {
      const double expected = row.formula(x.data()[i]);
      ASSERT_NEAR(y.data()[i], expected, 1e-6 * std::max(1.0, std::abs(expected)))
          << ops::name(row.function) << " of " << x.data()[i];
    }
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(Unary::kAffine) + 1) << "a function has no row";
}

// Close to 0 the error is relative: layers with small numbers keep their digits.
TEST(Unary, SmallNumbersKeepTheirDigits) {
  for (float x : {-1e-6f, 1e-6f, -1e-4f, 3e-3f}) {
    const Tensor in = Tensor::of(Shape{1}, std::vector{x});
    for (const auto& [function, a] : {std::pair{Unary::kElu, 1.0f}, {Unary::kTanh, 0.0f}, {Unary::kCelu, 1.0f}}) {
      const double expected = function == Unary::kTanh ? std::tanh(x) : x > 0 ? x : std::expm1(static_cast<double>(x));
      EXPECT_NEAR(run(in, function, {.a = a}).data()[0], expected, 3e-7 * std::abs(x)) << ops::name(function) << x;
    }
  }
}

// Measured with Keras 3.15.1 on TensorFlow 2.21. Not in the table: denormal numbers, which TensorFlow takes for 0.
TEST(Unary, SpecialValuesAreThoseOfKeras) {
  const Tensor x =
      Tensor::of(Shape{9}, std::vector{kNan, kInfinity, -kInfinity, 0.0f, -0.0f, 1e30f, -1e30f, 100.0f, -100.0f});
  constexpr float n = kNan, i = kInfinity;
  const struct {
    Unary function;
    std::vector<float> y;
    ops::UnaryOptions options = {};
  } table[] = {
      {Unary::kRelu, {n, i, 0, 0, 0, 1e30f, 0, 100, 0}},
      {Unary::kRelu, {n, 6, 0, 0, 0, 6, 0, 6, 0}, {.max_value = 6}},
      {Unary::kRelu, {n, i, -i, 0, 0, 1e30f, -2e29f, 100, -20}, {.negative_slope = 0.2f}},
      {Unary::kRelu, {0, i, 0, 0, 0, 1e30f, 0, 100, 0}, {.threshold = 1}},
      {Unary::kRelu, {0, i, 0, 0, 0, 1e30f, 0, 100, 0}, {.threshold = -1}},
      {Unary::kRelu, {0, 4, 0, 0, 0, 4, 0, 4, 0}, {.max_value = 4, .threshold = 1}},
      {Unary::kRelu, {n, 4, -i, 0, 0, 4, -1e29f, 4, -10}, {.max_value = 4, .negative_slope = 0.1f}},
      {Unary::kRelu, {n, i, -i, -.1f, -.1f, 1e30f, -1e29f, 100, -10.1f}, {.negative_slope = 0.1f, .threshold = 1}},
      {Unary::kRelu, {n, 4, -i, 0, 0, 4, -1e29f, 4, -9.9f}, {.max_value = 4, .negative_slope = 0.1f, .threshold = -1}},
      {Unary::kSigmoid, {n, 1, 0, .5f, .5f, 1, 0, 1, 0}},
      {Unary::kTanh, {n, 1, -1, 0, 0, 1, -1, 1, -1}},
      {Unary::kSilu, {n, i, n, 0, 0, 1e30f, 0, 100, 0}},
      {Unary::kElu, {n, i, -1, 0, 0, 1e30f, -1, 100, -1}, {.a = 1}},
      {Unary::kElu, {n, i, -.5f, 0, 0, 1e30f, -.5f, 100, -.5f}, {.a = 0.5f}},
      {Unary::kSelu, {n, i, -1.7580993f, 0, 0, 1.050701e30f, -1.7580993f, 105.0701f, -1.7580993f}},
      {Unary::kCelu, {n, i, -2, 0, 0, 1e30f, -2, 100, -2}, {.a = 2}},
      {Unary::kExp, {n, i, 0, 1, 1, i, 0, i, 0}},
      {Unary::kGeluExact, {n, i, n, 0, 0, 1e30f, 0, 100, 0}},
      {Unary::kGeluTanh, {n, i, n, 0, 0, 1e30f, 0, 100, 0}},
      {Unary::kHardSigmoid, {n, 1, 0, .5f, .5f, 1, 0, 1, 0}},
      {Unary::kHardSigmoidOld, {n, 1, 0, .5f, .5f, 1, 0, 1, 0}},
      {Unary::kHardSilu, {n, i, n, 0, 0, 1e30f, 0, 100, 0}},
      {Unary::kHardTanh, {n, 1, -1, 0, 0, 1, -1, 1, -1}},
      {Unary::kHardShrink, {0, i, -i, 0, 0, 1e30f, -1e30f, 100, -100}, {.a = 0.5f}},
      {Unary::kSoftShrink, {0, i, -i, 0, 0, 1e30f, -1e30f, 99.5f, -99.5f}, {.a = 0.5f}},
      {Unary::kTanhShrink, {n, i, -i, 0, 0, 1e30f, -1e30f, 99, -99}},
      {Unary::kLogSigmoid, {n, 0, -i, -.6931472f, -.6931472f, 0, -1e30f, 0, -100}},
      {Unary::kMish, {n, i, n, 0, 0, 1e30f, 0, 100, 0}},
      {Unary::kSoftplus, {n, i, 0, .6931472f, .6931472f, 1e30f, 0, 100, 0}},
      {Unary::kSoftsign, {n, n, n, 0, 0, 1, -1, .99009901f, -.99009901f}},
      {Unary::kSparsePlus, {n, i, 0, .25f, .25f, 1e30f, 0, 100, 0}},
      {Unary::kSparseSigmoid, {n, 1, 0, .5f, .5f, 1, 0, 1, 0}},
      {Unary::kSquareplus, {n, i, n, 1, 1, i, i, 100.01f, .00999832f}, {.a = 4}},
      {Unary::kThreshold, {9, i, 9, 9, 9, 1e30f, 9, 100, 9}, {.a = 1, .b = 9}},
      {Unary::kSqrt, {n, i, n, 0, 0, 1e15f, n, 10, n}},
      {Unary::kRsqrt, {n, 0, n, i, -i, 1e-15f, n, .1f, n}},
      {Unary::kSquare, {n, i, i, 0, 0, i, i, 10000, 10000}},
      {Unary::kAbs, {n, i, i, 0, 0, 1e30f, 1e30f, 100, 100}},
      {Unary::kNegative, {n, -i, i, 0, 0, -1e30f, 1e30f, -100, 100}},
      {Unary::kLog, {n, i, n, -i, -i, 69.07755f, n, 4.605170f, n}},
  };
  for (const auto& row : table) {
    const Tensor y = run(x, row.function, row.options);
    // One by one, since the large numbers would hide the small ones.
    for (std::int64_t k = 0; k < y.size(); ++k)
      EXPECT_TRUE(close(Tensor::of(Shape{1}, y.numbers().subspan(static_cast<std::size_t>(k), 1)),
                        Tensor::of(Shape{1}, std::vector{row.y[static_cast<std::size_t>(k)]}),
                        {.tolerance = 1e-5, .at_least_one = true}))
          << ops::name(row.function) << " of " << x.data()[k];
  }
}

TEST(Unary, AtTheThresholdReluIsZero) {
  const Tensor x = Tensor::of(Shape{3}, std::vector{0.5f, 1.0f, 1.5f});
  EXPECT_TRUE(close(run(x, Unary::kRelu, {.threshold = 1}), Tensor::of(Shape{3}, std::vector{0.0f, 0.0f, 1.5f})));
}

TEST(Unary, AffineRoundsTwice) {
  // 16777215 * 1.25 = 20971518.75 rounds to 20971518; a fused multiply-add would give -1.25 instead of -2.
  const float a = 1.25f, b = -20971520.0f, x = 16777215.0f;
  EXPECT_EQ(run(Tensor::of(Shape{1}, std::vector{x}), Unary::kAffine, {.a = a, .b = b}).data()[0], -2);
}

TEST(Unary, AnyShapeAndItsCost) {
  for (const Shape& shape : {Shape{}, Shape{0, 3}, Shape{1}, Shape{2, 3, 4}}) {
    const Tensor x = ops_test::random_tensor(shape, 1);
    Tensor expected(shape);
    for (std::int64_t i = 0; i < x.size(); ++i) expected.mutable_data()[i] = std::abs(x.data()[i]);
    EXPECT_TRUE(close(run(x, Unary::kAbs), expected));
  }
  Graph graph;
  const Value x = graph.input("x", Shape{2, 3});
  const Graph::Node& node = graph.node(ops::unary(graph, x, Unary::kRelu, {.negative_slope = 0.5f}));
  EXPECT_EQ(node.op->describe(), "relu slope 0.5");
  EXPECT_EQ(node.op->cost(std::vector{Shape{2, 3}}, node.shape).bytes, 48);
  EXPECT_EQ(node.op->cost(std::vector{Shape{2, 3}}, node.shape).flops, 6);
}

}  // namespace
}  // namespace kerascope
