// Plans that share what they made of a model's weights.
#include "engine/shared.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/error_test_support.h"
#include "base/parallel.h"
#include "engine/plan.h"
#include "ops/conv.h"
#include "ops/conv_transpose.h"
#include "ops/matmul.h"
#include "ops/ops_test_support.h"
#include "ops/reshape.h"

namespace kerascope {
namespace {

using namespace ops_test;

/// Layers of a model. Each plan has its own graph of them, as with assemblies; keys contain the layers' addresses.
struct Layers {
  struct Layer {
    unsigned seed;
    int reads = 0;
  };
  Layer winograd{1}, direct{2}, transposed{3}, flat{4}, other_flat{5};
};

/// All weights have Keras's name, "kernel", so that only the owner tells them apart.
struct Net {
  Net(Layers& layers, std::int64_t side) : x(graph.input("x", {1, side, side, 32})) {
    const Value same = conv(x, weight(layers.winograd, {3, 3, 32, 32}));
    const Value strided = conv(same, weight(layers.direct, {3, 3, 32, 32}), 2);
    const Value larger = ops::conv_transpose(graph, strided, weight(layers.transposed, {2, 2, 32, 32}), {},
                                             {.strides = {2, 2}, .padding = ops::Padding::kSame});
    const auto flat = [&](Value in, Layers::Layer& layer) {
      return ops::matmul(graph, in, ops::reshape(graph, weight(layer, {4, 8, 32}), {32, 32}));
    };
    const Value first = flat(larger, layers.flat), second = flat(first, layers.other_flat);
    all = {same, strided, larger, first, second};
  }

  Value weight(Layers::Layer& layer, const Shape& shape) {
    auto slot = std::make_shared<WeightSlot>();
    slot->name = "kernel";
    slot->shape = shape;
    slot->read = [&layer, shape] {
      ++layer.reads;
      return random_tensor(shape, layer.seed, 0, 0.1f);
    };
    return graph.weight(slot, &layer);
  }
  Value conv(Value in, Value kernel, std::int64_t stride = 1) {
    return ops::conv(graph, in, kernel, {}, {.strides = {stride, stride}, .padding = ops::Padding::kSame});
  }

