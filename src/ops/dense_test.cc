#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "ops/dense.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;

Tensor slow_dense(const Tensor& x, const Tensor& kernel, const Tensor& bias) {
  const std::int64_t inputs = kernel.shape()[0], units = kernel.shape()[1];
  Shape shape = x.shape();
  shape[shape.rank() - 1] = units;
  Tensor out(shape);
  for (std::int64_t row = 0; row < out.size() / units; ++row)
    for (std::int64_t o = 0; o < units; ++o) {
      double sum = bias.empty() ? 0 : bias.data()[o];
      for (std::int64_t i = 0; i < inputs; ++i)
        sum += static_cast<double>(x.data()[row * inputs + i]) * static_cast<double>(kernel.data()[i * units + o]);
      out.mutable_data()[row * units + o] = static_cast<float>(sum);
    }
  return out;
}

Tensor dense_of(const Tensor& x, const Tensor& kernel, const Tensor& bias) {
  Graph graph;
  std::optional<Value> bias_value;
  if (!bias.empty()) bias_value = graph.constant(bias);
  const Value kernel_value = graph.constant(kernel);
  return evaluate(graph, ops::dense(graph, graph.constant(x), kernel_value, bias_value));
}

void expect_equals_slow_loops(const Shape& in, std::int64_t units, unsigned seed) {
  SCOPED_TRACE(in.str() + " to " + std::to_string(units) + " seed " + std::to_string(seed));
  const Tensor x = random_tensor(in, seed), kernel = random_tensor({in.back(), units}, seed + 1),
               bias = random_tensor({units}, seed + 2);
  const CloseOptions allowed = {.tolerance = in.back() < 100 ? 1e-6 : 5e-6, .at_least_one = true};
  ASSERT_TRUE(close(dense_of(x, kernel, bias), slow_dense(x, kernel, bias), allowed));
  ASSERT_TRUE(close(dense_of(x, kernel, {}), slow_dense(x, kernel, {}), allowed));
}

TEST(Dense, EqualsSlowLoopsOverAllSmallShapes) {
  unsigned seed = 0;
  for (std::int64_t rows = 1; rows <= 6; ++rows)
    for (std::int64_t inputs = 1; inputs <= 6; ++inputs)
      for (std::int64_t units = 1; units <= 6; ++units) {
        expect_equals_slow_loops({rows, inputs}, units, seed++);
        if (HasFatalFailure()) return;
      }
}

TEST(Dense, EqualsSlowLoopsOnRandomLargerShapes) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed < first + 40; ++seed) {
    std::mt19937 generator(seed);
    const auto among = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
    };
    expect_equals_slow_loops({among(1, 70), among(1, 600)}, among(1, 300), seed);
    if (HasFatalFailure()) return;
  }
}

TEST(Dense, ActsOnTheLastAxisOfAnyRank) {
  expect_equals_slow_loops({7}, 3, 1);
  expect_equals_slow_loops({2, 3, 7}, 3, 2);
  expect_equals_slow_loops({2, 3, 4, 5, 7}, 1, 3);
}

TEST(Dense, OfAnEmptyBatchIsEmpty) {
  EXPECT_EQ(dense_of(Tensor(Shape{0, 3}), random_tensor({3, 5}, 1), {}).shape(), (Shape{0, 5}));
}

TEST(Dense, CountsTwoFlopsAMultiplication) {
  Graph graph;
  const Value out = ops::dense(graph, graph.input("x", {2, 10}), graph.input("kernel", {10, 7}), std::nullopt);
  const std::array<Shape, 2> in = {Shape{2, 10}, Shape{10, 7}};
  EXPECT_EQ(graph.node(out).op->cost(in, graph.shape(out)).flops, 2.0 * 2 * 10 * 7);
}

TEST(Dense, RefusesWhatDoesNotFitWithTheNumbers) {
  Graph graph;
  const Value x = graph.input("x", {1, 5}), kernel = graph.input("kernel", {5, 3});
  const auto other = [&] { ops::dense(graph, x, graph.input("kernel", {6, 3}), {}); };
  EXPECT_THAT(error_text(other),
              testing::HasSubstr("error[shape-mismatch]: dense has a kernel of shape (6, 3) for an input of (1, 5)"));
  EXPECT_EQ(error_code([&] { ops::dense(graph, x, graph.input("kernel", {5}), {}); }), "shape-mismatch");
  EXPECT_EQ(error_code([&] { ops::dense(graph, graph.input("x", {}), kernel, {}); }), "shape-mismatch");
  EXPECT_EQ(error_code([&] { ops::dense(graph, x, kernel, graph.input("bias", {5})); }), "shape-mismatch");
  const Value nothing = graph.input("x", {1, 0});
  EXPECT_EQ(error_code([&] { ops::dense(graph, nothing, graph.input("kernel", {0, 3}), {}); }), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
