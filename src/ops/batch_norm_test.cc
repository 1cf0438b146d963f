#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "ops/batch_norm.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;

struct NormCase {
  Shape shape;
  int axis;
  bool gamma = true, beta = true, constant = true;
};

/// Empty tensors are not given. Without mean and variance, the batch's own are used.
struct NormWeights {
  Tensor gamma, beta, mean, variance;
};

NormWeights random_weights(const NormCase& c, unsigned seed) {
  const Shape channels = {c.shape[c.axis < 0 ? c.axis + c.shape.rank() : c.axis]};
  NormWeights weights;
  if (c.gamma) weights.gamma = random_tensor(channels, seed + 1);
  if (c.beta) weights.beta = random_tensor(channels, seed + 2);
  weights.mean = random_tensor(channels, seed + 3);
  weights.variance = random_tensor(channels, seed + 4, 2, 0.3f);
  return weights;
}

Tensor slow_norm(const NormCase& c, const Tensor& x, const NormWeights& weights) {
  const int axis = c.axis < 0 ? c.axis + c.shape.rank() : c.axis;
  const std::int64_t channels = c.shape[axis], inner = c.shape.elements(axis + 1, c.shape.rank());
  Tensor out(c.shape);
  for (std::int64_t channel = 0; channel < channels; ++channel) {
    std::vector<std::int64_t> mine;
    for (std::int64_t i = 0; i < x.size(); ++i)
      if (i / inner % channels == channel) mine.push_back(i);
    double mean = 0, variance = 0;
    for (std::int64_t i : mine) mean += static_cast<double>(x.data()[i]) / static_cast<double>(mine.size());
    for (std::int64_t i : mine) variance += std::pow(x.data()[i] - mean, 2) / static_cast<double>(mine.size());
    if (!weights.mean.empty()) mean = weights.mean.data()[channel], variance = weights.variance.data()[channel];
    const double gamma = c.gamma ? weights.gamma.data()[channel] : 1, beta = c.beta ? weights.beta.data()[channel] : 0;
    for (std::int64_t i : mine)
      out.mutable_data()[i] = static_cast<float>((x.data()[i] - mean) / std::sqrt(variance + 1e-3) * gamma + beta);
  }
  return out;
}

Tensor normalized(const NormCase& c, const Tensor& x, const NormWeights& weights) {
  Graph graph;
  std::map<int, Tensor> inputs;
  const auto put = [&](const Tensor& numbers) {
    if (c.constant) return graph.constant(numbers);
    const Value value = graph.input("weight", numbers.shape());
    inputs[value.id] = numbers;
    return value;
  };
  std::optional<Value> gamma, beta;
  if (c.gamma) gamma = put(weights.gamma);
  if (c.beta) beta = put(weights.beta);
  const Value in = graph.constant(x);
  if (weights.mean.empty())
    return evaluate(graph, ops::batch_norm_training(graph, in, gamma, beta, {.axis = c.axis}), inputs);
  const ops::BatchNormWeights values = {
      .gamma = gamma, .beta = beta, .mean = put(weights.mean), .variance = put(weights.variance)};
  return evaluate(graph, ops::batch_norm(graph, in, values, {.axis = c.axis}), inputs);
}

/// Both with given statistics and with the batch's own.
void expect_equals_slow_loops(const NormCase& c, unsigned seed) {
  SCOPED_TRACE(fmt::format("{} axis {} gamma {} beta {} constant {} seed {}", c.shape.str(), c.axis, c.gamma, c.beta,
                           c.constant, seed));
  const Tensor x = random_tensor(c.shape, seed, 0.5f);
  NormWeights weights = random_weights(c, seed);
  ASSERT_TRUE(close(normalized(c, x, weights), slow_norm(c, x, weights)));
  weights.mean = weights.variance = {};
  // A channel of few, nearly equal numbers is multiplied by up to 1 / sqrt(epsilon) = 32, rounding included.
  ASSERT_TRUE(close(normalized(c, x, weights), slow_norm(c, x, weights), {.tolerance = 1e-5, .at_least_one = true}));
}

