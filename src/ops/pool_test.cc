#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>

#include "base/sanitized_for_tests.h"
#include "ops/ops_test_support.h"
#include "ops/pool.h"
#include "ops/spatial.h"
#include "ops/window_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

Tensor slow_pool(const SlowWindow& window, ops::PoolKind kind, const Tensor& x) {
  const std::int64_t batch = x.shape()[0], channels = x.shape().back();
  Tensor out(window.out_shape(batch, channels));
  const std::int64_t pixels_in = window.in_shape(1, 1).elements(), pixels = window.out_shape(1, 1).elements();
  std::vector<std::vector<float>> seen(static_cast<std::size_t>(out.size()));
  for (std::int64_t n = 0; n < batch; ++n)
    window.each([&](std::int64_t to, std::int64_t from, std::int64_t) {
      for (std::int64_t c = 0; c < channels; ++c)
        seen[static_cast<std::size_t>((n * pixels + to) * channels + c)].push_back(
            x.data()[(n * pixels_in + from) * channels + c]);
    });
  for (std::int64_t i = 0; i < out.size(); ++i) {
    const std::vector<float>& numbers = seen[static_cast<std::size_t>(i)];
    double sum = 0;
    for (float number : numbers) sum += static_cast<double>(number);
    out.mutable_data()[i] = kind == ops::PoolKind::kMax ? *std::max_element(numbers.begin(), numbers.end())
                                                        : static_cast<float>(sum / static_cast<double>(numbers.size()));
  }
  return out;
}

Tensor pooled(const Tensor& x, ops::PoolKind kind, const ops::PoolOptions& options) {
  Graph graph;
  return evaluate(graph, ops::pool(graph, graph.constant(x), kind, options));
}

void expect_equals_slow_loops(const SlowWindow& window, std::int64_t batch, std::int64_t channels, unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  // All below zero: padding that counts would show in the maximum too.
  const Tensor x = random_tensor(window.in_shape(batch, channels), seed, -5);
  const ops::PoolOptions options = {
      .size = window.list(&SlowAxis::size), .strides = window.list(&SlowAxis::stride), .padding = window.padding()};
  for (ops::PoolKind kind : {ops::PoolKind::kMax, ops::PoolKind::kAverage})
    // float32 sums of up to 343 numbers, all of one sign.
    ASSERT_TRUE(close(pooled(x, kind, options), slow_pool(window, kind, x), {.tolerance = 3e-6}));
}

TEST(Pool, EqualsSlowLoopsOverAllSmallWindows) {
  unsigned seed = 0;
  for (const SlowWindow& window : all_small_windows(1)) {
    expect_equals_slow_loops(window, seed % 4 == 0 ? 3 : 1, seed % 5 == 0 ? 37 : 1 + seed % 3, seed);
    if (HasFatalFailure()) return;
    ++seed;
  }
}

TEST(Pool, EqualsSlowLoopsOnRandomLargerShapes) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed < first + 60; ++seed) {
    std::mt19937 generator(seed);
    const auto among = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
    };
    std::vector<SlowAxis> axes;
    const auto padding = static_cast<ops::Padding>(among(0, 2));
    for (std::int64_t rank = among(1, 3); rank > 0; --rank)
      axes.push_back({among(7, 20), among(1, 7), among(1, 9), 1, padding});
    expect_equals_slow_loops(SlowWindow(axes), among(1, 3), among(1, 130), seed);
    if (HasFatalFailure()) return;
  }
}

TEST(Pool, StridesAreTheSizeWhereNoneAreGiven) {
  EXPECT_EQ(pooled(Tensor(Shape{1, 7, 9, 2}), ops::PoolKind::kMax, {.size = {2, 3}}).shape(), (Shape{1, 3, 3, 2}));
}

// As TensorFlow 2.21 answers on a CPU.
TEST(Pool, MaximumPassesOverNanAndAverageDoesNot) {
  const Tensor x = Tensor::of({1, 4, 1}, std::array{1.0f, kNan, 3.0f, 2.0f});
  EXPECT_EQ(pooled(x, ops::PoolKind::kMax, {.size = {4}}).data()[0], 3.0f);
  EXPECT_TRUE(std::isnan(pooled(x, ops::PoolKind::kAverage, {.size = {4}}).data()[0]));
}

TEST(Pool, MaximumOfNothingButMinusInfinityIsTheLowestNumber) {
  const Tensor x = Tensor::of({1, 2, 1}, std::array{-kInfinity, -kInfinity});
  EXPECT_EQ(pooled(x, ops::PoolKind::kMax, {.size = {2}}).data()[0], std::numeric_limits<float>::lowest());
  EXPECT_EQ(pooled(x, ops::PoolKind::kAverage, {.size = {2}}).data()[0], -kInfinity);
}

