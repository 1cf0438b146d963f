#include "engine/plan.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/parallel.h"
#include "base/sanitized_for_tests.h"
#include "ops/batch_norm.h"
#include "ops/binary.h"
#include "ops/concatenate.h"
#include "ops/conv.h"
#include "ops/dense.h"
#include "ops/ops_test_support.h"
#include "ops/pad.h"
#include "ops/reduce.h"
#include "ops/reshape.h"
#include "ops/row_norm.h"
#include "ops/softmax.h"
#include "ops/spatial.h"
#include "ops/unary.h"

namespace kerascope {
namespace {

using namespace ops_test;

/// Builds a graph and remembers the values that tests tap.
struct TappedGraph {
  Value tap(Value value) {
    all.push_back(value);
    return value;
  }
  Value norm(Value value) {
    const std::int64_t size = graph.shape(value).back();
    const auto numbers = [&](unsigned seed) { return graph.constant(random_tensor({size}, seed, 2, 0.1f)); };
    return tap(ops::batch_norm(
        graph, value, {.gamma = numbers(7), .beta = numbers(8), .mean = numbers(9), .variance = numbers(10)}, {}));
  }

  Graph graph;
  std::vector<Value> all;
};

/// A block as in real networks, with ops that can and cannot be fused.
struct Block : TappedGraph {
  explicit Block(const Shape& shape) : channels(shape.back()), x(graph.input("x", shape)) {
    const auto weight = [&](const Shape& of, unsigned seed) {
      return graph.constant(random_tensor(of, seed, 1, 0.1f));
    };
    const Value narrow = norm(ops::conv(graph, x, weight({1, 1, channels, 40}, 1), {}, {}));
    const Value relu = tap(ops::unary(graph, narrow, ops::Unary::kRelu));
    const Value deep = norm(tap(
        ops::depthwise_conv(graph, relu, weight({3, 3, 40, 1}, 2), weight({40}, 3), {.padding = ops::Padding::kSame})));
    const Value silu = tap(ops::unary(graph, deep, ops::Unary::kSilu));
    const Value mean = tap(ops::reduce(graph, silu, ops::Reduction::kMean, {.axes = {1, 2}, .keepdims = true}));
    const Value gate = tap(ops::unary(graph, mean, ops::Unary::kSigmoid));
    const Value gated = tap(ops::binary(graph, silu, gate, ops::Binary::kMultiply));
    const Value wide = norm(tap(ops::conv(graph, gated, weight({3, 3, 40, channels}, 4), weight({channels}, 5),
                                          {.padding = ops::Padding::kSame})));
    const Value sum = tap(ops::binary(graph, x, wide, ops::Binary::kAdd));
    const Shape flat = {shape[0], shape[1] * shape[2], channels};
    const Value seen = tap(ops::reshape(graph, sum, flat));
    const Value soft = tap(ops::softmax(graph, seen));
    const Value layer = tap(ops::row_norm(graph, soft, weight({channels}, 6), {}, {}));
    // Reads a value of its own step and one of an earlier step.
    tap(ops::binary(graph, layer, seen, ops::Binary::kSubtract));
    tap(ops::concatenate(graph, {sum, x}, 3));
  }

  Value norm(Value value) { return TappedGraph::norm(tap(value)); }

  std::int64_t channels;
  Value x;
};

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(float)) == 0;
}

class PlanComputes : public testing::TestWithParam<Shape> {};

