#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ops/ops_test_support.h"
#include "ops/row_norm.h"

namespace kerascope {
namespace {

using namespace ops_test;
using ops::RowNorm;

constexpr RowNorm kAll[] = {RowNorm::kStandard, RowNorm::kDeviation, RowNorm::kRootMeanSquare, RowNorm::kLength};

struct NormCase {
  Shape shape;
  int axes = 1;
  RowNorm norm = RowNorm::kStandard;
  float epsilon = 1e-3f;
  bool gamma = true, beta = true;

  Shape row() const { return shape.slice(shape.rank() - axes, shape.rank()); }
};

Tensor slow_norm(const NormCase& c, const Tensor& x, const Tensor& gamma, const Tensor& beta) {
  Tensor out(c.shape);
  const std::int64_t size = c.row().elements();
  for (std::int64_t row = 0; row < x.size(); row += size) {
    double mean = 0, variance = 0, squares = 0;
    for (std::int64_t i = row; i < row + size; ++i) mean += x.data()[i] / static_cast<double>(size);
    for (std::int64_t i = row; i < row + size; ++i) {
      variance += std::pow(x.data()[i] - mean, 2) / static_cast<double>(size);
      squares += std::pow(x.data()[i], 2);
    }
    double divisor = std::sqrt(variance + c.epsilon);
    if (c.norm == RowNorm::kRootMeanSquare) divisor = std::sqrt(squares / static_cast<double>(size) + c.epsilon);
    if (c.norm == RowNorm::kLength) divisor = std::max(std::sqrt(squares), static_cast<double>(c.epsilon));
    for (std::int64_t i = row; i < row + size; ++i) {
      double y = (x.data()[i] - (c.norm == RowNorm::kStandard ? mean : 0)) / divisor;
      if (c.gamma) y *= gamma.data()[i - row];
      if (c.beta) y += beta.data()[i - row];
      out.mutable_data()[i] = static_cast<float>(y);
    }
  }
  return out;
}

Tensor normalized(const NormCase& c, const Tensor& x, const Tensor& gamma, const Tensor& beta) {
  Graph graph;
  std::optional<Value> gamma_value, beta_value;
  if (c.gamma) gamma_value = graph.constant(gamma);
  if (c.beta) beta_value = graph.constant(beta);
  const ops::RowNormOptions options = {.norm = c.norm, .axes = c.axes, .epsilon = c.epsilon};
  return evaluate(graph, ops::row_norm(graph, graph.constant(x), gamma_value, beta_value, options));
}

void expect_equals_slow_loops(const NormCase& c, unsigned seed) {
  SCOPED_TRACE(fmt::format("{} axes {} norm {} gamma {} beta {} seed {}", c.shape.str(), c.axes,
                           static_cast<int>(c.norm), c.gamma, c.beta, seed));
  const Tensor x = random_tensor(c.shape, seed, 0.5f), gamma = random_tensor(c.row(), seed + 1),
               beta = random_tensor(c.row(), seed + 2);
  ASSERT_TRUE(
      close(normalized(c, x, gamma, beta), slow_norm(c, x, gamma, beta), {.tolerance = 3e-6, .at_least_one = true}));
}

TEST(RowNorm, EqualsSlowLoopsOverAllSmallShapes) {
  unsigned seed = 0;
  for (const Shape& shape : small_shapes(4, {1, 2, 3, 5}))
    for (int axes = 1; axes <= shape.rank(); ++axes, ++seed) {
      expect_equals_slow_loops({.shape = shape,
                                .axes = axes,
                                .norm = kAll[seed % 4],
                                .epsilon = seed % 5 == 0 ? 0.3f : 1e-2f,
                                .gamma = seed % 2 == 0,
                                .beta = seed % 3 == 0},
                               seed);
      if (HasFatalFailure()) return;
    }
}

TEST(RowNorm, EqualsSlowLoopsOnRandomLargerShapes) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed < first + 40; ++seed) {
    std::mt19937 generator(seed);
    const auto among = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
    };
    expect_equals_slow_loops({.shape = {among(1, 3), among(1, 40), among(1, 40), among(1, 300)},
                              .axes = static_cast<int>(among(1, 4)),
                              .norm = kAll[among(0, 3)]},
                             seed);
    if (HasFatalFailure()) return;
  }
}

