#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ops/conv_transpose.h"
#include "ops/ops_test_support.h"
#include "ops/spatial.h"

namespace kerascope {
namespace {

using namespace ops_test;

/// One axis, written down from the definition: input i and kernel position j meet at i * stride + j * dilation, less
/// what is cut off before. -1: no output padding is given.
struct SlowSpread {
  std::int64_t in = 1, size = 1, stride = 1, dilation = 1, output_padding = -1;

  std::int64_t reach() const { return (in - 1) * stride + (size - 1) * dilation + 1; }
  std::int64_t out(bool same) const {
    if (output_padding < 0) return same ? in * stride : std::max(reach(), in * stride);
    std::int64_t length = reach() + output_padding;
    // "same" takes as much off both ends.
    if (same) length -= ((size - 1) * dilation + 1) / 2 * 2;
    return length;
  }
  /// A convolution of the output with "same" padding must give the input's size.
  bool has_output(bool same) const { return !same || (out(same) + stride - 1) / stride == in; }
  std::int64_t target(bool same, std::int64_t i, std::int64_t position) const {
    const std::int64_t more = reach() - out(same);
    return i * stride + position * dilation - (same && more > 0 ? more / 2 : 0);
  }
};

struct Case {
  std::vector<SlowSpread> axes;
  bool same;
  std::int64_t batch, channels, filters;
  bool bias = true;