TEST(Pool, OfAnEmptyBatchIsEmpty) {
  EXPECT_EQ(pooled(Tensor(Shape{0, 4, 2}), ops::PoolKind::kMax, {.size = {2}}).shape(), (Shape{0, 2, 2}));
}

TEST(Pool, RefusesAWindowThatDoesNotFitWithTheNumbers) {
  Graph graph;
  const Value x = graph.input("x", {1, 5, 5, 3});
  const auto large = [&] { ops::pool(graph, x, ops::PoolKind::kAverage, {.size = {6, 6}}); };
  EXPECT_THAT(error_text(large), testing::HasSubstr("error[shape-mismatch]: average_pool 6x6 stride 6 valid leaves no "
                                                    "output of an input of (1, 5, 5, 3)"));
  const auto flat = [&] { ops::pool(graph, x, ops::PoolKind::kMax, {.size = {2}}); };
  EXPECT_THAT(error_text(flat), testing::HasSubstr("max_pool has 1 numbers for its size"));
  EXPECT_EQ(error_code([&] { ops::pool(graph, x, ops::PoolKind::kMax, {}); }), "shape-mismatch");
}

/// Entry p of an axis belongs to window i of `out` where (p, p + 1) and (i, i + 1) * in / out overlap.
Tensor slow_adaptive_pool(const Tensor& x, ops::PoolKind kind, const ops::Spatial& out) {
  Shape shape = x.shape();
  for (std::size_t i = 0; i < out.size(); ++i) shape[static_cast<int>(i) + 1] = out[i];
  return tensor_by(shape, [&](const Index& index) {
    double sum = 0, count = 0, largest = -HUGE_VAL;
    for (std::int64_t at = 0; at < x.size(); ++at) {
      const Index from = index_of(x.shape(), at);
      bool belongs = from.front() == index.front() && from.back() == index.back();
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::int64_t p = from[i + 1], position = index[i + 1], in = x.shape()[static_cast<int>(i) + 1];
        belongs = belongs && p * out[i] < (position + 1) * in && position * in < (p + 1) * out[i];
      }
      if (!belongs) continue;
      const double number = static_cast<double>(x.data()[at]);
      sum += number;
      count += 1;
      largest = std::max(largest, number);
    }
    return kind == ops::PoolKind::kMax ? largest : sum / count;
  });
}

void expect_adaptive_equals_slow_loops(const Shape& shape, const ops::Spatial& out, unsigned seed) {
  const Tensor x = random_tensor(shape, seed, -5);
  for (ops::PoolKind kind : {ops::PoolKind::kMax, ops::PoolKind::kAverage}) {
    Graph graph;
    const Tensor seen = evaluate(graph, ops::adaptive_pool(graph, graph.constant(x), kind, out));
    ASSERT_TRUE(close(seen, slow_adaptive_pool(x, kind, out))) << shape.str() << " seed " << seed;
  }
}

TEST(AdaptivePool, EqualsSlowLoopsOverAllSmallSizes) {
  unsigned seed = 0;
  for (std::int64_t in = 1; in <= 9; ++in)
    for (std::int64_t out = 1 + in % kCaseStep; out <= 11; out += kCaseStep, ++seed) {
      const std::int64_t other_in = 1 + seed * 5 % 7, other_out = 1 + seed * 3 % 8;
      expect_adaptive_equals_slow_loops({2, in, 3}, {out}, seed);
      expect_adaptive_equals_slow_loops({1, in, other_in, 2}, {out, other_out}, seed);
      expect_adaptive_equals_slow_loops({1, other_in, in, 3, 1}, {other_out, out, 2}, seed);
    }
  expect_adaptive_equals_slow_loops({2, 17, 19, 37}, {7, 5}, seed);
}

TEST(AdaptivePool, SizesThatDoNotFitAreErrors) {
  Graph graph;
  const Value x = graph.input("x", {1, 5, 4, 3});
  const auto pool = [&](const ops::Spatial& out) { ops::adaptive_pool(graph, x, ops::PoolKind::kMax, out); };
  EXPECT_EQ(error_text([&] { pool({2}); }),
            "error[shape-mismatch]: adaptive_max_pool has 1 output sizes for an input of (1, 5, 4, 3)");
  for (std::int64_t out : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 40})
    EXPECT_EQ(error_code([&] { pool({2, out}); }), "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