// The ops one by one are the oracle. Whatever is tapped, the same numbers come out, to the last bit.
TEST_P(PlanComputes, TheSameWhateverIsTapped) {
  const Block block(GetParam());
  const Tensor x = random_tensor(GetParam(), 11);
  std::vector<Tensor> expected;
  for (const Value value : block.all) expected.push_back(evaluate(block.graph, value, {{block.x.id, x}}));

  std::vector<std::vector<std::size_t>> choices(1);
  for (std::size_t i = 0; i < block.all.size(); ++i) {
    choices[0].push_back(i);
    choices.push_back({i});
    choices.push_back({i, block.all.size() - 1 - i});
  }
  for (const std::vector<std::size_t>& choice : choices) {
    std::vector<Value> taps;
    for (const std::size_t i : choice) taps.push_back(block.all[i]);
    Plan plan(block.graph, {block.x}, taps);
    for (int turn = 0; turn < 2; ++turn) {
      const std::vector<Tensor> results = plan.run(std::vector{x}, {});
      for (std::size_t i = 0; i < choice.size(); ++i)
        EXPECT_TRUE(same_bits(results[i], expected[choice[i]]))
            << "tap %" << taps[i].id << " of " << choice.size() << " in turn " << turn << "\n"
            << close(results[i], expected[choice[i]], {.tolerance = 0}).message() << plan.str();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, PlanComputes,
                         testing::Values(Shape{1, 1, 1, 1}, Shape{1, 5, 7, 3}, Shape{1, 40, 41, 24},
                                         Shape{3, 17, 16, 33}, Shape{2, 64, 64, 16}));

TEST(Plan, ComputesRowWiseOpsTogetherWithTheOpBeforeThem) {
  const Block block({1, 16, 16, 8});
  Plan plan(block.graph, {block.x}, block.all);
  std::vector<std::size_t> together;
  plan.run(std::vector{random_tensor({1, 16, 16, 8}, 1)}, {},
           {.on_step = [&](const Plan::StepTime& step) { together.push_back(step.values.size()); }});
  // conv norm relu | depthwise norm silu | mean sigmoid | multiply | conv norm add softmax row_norm subtract |
  // concatenate
  EXPECT_EQ(together, (std::vector<std::size_t>{3, 3, 2, 1, 6, 1}));
}

/// A convolution or a row-wise op, a depthwise convolution that follows it, and a convolution that follows that.
struct Followed {
  const char* name;
  Shape shape;
  std::int64_t head, size, stride;  ///< head: the size of the first convolution; 0: none
  ops::Padding padding;

  std::int64_t rank() const { return shape.rank() - 2; }
};

struct FollowedGraph : TappedGraph {
  explicit FollowedGraph(const Followed& given) {
    const auto sizes = [&](std::int64_t size, std::int64_t in, std::int64_t out) {
      std::vector<std::int64_t> kernel(static_cast<std::size_t>(given.rank()), size);
      kernel.insert(kernel.end(), {in, out});
      return random_tensor(Shape(kernel), 1, 1, 0.1f);
    };
    const auto strides = [&](std::int64_t stride) {
      return ops::Spatial(static_cast<std::size_t>(given.rank()), stride);
    };
    const std::int64_t channels = given.shape.back(), many = given.head > 0 ? 48 : channels;
    x = graph.input("x", given.shape);
    Value value = x;
    if (given.head > 0)
      value = tap(ops::conv(graph, x, graph.constant(sizes(given.head, channels, many)), {},
                            {.strides = strides(given.head > 1 ? 2 : 1), .padding = ops::Padding::kSame}));
    const Value first = norm(value);
    value = tap(ops::unary(graph, first, ops::Unary::kRelu));
    value = tap(ops::depthwise_conv(graph, value, graph.constant(sizes(given.size, many, 1)), {},
                                    {.strides = strides(given.stride), .padding = given.padding}));
    value = tap(ops::unary(graph, norm(value), ops::Unary::kSilu));
    value = norm(tap(ops::conv(graph, value, graph.constant(sizes(1, many, 20)), {}, {})));
    other = graph.input("other", graph.shape(value));
    const Value sum = tap(ops::binary(graph, value, other, ops::Binary::kAdd));
    value = tap(ops::conv(graph, sum, graph.constant(sizes(1, 20, 18)), {}, {}));
    tap(ops::concatenate(graph, {sum, value}, given.shape.rank() - 1));
    tap(ops::unary(graph, first, ops::Unary::kSigmoid));  // reads a value inside the chain, late
  }

  Value x, other;
};

class PlanWithFollowers : public testing::TestWithParam<Followed> {};

TEST_P(PlanWithFollowers, ComputesTheSameWhateverIsTapped) {
  const FollowedGraph chain(GetParam());
  const std::vector<Tensor> inputs = {random_tensor(chain.graph.shape(chain.x), 11),
                                      random_tensor(chain.graph.shape(chain.other), 12)};
  std::map<int, Tensor> expected;  // one op after the other
  for (const Value value : chain.all)
    expected[value.id] = evaluate(chain.graph, value, {{chain.x.id, inputs[0]}, {chain.other.id, inputs[1]}});
  const std::size_t count = chain.all.size();
  std::vector<unsigned> choices = {(1u << count) - 1};  // all, each, two of them, all but one
  for (std::size_t i = 0; i < count; ++i)
    choices.insert(choices.end(), {1u << i, 1u << i | 1u << (i * 5 + 3) % count, choices[0] & ~(1u << i)});
  for (const int threads : {1, 2, 4}) {
    const ThreadLimit limit(threads);
    for (const unsigned choice : choices) {
      std::vector<Value> taps;
      for (std::size_t i = 0; i < count; ++i)
        if (choice >> i & 1) taps.push_back(chain.all[i]);
      Plan plan(chain.graph, {chain.x, chain.other}, taps);
      std::size_t most = 0;
      const std::vector<Tensor> results = plan.run(
          inputs, {}, {.on_step = [&](const Plan::StepTime& step) { most = std::max(most, step.values.size()); }});
      for (std::size_t i = 0; i < taps.size(); ++i)
        ASSERT_TRUE(same_bits(results[i], expected.at(taps[i].id)))
            << "tap %" << taps[i].id << " with " << threads << " threads\n"
            << close(results[i], expected.at(taps[i].id), {.tolerance = 0}).message() << plan.str();
      if (choice == choices[0]) {
        EXPECT_EQ(most, count - 2) << threads << " threads\n" << plan.str();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Windows, PlanWithFollowers,
                         testing::Values(Followed{"dense", {1, 150, 14, 17}, 1, 3, 1, ops::Padding::kSame},
                                         Followed{"strided", {2, 75, 16, 16}, 1, 3, 2, ops::Padding::kSame},
                                         Followed{"large", {3, 70, 9, 5}, 1, 5, 1, ops::Padding::kSame},
                                         Followed{
                                             "leaves_the_last_lines", {2, 97, 11, 16}, 1, 2, 3, ops::Padding::kValid},
                                         Followed{"skips_lines", {1, 100, 12, 16}, 1, 1, 2, ops::Padding::kSame},
                                         Followed{"behind_a_window", {1, 300, 30, 3}, 3, 3, 1, ops::Padding::kSame},
                                         Followed{"behind_row_wise_ops", {2, 80, 13, 33}, 0, 3, 1, ops::Padding::kSame},
                                         Followed{"one_axis", {90, 12, 16}, 1, 3, 1, ops::Padding::kCausal}),
                         [](const auto& followed) { return std::string(followed.param.name); });

/// An op that takes an epilogue, and ops behind it that can and cannot be part of it.
struct Chain : TappedGraph {
  explicit Chain(const std::string& head) {
    const auto weight = [&](const Shape& of, unsigned seed) {
      return graph.constant(random_tensor(of, seed, 1, 0.1f));
    };
    const auto conv = [&](const Shape& input, const Shape& kernel, std::int64_t groups = 1) {
      x = graph.input("x", input);
      return ops::conv(graph, x, weight(kernel, 1), weight({kernel.back()}, 2),
                       {.padding = ops::Padding::kSame, .groups = groups});
    };
    const auto depthwise = [&](const Shape& input) {
      x = graph.input("x", input);
      return ops::depthwise_conv(graph, x, weight({3, 3, input.back(), 1}, 1), {}, {.padding = ops::Padding::kSame});
    };
    const auto dense = [&](const Shape& input, std::int64_t units) {
      x = graph.input("x", input);
      return ops::dense(graph, x, weight({input.back(), units}, 1), weight({units}, 2));
    };
    const std::map<std::string, std::function<Value()>> heads = {
        {"point",
         [&] {
           return conv({1, 30, 31, 20}, {1, 1, 20, 64});
         }},
        {"ragged",
         [&] {
           return conv({1, 30, 31, 20}, {1, 1, 20, 27});
         }},
        {"panels",
         [&] {
           return conv({1, 7, 7, 400}, {1, 1, 400, 352});
         }},
        {"ragged_panels",
         [&] {
           return conv({1, 7, 7, 400}, {1, 1, 400, 355});
         }},
        {"groups",
         [&] {
           return conv({1, 30, 31, 40}, {3, 3, 20, 48}, 2);
         }},
        {"winograd_strips",
         [&] {
           return conv({1, 60, 62, 32}, {3, 3, 32, 32});
         }},
        {"winograd_whole",
         [&] {
           return conv({1, 14, 13, 256}, {3, 3, 256, 256});
         }},
        {"depthwise",
         [&] {
           return depthwise({1, 30, 31, 48});
         }},
        {"depthwise_ragged",
         [&] {
           return depthwise({2, 7, 7, 45});
         }},
        {"dense",
         [&] {
           return dense({3, 100}, 6000);
         }},
        {"dense_groups",
         [&] {
           return dense({40, 700}, 500);
         }},
        {"dense_rows",
         [&] {
           return dense({2, 500, 600}, 48);
         }},
    };
    const Value first = tap(heads.at(head)());
    const Shape shape = graph.shape(first);
    other = graph.input("other", shape);
    const Value normed = norm(first);
    const Value clipped = tap(ops::unary(graph, normed, ops::Unary::kRelu, {.max_value = 1.5f}));
    const Value sum = tap(ops::binary(graph, clipped, other, ops::Binary::kAdd));
    const Value relu = tap(ops::unary(graph, sum, ops::Unary::kRelu));
    const Value silu = tap(ops::unary(graph, relu, ops::Unary::kSilu));
    tap(ops::binary(graph, silu, normed, ops::Binary::kAdd));
    tap(ops::concatenate(graph, {clipped, silu}, shape.rank() - 1));
  }

  Value x, other;
};

class PlanWithEpilogue : public testing::TestWithParam<const char*> {};

TEST_P(PlanWithEpilogue, ComputesTheSameWhateverIsTapped) {
  const Chain chain(GetParam());
  const std::vector<Tensor> inputs = {random_tensor(chain.graph.shape(chain.x), 11),
                                      random_tensor(chain.graph.shape(chain.other), 12)};
  std::map<int, Tensor> expected;  // one op after the other
  for (const Value value : chain.all)
    expected[value.id] = evaluate(chain.graph, value, {{chain.x.id, inputs[0]}, {chain.other.id, inputs[1]}});
  for (unsigned choice = 1; choice < 1u << chain.all.size(); choice += kCaseStep) {
    std::vector<Value> taps;
    for (std::size_t i = 0; i < chain.all.size(); ++i)
      if (choice >> i & 1) taps.push_back(chain.all[i]);
    Plan plan(chain.graph, {chain.x, chain.other}, taps);
    const std::vector<Tensor> results = plan.run(inputs, {});
    for (std::size_t i = 0; i < taps.size(); ++i)
      ASSERT_TRUE(same_bits(results[i], expected.at(taps[i].id)))
          << "tap %" << taps[i].id << "\n"
          << close(results[i], expected.at(taps[i].id), {.tolerance = 0}).message() << plan.str();
  }
}

INSTANTIATE_TEST_SUITE_P(Heads, PlanWithEpilogue,
                         testing::Values("point", "ragged", "panels", "ragged_panels", "groups", "winograd_strips",
                                         "winograd_whole", "depthwise", "depthwise_ragged", "dense", "dense_groups",
                                         "dense_rows"),
                         [](const auto& head) { return std::string(head.param); });

/// A random graph, most of whose ops read the value before them.
struct RandomGraph {
  explicit RandomGraph(unsigned seed) : generator(seed) {
    const Shape shape = {among(1, 3), among(20, 50), among(5, 15), among(1, 3) * 8};
    values.push_back(x = graph.input("x", shape));
    while (values.size() < 22)
      add(values[values.size() - 1 -
                 static_cast<std::size_t>(among(0, 9) < 7 ? 0
                                                          : among(0, static_cast<std::int64_t>(values.size()) - 1))]);
  }

  void add(Value value) {
    const Shape& shape = graph.shape(value);
    const std::int64_t channels = shape.back(), kind = among(0, 9), size = among(1, 2) * 2 + 1, stride = among(1, 2);
    const auto weight = [&](const Shape& of) { return graph.constant(random_tensor(of, 1, 1, 0.1f)); };
    if (kind <= 2) {
      const std::int64_t filters = kind == 0 ? channels + 8 : std::max<std::int64_t>(channels - 8, 8);
      values.push_back(ops::conv(graph, value, weight({1, 1, channels, filters}), weight({filters}), {}));
    } else if (kind <= 4 && shape[1] > 8 && shape[2] > 2) {
      if (kind == 4)
        value = ops::pad(graph, value, {.sizes = {{0, 0}, {0, 1}, {1, 0}, {0, 0}}}), values.push_back(value);
      values.push_back(ops::depthwise_conv(graph, value, weight({size, size, channels, 1}), {},
                                           {.strides = {stride, stride}, .padding = ops::Padding::kSame}));
    } else if (kind == 5) {
      const auto numbers = [&] { return weight({channels}); };
      values.push_back(ops::batch_norm(
          graph, value, {.gamma = numbers(), .beta = numbers(), .mean = numbers(), .variance = numbers()}, {}));
    } else if (kind <= 7) {
      values.push_back(ops::unary(graph, value, kind == 6 ? ops::Unary::kRelu : ops::Unary::kSilu));
    } else {
      for (const Value other : std::vector(values))
        if (graph.shape(other) == shape && among(0, 2) == 0)
          return values.push_back(ops::binary(graph, value, other, ops::Binary::kAdd));
    }
  }
  std::int64_t among(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
  }

  std::mt19937 generator;
  Graph graph;
  Value x;
  std::vector<Value> values;
};

TEST(Plan, ComputesRandomGraphsWhateverIsTapped) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed < first + 100; seed += kCaseStep) {
    RandomGraph random(seed);
    const Tensor input = random_tensor(random.graph.shape(random.x), seed);
    std::map<int, Tensor> known = {{random.x.id, input}};
    for (const Value value : random.values) known[value.id] = evaluate(random.graph, value, known);
    for (int choice = 0; choice < 6; ++choice) {
      std::vector<Value> taps;
      for (std::size_t i = 1; i < random.values.size(); ++i)
        if (choice == 0 || random.among(0, 5) < choice) taps.push_back(random.values[i]);
      Plan plan(random.graph, {random.x}, taps);
      const std::vector<Tensor> results = plan.run(std::vector{input}, {});
      for (std::size_t i = 0; i < taps.size(); ++i)
        ASSERT_TRUE(close(results[i], known.at(taps[i].id), {.tolerance = 1e-6}))
            << "seed " << seed << " tap %" << taps[i].id << "\n"
            << plan.str();
      // Shown and not kept: the same numbers, in the second run too.
      Plan passing(random.graph, {random.x}, taps, false, /*pass_by=*/true);
      std::vector<int> shown(taps.size());
      const auto on_tap = [&](std::size_t i, const Tensor& tensor) {
        ++shown[i];
        EXPECT_TRUE(std::ranges::equal(tensor.numbers(), results[i].numbers()))
            << "seed " << seed << " tap %" << taps[i].id << " passing by\n"
            << passing.str();
      };
      for (int round = 0; round < 2; ++round) passing.run(std::vector{input}, {}, {.on_tap = on_tap});
      ASSERT_EQ(shown, std::vector<int>(taps.size(), 2));
    }
  }
}

TEST(Plan, AConvolutionAddsTheZerosAroundItsInputItself) {
  using Sizes = std::vector<std::array<std::int64_t, 2>>;
  const Shape shape = {2, 13, 14, 18};
  const Tensor input = random_tensor(shape, 1);
  struct Case {
    Sizes sizes;
    float fill;
    ops::Padding padding;
    bool folds;
  };
  const std::vector<Case> cases = {{{{0, 0}, {0, 1}, {0, 1}, {0, 0}}, 0, ops::Padding::kValid, true},
                                   {{{0, 0}, {3, 2}, {1, 4}, {0, 0}}, 0, ops::Padding::kSame, true},
                                   {{{0, 0}, {1, 1}, {1, 1}, {0, 0}}, 2, ops::Padding::kValid, false},
                                   {{{0, 0}, {-1, 1}, {1, 1}, {0, 0}}, 0, ops::Padding::kValid, false},
                                   {{{0, 0}, {1, 1}, {1, 1}, {1, 1}}, 0, ops::Padding::kValid, false},
                                   {{{1, 0}, {1, 1}, {1, 1}, {0, 0}}, 0, ops::Padding::kValid, false}};
  for (const Case& one : cases)
    for (const std::int64_t stride : {1, 2})
      for (const bool is_depthwise : {false, true}) {
        Graph graph;
        const auto convolve = [&](Value value) {
          const std::int64_t channels = graph.shape(value).back();
          const Value kernel = graph.constant(random_tensor({3, 3, channels, is_depthwise ? 1 : 20}, 2));
          const ops::ConvOptions options = {.strides = {stride, stride}, .padding = one.padding};
          return is_depthwise ? ops::depthwise_conv(graph, value, kernel, {}, options)
                              : ops::conv(graph, value, kernel, {}, options);
        };
        const Value x = graph.input("x", shape);
        const Value padded = ops::pad(graph, x, {.sizes = one.sizes, .fill = one.fill}), out = convolve(padded);
        const Tensor between = Plan(graph, {x}, {padded}).run(std::vector{input}, {})[0];
        const Value apart = graph.input("apart", graph.shape(padded));
        const Tensor expected = Plan(graph, {apart}, {convolve(apart)}).run(std::vector{between}, {})[0];
        for (const std::vector<Value>& taps : {std::vector{out}, std::vector{padded, out}}) {
          Plan plan(graph, {x}, taps);
          const std::vector<Tensor> results = plan.run(std::vector{input}, {});
          EXPECT_TRUE(close(results.back(), expected, {.tolerance = 1e-5})) << plan.str();
          if (taps.size() > 1) {
            EXPECT_TRUE(same_bits(results[0], between));
          }
          EXPECT_EQ(plan.str().find(" of zeros") != std::string::npos, one.folds) << plan.str();
        }
      }
}

TEST(Plan, AfterAWeightThatCannotBeReadTheNextRunPreparesTheStepAgain) {
  const Tensor input = random_tensor({1, 8, 8, 4}, 1), numbers = random_tensor({4}, 2, 1, 0.1f);
  Graph graph;
  bool fails = true;
  auto slot = std::make_shared<WeightSlot>(WeightSlot{.name = "beta", .shape = {4}});
  slot->read = [&] {
    if (fails) throw Error({.code = "weight-missing", .what = "no beta"});
    return numbers;
  };
  const Value x = graph.input("x", input.shape());
  const Value conv = ops::conv(graph, x, graph.constant(random_tensor({1, 1, 4, 4}, 3)), {}, {});
  const Value beta = graph.weight(slot, &graph);
  const Value out = ops::unary(graph, ops::binary(graph, conv, beta, ops::Binary::kAdd), ops::Unary::kRelu);
  Plan plan(graph, {x}, {out});
  EXPECT_GT(plan.kernel_bytes(), 0u);
  EXPECT_EQ(error_code([&] { plan.run(std::vector{input}, {}); }), "weight-missing");
  fails = false;
  const Tensor result = plan.run(std::vector{input}, {})[0];
  EXPECT_TRUE(same_bits(result, Plan(graph, {x}, {out}).run(std::vector{input}, {})[0]));
}

TEST(Plan, KeepsTheTensorsOfEarlierRuns) {
  const Block block({1, 32, 32, 16});
  Plan plan(block.graph, {block.x}, {block.all.back()});
  const Tensor first = random_tensor({1, 32, 32, 16}, 1), second = random_tensor({1, 32, 32, 16}, 2);
  const Tensor kept = plan.run(std::vector{first}, {})[0];
  const Tensor copy = Tensor::of(kept.shape(), kept.numbers());
  plan.run(std::vector{second}, {});
  EXPECT_TRUE(same_bits(kept, copy));
}

}  // namespace
}  // namespace kerascope