  bool has_output() const {
    for (const SlowSpread& axis : axes)
      if (!axis.has_output(same)) return false;
    return true;
  }
  ops::Spatial list(std::int64_t SlowSpread::*field) const {
    ops::Spatial numbers;
    for (const SlowSpread& axis : axes) numbers.push_back(axis.*field);
    return numbers;
  }
  Shape shape(std::int64_t first, ops::Spatial spatial, std::int64_t last) const {
    spatial.insert(spatial.begin(), first);
    spatial.push_back(last);
    return Shape(spatial);
  }
  Shape in_shape() const { return shape(batch, list(&SlowSpread::in), channels); }
  Shape out_shape() const {
    ops::Spatial sizes;
    for (const SlowSpread& axis : axes) sizes.push_back(axis.out(same));
    return shape(batch, sizes, filters);
  }
  Shape kernel_shape() const {
    ops::Spatial sizes = list(&SlowSpread::size);
    sizes.insert(sizes.end(), {filters, channels});
    return Shape(sizes);
  }
  ops::ConvTransposeOptions options() const {
    ops::ConvTransposeOptions options = {.strides = list(&SlowSpread::stride),
                                         .dilations = list(&SlowSpread::dilation),
                                         .padding = same ? ops::Padding::kSame : ops::Padding::kValid,
                                         .output_padding = {}};
    if (axes[0].output_padding >= 0) options.output_padding = list(&SlowSpread::output_padding);
    return options;
  }
  std::string str() const {
    std::string text = fmt::format("batch {} channels {} filters {} same {}", batch, channels, filters, same);
    for (const SlowSpread& axis : axes)
      text += fmt::format(" [{} size {} stride {} dilation {} output padding {}]", axis.in, axis.size, axis.stride,
                          axis.dilation, axis.output_padding);
    return text;
  }
};

Tensor slow_conv_transpose(const Case& c, const Tensor& x, const Tensor& kernel, const Tensor& bias) {
  const Shape out = c.out_shape();
  std::vector<double> sums(static_cast<std::size_t>(out.elements()));
  const int rank = static_cast<int>(c.axes.size());
  const Shape positions(c.list(&SlowSpread::size));
  for (std::int64_t i = 0; i < x.size(); ++i) {
    const Index from = index_of(x.shape(), i);
    for (std::int64_t position = 0; position < positions.elements(); ++position) {
      Index to = from;
      bool inside = true;
      const Index at_position = index_of(positions, position);
      for (int axis = 0; axis < rank; ++axis) {
        const auto a = static_cast<std::size_t>(axis);
        to[a + 1] = c.axes[a].target(c.same, from[a + 1], at_position[a]);
        inside = inside && to[a + 1] >= 0 && to[a + 1] < out[axis + 1];
      }
      if (!inside) continue;
      for (std::int64_t filter = 0; filter < c.filters; ++filter) {
        to.back() = filter;
        const float weight = kernel.data()[(position * c.filters + filter) * c.channels + from.back()];
        sums[static_cast<std::size_t>(position_of(out, to))] += static_cast<double>(x.data()[i]) * weight;
      }
    }
  }
  Tensor result(out);
  for (std::int64_t i = 0; i < result.size(); ++i)
    result.mutable_data()[i] =
        static_cast<float>(sums[static_cast<std::size_t>(i)] + (c.bias ? bias.data()[i % c.filters] : 0));
  return result;
}

void expect_equals_slow_loops(const Case& c, unsigned seed, bool constant = true) {
  SCOPED_TRACE(c.str() + " seed " + std::to_string(seed));
  const Tensor x = random_tensor(c.in_shape(), seed), kernel = random_tensor(c.kernel_shape(), seed + 1),
               bias = random_tensor({c.filters}, seed + 2);
  Graph graph;
  const Value input = graph.input("x", x.shape());
  const Value kernel_value = constant ? graph.constant(kernel) : graph.input("kernel", kernel.shape());
  std::optional<Value> bias_value;
  if (c.bias) bias_value = graph.constant(bias);
  const auto op = [&] { return ops::conv_transpose(graph, input, kernel_value, bias_value, c.options()); };
  if (!c.has_output()) {
    ASSERT_EQ(error_code(op), "shape-mismatch");
    return;
  }
  std::map<int, Tensor> inputs = {{input.id, x}};
  if (!constant) inputs[kernel_value.id] = kernel;
  ASSERT_TRUE(close(evaluate(graph, op(), inputs), slow_conv_transpose(c, x, kernel, bias),
                    {.tolerance = kernel.size() / c.filters < 100 ? 1e-6 : 5e-6, .at_least_one = true}));
}

std::vector<SlowSpread> all_small_axes() {
  std::vector<SlowSpread> axes;
  for (std::int64_t in = 1; in <= 4; ++in)
    for (std::int64_t size = 1; size <= 4; ++size)
      for (std::int64_t stride = 1; stride <= 3; ++stride)
        for (std::int64_t dilation = 1; dilation <= 2; ++dilation)
          for (std::int64_t padding = -1; padding < stride; ++padding)
            axes.push_back({in, size, stride, dilation, padding});
  return axes;
}

TEST(ConvTranspose, EqualsSlowLoopsOverAllSmallKernels) {
  unsigned seed = 0;
  const std::vector<SlowSpread> axes = all_small_axes();
  for (std::size_t i = 0; i < axes.size(); ++i)
    for (bool same : {false, true}) {
      // The others have an output padding where the first has one.
      SlowSpread second = axes[i * 7 % axes.size()], third = axes[i * 31 % axes.size()];
      for (SlowSpread* other : {&second, &third})
        other->output_padding = axes[i].output_padding < 0 ? -1 : std::max<std::int64_t>(other->output_padding, 0);
      for (const std::vector<SlowSpread>& given :
           {std::vector{axes[i]}, std::vector{axes[i], second}, std::vector{axes[i], second, third}}) {
        expect_equals_slow_loops({given, same, 1 + seed % 2, 1 + seed % 3, 1 + seed % 5, seed % 7 != 0}, seed);
        if (HasFatalFailure()) return;
        ++seed;
      }
    }
}

TEST(ConvTranspose, EqualsSlowLoopsOnRandomLargerShapes) {
  const unsigned first = std::random_device()();
  for (unsigned seed = first; seed < first + 60; ++seed) {
    std::mt19937 generator(seed);
    const auto among = [&](std::int64_t low, std::int64_t high) {
      return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
    };
    std::vector<SlowSpread> axes;
    const bool padded = among(0, 1) == 1;
    const std::int64_t rank = among(1, 3);
    for (std::int64_t k = 0; k < rank; ++k) {
      const std::int64_t stride = among(1, 4);
      axes.push_back(
          {among(2, rank == 3 ? 7 : 14), among(1, 5), stride, among(1, 2), padded ? among(0, stride - 1) : -1});
    }
    expect_equals_slow_loops({axes, among(0, 1) == 1, among(1, 2), among(1, 40), among(1, 40)}, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(ConvTranspose, TakesAKernelThatIsComputed) {
  expect_equals_slow_loops({{{5, 3, 2, 1, -1}, {6, 4, 2, 1, -1}}, true, 2, 16, 32}, 1, false);
}

TEST(ConvTranspose, OfAnEmptyBatchIsEmpty) {
  Graph graph;
  const Value x = graph.input("x", {0, 4, 4, 2});
  const Value out = ops::conv_transpose(graph, x, graph.constant(random_tensor({3, 3, 5, 2}, 1)), {}, {});
  EXPECT_EQ(evaluate(graph, out, {{x.id, Tensor(Shape{0, 4, 4, 2})}}).shape(), (Shape{0, 6, 6, 5}));
}

TEST(ConvTranspose, CountsTwoFlopsAMultiplication) {
  Graph graph;
  const Value x = graph.input("x", {1, 8, 8, 3});
  const Value out = ops::conv_transpose(graph, x, graph.input("kernel", {4, 4, 5, 3}), {}, {.strides = {2, 2}});
  const std::array<Shape, 2> in = {Shape{1, 8, 8, 3}, Shape{4, 4, 5, 3}};
  EXPECT_EQ(graph.node(out).op->cost(in, graph.shape(out)).flops, 2.0 * 8 * 8 * 3 * 4 * 4 * 5);
}

TEST(ConvTranspose, DescribesItself) {
  Graph graph;
  const Value x = graph.input("x", {1, 9, 9, 4}), kernel = graph.input("kernel", {3, 3, 2, 4});
  const auto describe = [&](const ops::ConvTransposeOptions& options) {
    return graph.node(ops::conv_transpose(graph, x, kernel, {}, options)).op->describe();
  };
  EXPECT_EQ(describe({.strides = {2, 2}, .dilations = {}, .padding = ops::Padding::kSame, .output_padding = {}}),
            "conv_transpose 3x3 stride 2 same");
  EXPECT_EQ(describe({.strides = {2, 2}, .dilations = {}, .padding = {}, .output_padding = {{0, 1}}}),
            "conv_transpose 3x3 stride 2 valid output_padding 0x1");
}

TEST(ConvTranspose, RefusesWhatDoesNotFitWithTheNumbers) {
  struct Refusal {
    Shape x, kernel;
    ops::ConvTransposeOptions options;
    const char* what;
  };
  const std::vector<Refusal> refusals = {
      {{1, 5, 5, 3}, {3, 3, 8, 4}, {}, "conv_transpose has a kernel for 4 channels, its input (1, 5, 5, 3) has 3"},
      {{1, 5, 3}, {3, 3, 8, 3}, {}, "conv_transpose has a kernel of shape (3, 3, 8, 3) for an input of (1, 5, 3)"},
      {{5, 3}, {8, 3}, {}, "conv_transpose has a kernel of shape (8, 3) for an input of (5, 3)"},
      {{1, 5, 3}, {0, 8, 3}, {}, "conv_transpose has a size of 0, it must be 1 to 1048576"},
      {{1, 0, 3}, {3, 8, 3}, {}, "conv_transpose 3 valid leaves no output of an input of (1, 0, 3)"},
      {{1, 5, 3},
       {3, 8, 3},
       {.strides = {2}, .dilations = {}, .padding = {}, .output_padding = {{2}}},
       "conv_transpose has an output padding of 2, it must be 0 to less than the stride 2"},
      {{1, 5, 3},
       {3, 8, 3},
       {.strides = {2}, .dilations = {}, .padding = {}, .output_padding = {{0, 0}}},
       "conv_transpose has 2 numbers for its output padding, its input has 1 spatial axes"},
      {{1, 5, 3},
       {4, 8, 3},
       {.strides = {2}, .dilations = {}, .padding = ops::Padding::kSame, .output_padding = {{0}}},
       "conv_transpose 4 stride 2 same leaves no output of an input of (1, 5, 3)"},
  };
  for (const Refusal& refusal : refusals) {
    const auto build = [&] {
      Graph graph;
      ops::conv_transpose(graph, graph.input("x", refusal.x), graph.input("kernel", refusal.kernel), {},
                          refusal.options);
    };
    EXPECT_EQ(error_code(build), "shape-mismatch") << refusal.what;
    EXPECT_THAT(error_text(build), testing::HasSubstr(refusal.what));
  }
  Graph graph;
  const Value x = graph.input("x", {1, 5, 3}), kernel = graph.input("kernel", {3, 8, 3}), bias = graph.input("b", {3});
  EXPECT_THAT(error_text([&] { ops::conv_transpose(graph, x, kernel, bias, {}); }),
              testing::HasSubstr("conv_transpose has a bias of shape (3,) for 8 filters"));
}

}  // namespace
}  // namespace kerascope
