#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "ops/conv.h"
#include "ops/ops_test_support.h"
#include "ops/spatial.h"
#include "ops/window_test_support.h"

namespace kerascope {
namespace {

using namespace ops_test;

struct ConvCase {
  SlowWindow window;
  std::int64_t batch, channels, filters, groups;

  Shape kernel_shape() const {
    std::vector<std::int64_t> sizes = window.list(&SlowAxis::size);
    sizes.push_back(channels / groups);
    sizes.push_back(filters);
    return Shape(sizes);
  }
  ops::ConvOptions options() const {
    return {.strides = window.list(&SlowAxis::stride),
            .dilations = window.list(&SlowAxis::dilation),
            .padding = window.padding(),
            .groups = groups};
  }
  std::string str() const {
    std::string text = fmt::format("batch {} channels {} filters {} groups {}", batch, channels, filters, groups);
    for (const SlowAxis& axis : window.given)
      text += fmt::format(" [{} size {} stride {} dilation {} padding {}]", axis.in, axis.size, axis.stride,
                          axis.dilation, static_cast<int>(axis.padding));
    return text;
  }
};

Tensor slow_conv(const ConvCase& c, const Tensor& x, const Tensor& kernel, const Tensor& bias) {
  Tensor out(c.window.out_shape(c.batch, c.filters));
  std::vector<double> sums(static_cast<std::size_t>(out.size()));
  const std::int64_t pixels_in = c.window.in_shape(1, 1).elements(), pixels = c.window.out_shape(1, 1).elements();
  const std::int64_t inputs = c.channels / c.groups, group_filters = c.filters / c.groups;
  for (std::int64_t n = 0; n < c.batch; ++n)
    c.window.each([&](std::int64_t to, std::int64_t from, std::int64_t tap) {
      for (std::int64_t o = 0; o < c.filters; ++o)
        for (std::int64_t i = 0; i < inputs; ++i)
          sums[static_cast<std::size_t>((n * pixels + to) * c.filters + o)] +=
              static_cast<double>(x.data()[(n * pixels_in + from) * c.channels + o / group_filters * inputs + i]) *
              static_cast<double>(kernel.data()[(tap * inputs + i) * c.filters + o]);
    });
  for (std::int64_t i = 0; i < out.size(); ++i)
    out.mutable_data()[i] = static_cast<float>(sums[static_cast<std::size_t>(i)] + bias.data()[i % c.filters]);
  return out;
}

enum class KernelIs { kConstant, kComputed };

void expect_equals_slow_loops(const ConvCase& c, unsigned seed, KernelIs kernel_is = KernelIs::kConstant) {
  SCOPED_TRACE(c.str() + " seed " + std::to_string(seed));
  const Tensor x = random_tensor(c.window.in_shape(c.batch, c.channels), seed);
  const Tensor kernel = random_tensor(c.kernel_shape(), seed + 1), bias = random_tensor({c.filters}, seed + 2);
  // A sum of thousands of float32 numbers loses more than one of a few.
  const CloseOptions allowed = {.tolerance = kernel.size() / c.filters < 100 ? 1e-6 : 5e-6, .at_least_one = true};
  Graph graph;
  const Value input = graph.input("x", x.shape());
  const bool constant = kernel_is == KernelIs::kConstant;
  const Value kernel_value = constant ? graph.constant(kernel) : graph.input("kernel", kernel.shape());
  const Value out = ops::conv(graph, input, kernel_value, graph.constant(bias), c.options());
  std::map<int, Tensor> inputs = {{input.id, x}};
  if (!constant) inputs[kernel_value.id] = kernel;
  ASSERT_TRUE(close(evaluate(graph, out, inputs), slow_conv(c, x, kernel, bias), allowed));

  if (c.groups != c.channels) return;
  std::vector<std::int64_t> sizes = c.window.list(&SlowAxis::size);
  sizes.insert(sizes.end(), {c.channels, c.filters / c.channels});
  const Value depthwise = ops::depthwise_conv(graph, input, graph.constant(kernel.reshaped(Shape(sizes))),
                                              graph.constant(bias), c.options());
  ASSERT_TRUE(close(evaluate(graph, depthwise, inputs), slow_conv(c, x, kernel, bias), allowed));
}

TEST(Conv, EqualsSlowLoopsOverAllSmallWindows) {
  unsigned seed = 0;
  for (const SlowWindow& window : all_small_windows(2)) {
    const std::int64_t batch = seed % 4 == 0 ? 3 : 1;
    expect_equals_slow_loops({window, batch, 1 + seed % 3, 1 + seed % 5, 1}, seed);
    if (HasFatalFailure()) return;
    ++seed;
  }
}

TEST(Conv, EqualsSlowLoopsInGroupsAndDepthwise) {
  unsigned seed = 0;
  const std::vector<SlowWindow> windows = all_small_windows(2);
  for (std::size_t i = 0; i < windows.size(); i += 12) {
    for (const auto& [channels, filters, groups] :
         std::vector<std::array<std::int64_t, 3>>{{4, 6, 2}, {3, 3, 3}, {2, 4, 2}, {16, 16, 16}, {8, 32, 2}}) {
      expect_equals_slow_loops({windows[(i + seed % 12) % windows.size()], 1 + seed % 2, channels, filters, groups},
                               seed);
      if (HasFatalFailure()) return;
      ++seed;
    }
  }
}

TEST(Conv, EqualsSlowLoopsDepthwiseWithCommonKernels) {
  unsigned seed = 0;
  for (const std::int64_t size : {3, 5, 7})
    for (const std::int64_t stride : {1, 2})
      for (const std::int64_t wide : {7, 8, 14, 23, 40})
        for (const auto& [channels, filters] : std::vector<std::array<std::int64_t, 2>>{{16, 16}, {37, 37}, {20, 40}}) {
          const ops::Padding padding = seed % 2 == 0 ? ops::Padding::kSame : ops::Padding::kValid;
          const SlowWindow window({{9, size, stride, 1, padding}, {wide, size, stride, 1, padding}});
          expect_equals_slow_loops({window, 1 + seed % 2, channels, filters, channels}, seed);
          if (HasFatalFailure()) return;
          ++seed;
        }
}

TEST(Conv, EqualsSlowLoopsOnRandomLargerShapes) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed < first + 60; ++seed) {
    std::mt19937 generator(seed);
    const auto among = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
    };
    std::vector<SlowAxis> axes;
    const auto padding = static_cast<ops::Padding>(among(0, 2));
    for (std::int64_t rank = among(1, 3); rank > 0; --rank)
      axes.push_back({among(7, 20), among(1, 7), among(1, 4), among(1, 3), padding});
    const std::int64_t groups = among(1, 3) == 1 ? among(1, 20) : 1;
    const ConvCase c = {SlowWindow(axes), among(1, 3), groups * among(1, 20), groups * among(1, 40 / groups + 1),
                        groups};
    if (!c.window.has_output()) continue;
    expect_equals_slow_loops(c, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(Conv, TakesAKernelThatIsComputed) {
  expect_equals_slow_loops(
      {SlowWindow({{9, 3, 2, 1, ops::Padding::kSame}, {8, 3, 1, 1, ops::Padding::kSame}}), 2, 16, 32, 1}, 1,
      KernelIs::kComputed);
  expect_equals_slow_loops(
      {SlowWindow({{9, 3, 2, 1, ops::Padding::kSame}, {8, 3, 1, 1, ops::Padding::kSame}}), 2, 16, 32, 2}, 1,
      KernelIs::kComputed);
}

TEST(Conv, WithoutABiasAddsNone) {
  const ConvCase c = {SlowWindow({{5, 3, 1, 1, ops::Padding::kSame}}), 1, 2, 3, 1};
  const Tensor x = random_tensor(c.window.in_shape(1, 2), 1), kernel = random_tensor(c.kernel_shape(), 2);
  const Tensor zeros = Tensor::of({3}, std::array{0.0f, 0.0f, 0.0f});
  Graph graph;
  const Value out = ops::conv(graph, graph.constant(x), graph.constant(kernel), std::nullopt, c.options());
  EXPECT_TRUE(close(evaluate(graph, out), slow_conv(c, x, kernel, zeros)));
}

TEST(Conv, OfAnEmptyBatchIsEmpty) {
  Graph graph;
  const Value x = graph.input("x", {0, 4, 4, 2});
  const Value out = ops::conv(graph, x, graph.constant(random_tensor({3, 3, 2, 5}, 1)), std::nullopt, {});
  EXPECT_EQ(evaluate(graph, out, {{x.id, Tensor(Shape{0, 4, 4, 2})}}).shape(), (Shape{0, 2, 2, 5}));
}

TEST(Conv, RunsInSeveralThreadsAtOnce) {
  const ConvCase c = {SlowWindow({{14, 3, 1, 1, ops::Padding::kSame}, {14, 3, 1, 1, ops::Padding::kSame}}), 1, 48, 64,
                      1};
  const Tensor x = random_tensor(c.window.in_shape(1, 48), 1), kernel = random_tensor(c.kernel_shape(), 2),
               bias = random_tensor({64}, 3);
  const Tensor expected = slow_conv(c, x, kernel, bias);
  Graph graph;
  const Value out = ops::conv(graph, graph.constant(x), graph.constant(kernel), graph.constant(bias), c.options());
  const Session session;
  const std::array<Operand, 3> operands = {Operand{x.shape()}, Operand{kernel.shape(), kernel.data()},
                                           Operand{bias.shape(), bias.data()}};
  const OpKernel kernel_of_conv = graph.node(out).op->kernel(session, operands, {{graph.node(out).type()}});
  std::array<Tensor, 4> results;
  std::vector<std::thread> threads;
  for (Tensor& result : results)
    threads.emplace_back([&] {
      const std::array<const float*, 3> in = {x.data(), kernel.data(), bias.data()};
      result = Tensor(graph.shape(out));
      for (int repeat = 0; repeat < 20; ++repeat)
        compute_all(kernel_of_conv, {.in = in, .out = result.mutable_data()}, result.size());
    });
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& result : results) EXPECT_TRUE(close(result, expected));
}

TEST(Conv, CountsTwoFlopsAMultiplication) {
  Graph graph;
  const Value x = graph.input("x", {1, 224, 224, 3});
  const Value out =
      ops::conv(graph, x, graph.input("kernel", {3, 3, 3, 64}), std::nullopt, {.padding = ops::Padding::kSame});
  const std::array<Shape, 2> in = {Shape{1, 224, 224, 3}, Shape{3, 3, 3, 64}};
  EXPECT_EQ(graph.node(out).op->cost(in, graph.shape(out)).flops, 2.0 * 224 * 224 * 64 * 27);
}

TEST(Conv, DescribesItself) {
  Graph graph;
  const Value x = graph.input("x", {1, 9, 9, 4});
  const auto describe = [&](Value value) { return graph.node(value).op->describe(); };
  const Value kernel = graph.input("kernel", {3, 3, 2, 4});
  EXPECT_EQ(describe(ops::conv(graph, x, kernel, {}, {.strides = {2, 2}, .padding = ops::Padding::kSame, .groups = 2})),
            "conv 3x3 stride 2 same groups 2");
  const Value depthwise = graph.input("kernel", {3, 1, 4, 1});
  EXPECT_EQ(describe(ops::depthwise_conv(graph, x, depthwise, {}, {.dilations = {2, 1}})),
            "depthwise_conv 3x1 dilation 2x1 valid");
}

struct Refusal {
  Shape x, kernel;
  ops::ConvOptions options;
  const char* what;
};

TEST(Conv, RefusesWhatDoesNotFitWithTheNumbers) {
  const std::vector<Refusal> refusals = {
      {{1, 5, 5, 3}, {3, 3, 4, 8}, {}, "conv has a kernel for 4 channels, its input (1, 5, 5, 3) has 3"},
      {{1, 5, 5, 4},
       {3, 3, 4, 8},
       {.groups = 2},
       "conv has a kernel for 4 channels a group, its input (1, 5, 5, 4) has 2"},
      {{1, 5, 5, 3}, {3, 3, 3, 8}, {.groups = 2}, "conv cannot split 3 channels and 8 filters into 2 groups"},
      {{1, 5, 5, 3}, {3, 3, 3, 8}, {.groups = 0}, "conv cannot split 3 channels and 8 filters into 0 groups"},
      {{1, 5, 5, 0}, {3, 3, 0, 8}, {}, "conv cannot split 0 channels and 8 filters into 1 groups"},
      {{1, 5, 3}, {3, 3, 3, 8}, {}, "conv has a kernel of shape (3, 3, 3, 8) for an input of (1, 5, 3)"},
      {{5, 3}, {3, 8}, {}, "conv has a kernel of shape (3, 8) for an input of (5, 3)"},
      {{1, 2, 5, 3},
       {3, 3, 3, 8},
       {.strides = {2, 2}},
       "conv 3x3 stride 2 valid leaves no output of an input of (1, 2, 5, 3)"},
      {{1, 5, 3}, {3, 3, 8}, {.strides = {1, 2}}, "conv has 2 numbers for its stride, its input has 1 spatial axes"},
      {{1, 5, 3}, {3, 3, 8}, {.dilations = {-1}}, "conv has a dilation of -1, it must be 1 to 1048576"},
      {{1, 5, 3}, {0, 3, 8}, {}, "conv has a size of 0, it must be 1 to 1048576"},
  };
  for (const Refusal& refusal : refusals) {
    const auto build = [&] {
      Graph graph;
      ops::conv(graph, graph.input("x", refusal.x), graph.input("kernel", refusal.kernel), {}, refusal.options);
    };
    EXPECT_EQ(error_code(build), "shape-mismatch") << refusal.what;
    EXPECT_THAT(error_text(build), testing::HasSubstr(refusal.what));
  }
}

TEST(Conv, RefusesABiasOfAnotherSize) {
  Graph graph;
  const Value x = graph.input("x", {1, 5, 3}), kernel = graph.input("kernel", {3, 3, 8}),
              bias = graph.input("bias", {3});
  EXPECT_EQ(error_code([&] { ops::conv(graph, x, kernel, bias, {}); }), "shape-mismatch");
  const Value depthwise = graph.input("kernel", {3, 3, 2});
  EXPECT_EQ(error_code([&] { ops::depthwise_conv(graph, x, depthwise, bias, {}); }), "shape-mismatch");
  EXPECT_EQ(error_code([&] { ops::depthwise_conv(graph, x, kernel, graph.input("bias", {24}), {}); }), "");
  EXPECT_EQ(error_code([&] {
              ops::depthwise_conv(graph, x, graph.input("kernel", {3, 4, 1}), {}, {});
            }),
            "shape-mismatch");
}

}  // namespace
}  // namespace kerascope
