#include "ops/math.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/sanitized_for_tests.h"
#include "base/simd.h"

namespace kerascope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// The distance in units of the last place of the true value.
double error_ulp(float actual, double expected) {
  if (std::isnan(expected)) return std::isnan(actual) ? 0 : HUGE_VAL;
  if (actual == static_cast<float>(expected)) return 0;
  if (!std::isfinite(actual)) return HUGE_VAL;
  const int exponent = std::max(std::ilogb(expected), -126);
  return std::abs(actual - expected) / std::ldexp(1.0, exponent - 23);
}

/// The greatest error over every `step`th float of [low, high], as compiled for this processor and for any.
template <typename Function>
double worst_ulp(Function function, double (*exact)(double), float low, float high,
                 std::uint32_t step = 499 * kCaseStep) {
  std::vector<float> xs;
  const auto below_zero = [&](float from, float to) {
    for (std::uint32_t b = std::bit_cast<std::uint32_t>(-to); b <= std::bit_cast<std::uint32_t>(-from); b += step)
      xs.push_back(-std::bit_cast<float>(b));
  };
  const auto above_zero = [&](float from, float to) {
    for (std::uint32_t b = std::bit_cast<std::uint32_t>(from); b <= std::bit_cast<std::uint32_t>(to); b += step)
      xs.push_back(std::bit_cast<float>(b));
  };
  if (low < 0) below_zero(low, std::min(high, 0.0f));
  if (high > 0) above_zero(std::max(low, 0.0f), high);
  std::vector<float> ys(xs.size());
  const auto run = [&, in = xs.data(), out = ys.data(), n = xs.size()](bool for_this_processor) {
    const auto loop = [=] {
      for (std::size_t i = 0; i < n; ++i) out[i] = function(in[i]);
    };
    for_this_processor ? vectorized(loop) : loop();
    double worst = 0;
    float worst_x = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double error = error_ulp(out[i], exact(in[i]));
      if (error > worst) worst = error, worst_x = in[i];
    }
    if (worst > 3) ADD_FAILURE() << worst << " ulp at " << worst_x;
    return worst;
  };
  return std::max(run(true), run(false));
}

double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double exact_softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

TEST(Math, ErrorsStayBelowThreeUnitsOfTheLastPlace) {
  const struct {
    const char* name;
    double worst;
  } rows[] = {
      {"exp", worst_ulp([](float x) { return math::exp(x); }, std::exp, -110, 100)},
      {"expm1", worst_ulp([](float x) { return math::expm1(x); }, std::expm1, -100, 100)},
      {"tanh", worst_ulp([](float x) { return math::tanh(x); }, std::tanh, -100, 100)},
      {"sigmoid", worst_ulp([](float x) { return math::sigmoid(x); }, exact_sigmoid, -88, 100)},
      {"softplus", worst_ulp([](float x) { return math::softplus(x); }, exact_softplus, -100, 100)},
      {"log", worst_ulp([](float x) { return math::log(x); }, std::log, 0, std::numeric_limits<float>::max())},
  };
  for (const auto& row : rows) {
    RecordProperty(row.name, fmt::format("{:.2f} ulp", row.worst));
    EXPECT_GT(row.worst, 0) << row.name << ": nothing was compared";
  }
}

TEST(Math, ErfcIsExactToARoundingOfOne) {
  for (int i = 0; i <= 100'000; ++i) {
    const float x = static_cast<float>(i) * 1e-4f;
    ASSERT_NEAR(math::erfc_positive(x), std::erfc(static_cast<double>(x)), 1.5e-7) << x;
  }
}

TEST(Math, SineAndCosineOfATurn) {
  for (int i = 0; i < 100'000; ++i) {
    const float turns = static_cast<float>(i) * 1e-5f;
    const auto [sine, cosine] = math::sincos_turns(turns);
    ASSERT_NEAR(sine, std::sin(2 * M_PI * turns), 2e-7) << turns;
    ASSERT_NEAR(cosine, std::cos(2 * M_PI * turns), 2e-7) << turns;
  }
}

TEST(Math, SpecialValues) {
  EXPECT_EQ(math::exp(kInfinity), kInfinity);
  EXPECT_EQ(math::exp(-kInfinity), 0);
  EXPECT_EQ(math::expm1(kInfinity), kInfinity);
  EXPECT_EQ(math::expm1(-kInfinity), -1);
  EXPECT_EQ(math::tanh(-kInfinity), -1);
  EXPECT_EQ(math::log(0), -kInfinity);
  EXPECT_EQ(math::log(kInfinity), kInfinity);
  EXPECT_EQ(math::log(1), 0);
  EXPECT_TRUE(std::isnan(math::log(-1)));
  for (auto function : {math::exp, math::expm1, math::tanh, math::sigmoid, math::log, math::softplus})
    EXPECT_TRUE(std::isnan(function(std::nanf(""))));
}

}  // namespace
}  // namespace kerascope