TEST(BatchNorm, EqualsSlowLoopsOverAllSmallShapesAndAxes) {
  unsigned seed = 0;
  for (std::int64_t a = 1; a <= 4; ++a)
    for (std::int64_t b = 1; b <= 4; ++b)
      for (std::int64_t c = 1; c <= 4; ++c)
        for (int axis = -3; axis < 3; ++axis, ++seed) {
          expect_equals_slow_loops({{a, b, c}, axis, seed % 2 == 0, seed % 3 == 0, seed % 5 == 0}, seed);
          if (HasFatalFailure()) return;
        }
}

TEST(BatchNorm, EqualsSlowLoopsOnRandomLargerShapes) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed < first + 30; ++seed) {
    std::mt19937 generator(seed);
    const auto among = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
    };
    expect_equals_slow_loops({{among(1, 3), among(1, 40), among(1, 40), among(1, 80)}, static_cast<int>(among(1, 3))},
                             seed);
    if (HasFatalFailure()) return;
  }
}

// Sums in float32, or the mean of x squared less the squared mean, would lose the digits of the variance.
TEST(BatchNorm, TrainingKeepsItsDigitsFarFromZero) {
  const NormCase c = {{64, 30, 8}, -1, false, false};
  for (float mean : {1000.0f, 1e6f}) {
    const Tensor x = random_tensor(c.shape, 1, mean);
    EXPECT_TRUE(close(normalized(c, x, {}), slow_norm(c, x, {}), {.tolerance = 3e-6})) << mean;
  }
}

TEST(BatchNorm, TrainingOnOneNumberEverywhereIsZero) {
  for (int axis : {1, 2}) {
    const NormCase c = {{64, 30, 8}, axis, false, false};
    const Tensor zeros = tensor_by(c.shape, [](const Index&) { return 0; });
    for (float number : {70000.0f, 70000.1f, -3e7f})
      EXPECT_TRUE(close(normalized(c, tensor_by(c.shape, [&](const Index&) { return number; }), {}), zeros)) << number;
  }
}

// As Keras: squares that overflow make a channel zero, what is not finite makes it NaN and leaves the others.
TEST(BatchNorm, TrainingKeepsWhatIsNotFiniteInItsChannel) {
  for (float odd : {NAN, INFINITY, -INFINITY, 3e38f}) {
    const NormCase c = {{5, 6, 4}, -1, false, false};
    Tensor x = random_tensor(c.shape, 1);
    x.mutable_data()[21] = odd;
    const Tensor y = normalized(c, x, {});
    for (std::int64_t i = 0; i < y.size(); ++i) {
      EXPECT_EQ(std::isnan(y.data()[i]), i % 4 == 1 && !(odd == 3e38f)) << odd << " at " << i;
      if (i % 4 == 1 && odd == 3e38f) {
        EXPECT_EQ(y.data()[i], 0);
      }
    }
  }
}

/// Item by item, group by group, from the definition.
Tensor slow_group_norm(const Tensor& x, int axis, std::int64_t groups, const Tensor& gamma, const Tensor& beta) {
  const Shape& shape = x.shape();
  const std::int64_t channels = shape[axis], inner = shape.elements(axis + 1, shape.rank());
  const auto channel = [&](std::int64_t i) { return i / inner % channels; };
  const auto group = [&](std::int64_t i) {
    return i / (x.size() / shape[0]) * groups + channel(i) / (channels / groups);
  };
  std::vector<double> mean(static_cast<std::size_t>(shape[0] * groups)), variance = mean;
  const double count = static_cast<double>(x.size()) / static_cast<double>(mean.size());
  for (std::int64_t i = 0; i < x.size(); ++i) mean[static_cast<std::size_t>(group(i))] += x.data()[i] / count;
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const auto mine = static_cast<std::size_t>(group(i));
    variance[mine] += std::pow(x.data()[i] - mean[mine], 2) / count;
  }
  Tensor out(shape);
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const auto mine = static_cast<std::size_t>(group(i));
    const double normal = (x.data()[i] - mean[mine]) / std::sqrt(variance[mine] + 1e-3);
    out.mutable_data()[i] = static_cast<float>(normal * gamma.data()[channel(i)] + beta.data()[channel(i)]);
  }
  return out;
}