  Graph graph;
  Value x;
  std::vector<Value> all;
};

bool equal(const Tensor& one, const Tensor& other) { return std::ranges::equal(one.numbers(), other.numbers()); }

Tensor run(Plan& plan, const Tensor& input) {
  Tensor result;
  plan.run(std::vector{input}, {}, {.on_tap = [&](std::size_t, const Tensor& tensor) {
             result = Tensor::of(tensor.shape(), tensor.numbers());
           }});
  return result;
}

TEST(Shared, AnotherLayerOfAModelMakesNothingAgain) {
  for (const bool exact : {false, true})
    for (const bool pass_by : {false, true}) {
      Layers layers;
      const auto shared = std::make_shared<Shared>();
      std::size_t bytes = 0;
      // The last layer first: it needs all others.
      for (std::size_t tap : {4, 0, 1, 2, 3, 4}) {
        const std::int64_t side = tap == 2 ? 20 : 16;  // with another input shape, too
        const Tensor input = random_tensor({1, side, side, 32}, 6);
        Layers own;
        Net alone(own, side), net(layers, side);
        Plan expected(alone.graph, {alone.x}, {alone.all[tap]}, exact);
        Plan plan(net.graph, {net.x}, {net.all[tap]}, exact, pass_by, shared);
        const Tensor numbers = run(expected, input);
        for (int round = 0; round < 2; ++round) EXPECT_TRUE(equal(run(plan, input), numbers)) << "layer " << tap;
        if (bytes == 0) bytes = shared->weights.bytes();
        EXPECT_EQ(shared->weights.bytes(), bytes) << "layer " << tap;
      }
      EXPECT_GT(bytes, 5 * 2 * 32 * 32 * sizeof(float));
      for (const Layers::Layer* layer :
           {&layers.winograd, &layers.direct, &layers.transposed, &layers.flat, &layers.other_flat})
        EXPECT_EQ(layer->reads, 1);
    }
}

TEST(Shared, WithoutItStreamingForgetsWhatItMade) {
  Layers layers;
  Net net(layers, 16);
  Plan plan(net.graph, {net.x}, {net.all.back()}, false, /*pass_by=*/true);
  const Tensor input = random_tensor({1, 16, 16, 32}, 6);
  for (int round = 0; round < 3; ++round) run(plan, input);
  EXPECT_EQ(layers.winograd.reads, 3);
}

TEST(Shared, PlansOfOneModelUseTheSameMemoryOneAfterTheOther) {
  Layers layers;
  const auto shared = std::make_shared<Shared>();
  Net net(layers, 16);
  const Tensor input = random_tensor({1, 16, 16, 32}, 6);
  const float* place = nullptr;
  for (int round = 0; round < 2; ++round) {
    Plan plan(net.graph, {net.x}, {net.all[0]}, false, false, shared);
    const Tensor result = plan.run(std::vector{input}, {})[0];
    if (round > 0) {
      EXPECT_EQ(result.data(), place);
    }
    place = result.data();
  }
}

TEST(Shared, GivesLargeMemoryBackThatIsNotNeededForAWhile) {
  ArenaPool pool;
  const float* const place = pool.lend(64 << 20)->at(0);
  EXPECT_EQ(pool.lend(64 << 20)->at(0), place);
  EXPECT_EQ(pool.idle_bytes(), std::size_t{64} << 20);
  for (int run = 0; run < 40; ++run) pool.lend(1 << 10);
  EXPECT_EQ(pool.idle_bytes(), std::size_t{1} << 10);
}

TEST(Shared, KeepsTheAssembliesThatWereUsedLast) {
  Shared shared;
  std::string made;
  const auto use = [&](const std::string& key) {
    shared.assembly(key, [&] {
      made += key;
      return Assembly{};
    });
  };
  for (const char* key : {"a", "b", "c", "d", "a", "e", "a", "d", "b"}) use(key);
  EXPECT_EQ(made, "abcdeb");
}

TEST(WeightCache, WhatIsTooLargeForTheMemoryIsMadeEachTime) {
  WeightCache cache;
  int made = 0;
  const auto get = [&](const char* key, std::size_t bytes) {
    return *std::static_pointer_cast<const int>(cache.get(key, [&] {
      return WeightCache::Entry{std::make_shared<const int>(++made), bytes};
    }));
  };
  EXPECT_EQ(get("small", 8), 1);
  EXPECT_EQ(get("small", 8), 1);
  EXPECT_FALSE(cache.is_full());
  constexpr std::size_t kHuge = std::size_t{1} << 60;
  EXPECT_EQ(get("huge", kHuge), 2);
  EXPECT_TRUE(cache.is_full());
  EXPECT_EQ(get("huge", kHuge), 3);
  EXPECT_EQ(get("small", 8), 1);
  EXPECT_EQ(cache.bytes(), 8u);
}

/// A convolution as VGG16 has them: so long that a run must be stopped within it.
struct LargeConv {
  LargeConv() : x(graph.input("x", {1, 112, 112, 64})) {
    const Value kernel = graph.constant(random_tensor({3, 3, 64, 64}, 1, 0, 0.1f));
    out = ops::conv(graph, x, kernel, {}, {.padding = ops::Padding::kSame});
  }
  Graph graph;
  Value x, out;
};

TEST(Plan, IsStoppedWithinALayer) {
  const LargeConv net;
  const Tensor input = random_tensor({1, 112, 112, 64}, 2);
  for (const bool exact : {false, true}) {
    Plan plan(net.graph, {net.x}, {net.out}, exact);
    std::atomic<int> polls = 0;
    const auto run = [&](const std::function<void()>& between) {
      const parallel::Computation computation(between);
      return plan.run(std::vector{input})[0];
    };
    const Tensor whole = run([&] { ++polls; });
    EXPECT_GT(polls, 20) << "a piece should take no more than a few milliseconds";
    const int all = polls;
    polls = 0;
    const auto stop_at = [&](int poll) {
      return error_of([&] {
        run([&, poll] {
          if (++polls >= poll) throw Error({.code = "cancelled", .what = "stopped"});
        });
      });
    };
    EXPECT_EQ(stop_at(all / 2).code(), "cancelled");
    EXPECT_LT(polls, all / 2 + 8) << "each thread ends at its next poll";
    EXPECT_TRUE(equal(plan.run(std::vector{input}, {})[0], whole)) << "and runs again after that";
  }
}

}  // namespace
}  // namespace kerascope