// A sum of a million float32 numbers, or the mean of x squared less the squared mean, would lose the digits.
TEST(RowNorm, KeepsItsDigitsFarFromZeroAndInLongRows) {
  const NormCase c = {.shape = {2, 1'000'003}, .gamma = false, .beta = false};
  const Tensor x = random_tensor(c.shape, 1, 100);
  EXPECT_TRUE(close(normalized(c, x, {}, {}), slow_norm(c, x, {}, {}), {.tolerance = 3e-6}));
}

// A mean in float32, or sums of numbers whose mean was not taken off, would lose the spread.
TEST(RowNorm, KeepsASmallSpreadFarFromZero) {
  for (RowNorm norm : {RowNorm::kStandard, RowNorm::kDeviation}) {
    const NormCase c = {.shape = {5, 700}, .norm = norm};
    const Tensor x = random_tensor(c.shape, 1, 1e6f), gamma = random_tensor(c.row(), 2),
                 beta = random_tensor(c.row(), 3);
    EXPECT_TRUE(close(normalized(c, x, gamma, beta), slow_norm(c, x, gamma, beta), {.tolerance = 3e-6}));
  }
}

TEST(RowNorm, OfOneNumberEverywhereIsZero) {
  for (float number : {70000.0f, 70000.1f, -3e7f}) {
    const NormCase c = {.shape = {2, 333}, .gamma = false, .beta = false};
    const Tensor zeros = tensor_by(c.shape, [](const Index&) { return 0; }),
                 x = tensor_by(c.shape, [&](const Index&) { return number; });
    EXPECT_TRUE(close(normalized(c, x, {}, {}), zeros)) << number;
  }
}

// As Keras: squares that overflow make a row zero, what is not finite makes its row NaN and leaves the others.
TEST(RowNorm, WhatIsNotFiniteStaysInItsRow) {
  for (float odd : {NAN, INFINITY, -INFINITY, 3e38f}) {
    const NormCase c = {.shape = {3, 20}, .gamma = false, .beta = false};
    Tensor x = random_tensor(c.shape, 1);
    x.mutable_data()[25] = odd;
    const Tensor y = normalized(c, x, {}, {});
    for (std::int64_t i = 0; i < y.size(); ++i) {
      const bool is_odd = i / 20 == 1;
      EXPECT_EQ(std::isnan(y.data()[i]), is_odd && !(odd == 3e38f)) << odd << " at " << i;
      if (is_odd && odd == 3e38f) {
        EXPECT_EQ(y.data()[i], 0);
      }
    }
  }
}

TEST(RowNorm, OfZerosIsZero) {
  for (RowNorm norm : kAll) {
    const NormCase c = {.shape = {3, 20}, .norm = norm, .epsilon = 1e-12f, .gamma = false, .beta = false};
    const Tensor zeros = tensor_by(c.shape, [](const Index&) { return 0; });
    EXPECT_TRUE(close(normalized(c, zeros, {}, {}), zeros));
  }
}

TEST(RowNorm, OfNothingIsNothing) {
  EXPECT_EQ(normalized({.shape = {0, 3}}, Tensor(Shape{0, 3}), Tensor(Shape{3}), Tensor(Shape{3})).size(), 0);
  EXPECT_EQ(normalized({.shape = {3, 0}}, Tensor(Shape{3, 0}), Tensor(Shape{0}), Tensor(Shape{0})).size(), 0);
}

TEST(RowNorm, DescribesItself) {
  Graph graph;
  const Value x = graph.input("x", {1, 5, 3});
  const auto describe = [&](const ops::RowNormOptions& options) {
    return graph.node(ops::row_norm(graph, x, {}, {}, options)).op->describe();
  };
  EXPECT_EQ(describe({}), "row_norm standard axes 1 epsilon 0.001");
  EXPECT_EQ(describe({.norm = RowNorm::kLength, .axes = 2, .epsilon = 1e-12f}), "row_norm length axes 2 epsilon 1e-12");
}

TEST(RowNorm, RefusesWhatDoesNotFitWithTheNumbers) {
  Graph graph;
  const Value x = graph.input("x", {1, 5, 3}), four = graph.input("four", {4});
  EXPECT_THAT(error_text([&] { ops::row_norm(graph, x, four, {}, {}); }),
              testing::HasSubstr("row_norm has a weight of shape (4,) for rows of (3,)"));
  EXPECT_THAT(error_text([&] { ops::row_norm(graph, x, {}, {}, {.axes = 4}); }),
              testing::HasSubstr("row_norm makes rows of 4 axes, its input (1, 5, 3) has 3"));
  EXPECT_EQ(error_code([&] { ops::row_norm(graph, x, {}, {}, {.axes = 0}); }), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
