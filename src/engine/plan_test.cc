#include "engine/plan.h"

#include <gtest/gtest.h>

#include <cstring>

#include "ops/ops.h"
#include "ops/ops_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;

/// A block as networks have them, with all that can and cannot be computed together.
struct Block {
  explicit Block(const Shape& shape) : channels(shape.back()), x(graph.input("x", shape)) {
    const auto weight = [&](const Shape& of, unsigned seed) { return graph.constant(random_tensor(of, seed, 1, 0.1f)); };
    const Value narrow = norm(ops::conv(graph, x, weight({1, 1, channels, 40}, 1), {}, {}));
    const Value relu = tap(ops::unary(graph, narrow, ops::Unary::kRelu));
    const Value deep = norm(tap(ops::depthwise_conv(graph, relu, weight({3, 3, 40, 1}, 2), weight({40}, 3),
                                                    {.padding = ops::Padding::kSame})));
    const Value silu = tap(ops::unary(graph, deep, ops::Unary::kSilu));
    const Value mean =
        tap(ops::reduce(graph, silu, ops::Reduction::kMean, {.axes = {1, 2}, .keepdims = true}));
    const Value gate = tap(ops::unary(graph, mean, ops::Unary::kSigmoid));
    const Value gated = tap(ops::binary(graph, silu, gate, ops::Binary::kMultiply));
    const Value wide = norm(tap(ops::conv(graph, gated, weight({3, 3, 40, channels}, 4), weight({channels}, 5),
                                          {.padding = ops::Padding::kSame})));
    const Value sum = tap(ops::binary(graph, x, wide, ops::Binary::kAdd));
    const Shape flat = {shape[0], shape[1] * shape[2], channels};
    const Value seen = tap(ops::reshape(graph, sum, flat));
    const Value soft = tap(ops::softmax(graph, seen));
    const Value layer = tap(ops::row_norm(graph, soft, weight({channels}, 6), {}, {}));
    // The sum of a row's neighbours and the row itself: of one step and of an earlier one.
    tap(ops::binary(graph, layer, seen, ops::Binary::kSubtract));
    tap(ops::concatenate(graph, {sum, x}, 3));
  }

  Value tap(Value value) {
    all.push_back(value);
    return value;
  }
  Value norm(Value value) {
    const std::int64_t size = graph.shape(value).back();
    const auto numbers = [&](unsigned seed) { return graph.constant(random_tensor({size}, seed, 2, 0.1f)); };
    return tap(ops::batch_norm(graph, tap(value),
                               {.gamma = numbers(7), .beta = numbers(8), .mean = numbers(9), .variance = numbers(10)},
                               {}));
  }

  std::int64_t channels;
  Graph graph;
  Value x;
  std::vector<Value> all;
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
  plan.run(std::vector{random_tensor({1, 16, 16, 8}, 1)},
           {.on_step = [&](const Plan::StepTime& step) { together.push_back(step.values.size()); }});
  // conv norm relu | depthwise norm silu | mean sigmoid | multiply | conv norm add softmax row_norm subtract | concatenate
  EXPECT_EQ(together, (std::vector<std::size_t>{3, 3, 2, 1, 6, 1}));
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
