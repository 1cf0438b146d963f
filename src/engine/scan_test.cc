// Graphs that are run once per step.
#include <gtest/gtest.h>

#include "base/parallel.h"
#include "engine/plan.h"
#include "ops/binary.h"
#include "ops/items.h"
#include "ops/ops_test_support.h"
#include "ops/reduce.h"
#include "ops/scan.h"
#include "ops/unary.h"

namespace kerascope {
namespace {

using namespace ops_test;

/// state' = state * 2 + slice; the outputs are state' and the slice's square.
std::shared_ptr<ops::ScanBody> doubling(const Shape& shape) {
  auto body = std::make_shared<ops::ScanBody>();
  Graph& graph = body->graph;
  const Value slice = graph.input("slice", shape), state = graph.input("state", shape);
  const Value next =
      ops::binary(graph, ops::unary(graph, state, ops::Unary::kAffine, {.a = 2}), slice, ops::Binary::kAdd);
  body->slices = {slice};
  body->states = {state};
  body->next_states = {next};
  body->outputs = {next, ops::unary(graph, slice, ops::Unary::kSquare)};
  return body;
}

struct Doubled {
  explicit Doubled(const Shape& whole, bool backwards = false) {
    sequence = graph.input("sequence", whole);
    start = graph.input("start", {whole[0], whole[2]});
    scanned = ops::scan(graph, doubling({whole[0], whole[2]}), {sequence}, {start}, {}, backwards);
  }
  Graph graph;
  Value sequence, start;
  ops::Scanned scanned;
};

float at(const Tensor& x, std::int64_t item, std::int64_t step, std::int64_t channel) {
  return x.data()[(item * x.shape()[1] + step) * x.shape()[2] + channel];
}

TEST(Scan, CarriesStatesFromStepToStep) {
  for (const bool backwards : {false, true})
    for (const std::int64_t items : {1, 3}) {
      const Shape whole = {items, 5, 2};
      Doubled doubled(whole, backwards);
      const std::vector<Value> taps = {doubled.scanned.outputs[0], doubled.scanned.outputs[1],
                                       doubled.scanned.states[0]};
      Plan plan(doubled.graph, {doubled.sequence, doubled.start}, taps);
      const Tensor x = random_tensor(whole, 1), start = random_tensor({items, 2}, 2);
      for (int run = 0; run < 2; ++run) {  // the second run reuses the body's plan
        const std::vector<Tensor> seen = plan.run(std::vector{x, start}, {});
        for (std::int64_t item = 0; item < items; ++item)
          for (std::int64_t channel = 0; channel < 2; ++channel) {
            float state = start.data()[item * 2 + channel];
            for (std::int64_t step = 0; step < 5; ++step) {
              const float slice = at(x, item, backwards ? 4 - step : step, channel);
              state = 2 * state + slice;
              ASSERT_EQ(at(seen[0], item, step, channel), state);
              ASSERT_EQ(at(seen[1], item, step, channel), slice * slice);
            }
            ASSERT_EQ(seen[2].data()[item * 2 + channel], state);
          }
      }
    }
}

TEST(Scan, MayHaveOneOutputAndNoState) {
  auto body = std::make_shared<ops::ScanBody>();
  body->slices = {body->graph.input("slice", {2, 3})};
  body->outputs = {ops::unary(body->graph, body->slices[0], ops::Unary::kSquare)};
  Graph graph;
  const Value x = graph.input("x", {2, 4, 3});
  Plan plan(graph, {x}, ops::scan(graph, body, {x}, {}, {}, false).outputs);
  const Tensor numbers = random_tensor({2, 4, 3}, 1);
  const Tensor seen = plan.run(std::vector{numbers}, {})[0];
  for (std::int64_t i = 0; i < numbers.size(); ++i) EXPECT_EQ(seen.data()[i], numbers.data()[i] * numbers.data()[i]);
}

TEST(Scan, ComputesWhatIsAskedForAlone) {
  const Shape whole = {2, 4, 3};
  Doubled doubled(whole);
  const Tensor x = random_tensor(whole, 1), start = random_tensor({2, 3}, 2);
  const auto run = [&](std::vector<Value> taps) {
    return Plan(doubled.graph, {doubled.sequence, doubled.start}, std::move(taps)).run(std::vector{x, start}, {});
  };
  const std::vector<Tensor> all =
      run({doubled.scanned.outputs[0], doubled.scanned.outputs[1], doubled.scanned.states[0]});
  EXPECT_TRUE(std::ranges::equal(run({doubled.scanned.outputs[1]})[0].numbers(), all[1].numbers()));
  EXPECT_TRUE(std::ranges::equal(run({doubled.scanned.states[0]})[0].numbers(), all[2].numbers()));
}

TEST(Scan, WithoutStepsGivesTheStatesThatItWasGiven) {
  Doubled doubled({2, 0, 3});
  Plan plan(doubled.graph, {doubled.sequence, doubled.start}, {doubled.scanned.outputs[0], doubled.scanned.states[0]});
  const Tensor start = random_tensor({2, 3}, 2);
  const std::vector<Tensor> seen = plan.run(std::vector{Tensor(Shape{2, 0, 3}), start}, {});
  EXPECT_EQ(seen[0].shape(), (Shape{2, 0, 3}));
  EXPECT_TRUE(std::ranges::equal(seen[1].numbers(), start.numbers()));
}

TEST(Scan, CanBeStoppedBetweenSteps) {
  Doubled doubled({1, 100, 2});
  Plan plan(doubled.graph, {doubled.sequence, doubled.start}, {doubled.scanned.states[0]});
  int steps = 0;
  const std::function<void()> stop = [&] {
    if (++steps == 7) throw Error({.code = "cancelled", .what = "stopped"});
  };
  {
    const parallel::Computation stopped(stop);
    EXPECT_THROW(plan.run(std::vector{random_tensor({1, 100, 2}, 1), random_tensor({1, 2}, 2)}), Error);
  }
  EXPECT_EQ(steps, 7);
  plan.run(std::vector{random_tensor({1, 100, 2}, 1), random_tensor({1, 2}, 2)}, {});
}

TEST(Scan, CountsTheMemoryOfItsBody) {
  Doubled doubled({2, 4, 1000});
  Plan plan(doubled.graph, {doubled.sequence, doubled.start}, {doubled.scanned.states[0]});
  EXPECT_GE(plan.kernel_bytes(), 3 * 2 * 1000 * sizeof(float));
}

TEST(Scan, ItemsStayApartIfTheyDoInTheBody) {
  Doubled doubled({4, 3, 2});
  EXPECT_TRUE(ops::items_apart(doubled.graph, {doubled.sequence, doubled.start}, doubled.scanned.outputs).has_value());
  auto body = doubling({4, 2});
  const Value sum = ops::reduce(body->graph, body->slices[0], ops::Reduction::kSum, {.axes = {0}, .keepdims = true});
  body->next_states = {ops::binary(body->graph, body->states[0], sum, ops::Binary::kAdd)};
  Graph graph;
  const Value x = graph.input("x", {4, 3, 2}), start = graph.input("start", {4, 2});
  const ops::Scanned mixed = ops::scan(graph, body, {x}, {start}, {}, false);
  EXPECT_FALSE(ops::items_apart(graph, {x, start}, mixed.states).has_value());
}

TEST(Scan, RefusesWhatDoesNotFitItsBody) {
  Graph graph;
  const Value x = graph.input("x", {4, 3, 2}), start = graph.input("start", {4, 3});
  EXPECT_THROW(ops::scan(graph, doubling({4, 2}), {x}, {start}, {}, false), Error);
  EXPECT_THROW(ops::scan(graph, doubling({4, 2}), {x}, {}, {}, false), Error);
  const Value flat = graph.input("flat", {4});
  EXPECT_THROW(ops::scan(graph, doubling({4, 2}), {flat}, {start}, {}, false), Error);
}

}  // namespace
}  // namespace kerascope