TEST(GroupNorm, EqualsSlowLoops) {
  unsigned seed = 0;
  for (const Shape& shape :
       {Shape{2, 6}, {3, 5, 12}, {2, 12, 5}, {1, 7, 9, 24}, {2, 24, 7, 9}, {2, 3, 24, 5}, {0, 3, 6}})
    for (int axis = 1; axis < shape.rank(); ++axis)
      for (std::int64_t groups = 1; groups <= shape[axis]; ++groups) {
        Graph graph;
        const Value in = graph.input("x", shape);
        const Tensor x = random_tensor(shape, ++seed, 2), gamma = random_tensor({shape[axis]}, seed + 1000),
                     beta = random_tensor({shape[axis]}, seed + 2000);
        const auto norm = [&] {
          return ops::group_norm(graph, in, graph.constant(gamma), graph.constant(beta),
                                 {.axis = seed % 2 == 0 ? axis : axis - shape.rank(), .groups = groups});
        };
        if (shape[axis] % groups != 0) {
          ASSERT_EQ(error_code(norm), "shape-mismatch");
          continue;
        }
        ASSERT_TRUE(close(evaluate(graph, norm(), {{in.id, x}}), slow_group_norm(x, axis, groups, gamma, beta),
                          {.tolerance = 1e-5, .at_least_one = true}))
            << shape.str() << " axis " << axis << " groups " << groups;
      }
}

TEST(GroupNorm, KeepsASmallSpreadFarFromZero) {
  for (int axis : {1, 3}) {
    const Shape shape = {3, 8, 9, 8};
    Graph graph;
    const Tensor x = random_tensor(shape, 1, 1e6f), gamma = random_tensor({8}, 2), beta = random_tensor({8}, 3);
    const Value norm = ops::group_norm(graph, graph.constant(x), graph.constant(gamma), graph.constant(beta),
                                       {.axis = axis, .groups = 2});
    EXPECT_TRUE(close(evaluate(graph, norm), slow_group_norm(x, axis, 2, gamma, beta), {.tolerance = 3e-6}));
  }
}

TEST(GroupNorm, RefusesTheBatchAsChannels) {
  Graph graph;
  const Value x = graph.input("x", {4, 5});
  EXPECT_THAT(error_text([&] { ops::group_norm(graph, x, {}, {}, {.axis = -2, .groups = 2}); }),
              testing::HasSubstr("group_norm takes the batch of its input (4, 5) for channels"));
  EXPECT_THAT(error_text([&] { ops::group_norm(graph, x, {}, {}, {.groups = 2}); }),
              testing::HasSubstr("group_norm cannot split 5 channels into 2 groups"));
}

TEST(BatchNorm, OfAnEmptyBatchIsEmpty) {
  const NormCase c = {{0, 3, 2}, -1};
  NormWeights weights = random_weights(c, 1);
  EXPECT_EQ(normalized(c, Tensor(c.shape), weights).shape(), c.shape);
  weights.mean = {};
  EXPECT_EQ(normalized(c, Tensor(c.shape), weights).shape(), c.shape);
}

TEST(BatchNorm, RefusesWhatDoesNotFitWithTheNumbers) {
  Graph graph;
  const Value x = graph.input("x", {1, 5, 3}), three = graph.input("three", {3}), four = graph.input("four", {4});
  const auto axis = [&] { ops::batch_norm(graph, x, {.mean = three, .variance = three}, {.axis = 3}); };
  EXPECT_THAT(error_text(axis),
              testing::HasSubstr("error[shape-mismatch]: batch_norm has the axis 3, its input (1, 5, 3) has 3 axes"));
  const auto weight = [&] { ops::batch_norm(graph, x, {.mean = three, .variance = four}, {}); };
  EXPECT_THAT(error_text(weight), testing::HasSubstr("batch_norm has a weight of shape (4,) for 3 channels"));
  EXPECT_EQ(error_code([&] { ops::batch_norm_training(graph, x, four, {}, {}); }), "shape-mismatch");
  EXPECT_EQ(error_code([&] { ops::batch_norm_training(graph, x, three, {}, {}); }), "");
}

}  // namespace
}  // namespace kerascope
