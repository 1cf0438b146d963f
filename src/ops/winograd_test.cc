#include "ops/winograd.h"

#include <gtest/gtest.h>

#include "ops/conv.h"
#include "ops/ops_test_support.h"
#include "ops/session.h"
#include "ops/spatial.h"

namespace kerascope {
namespace {

using namespace ops_test;

struct WinogradCase {
  Shape x;
  std::int64_t filters;
  ops::Padding padding;
};

struct Convolution {
  explicit Convolution(const WinogradCase& c)
      : x(random_tensor(c.x, 1)),
        kernel(random_tensor({3, 3, c.x.back(), c.filters}, 2)),
        bias(random_tensor({c.filters}, 3)),
        axes(ops::slide("conv", c.x, {.size = {3, 3}, .padding = c.padding})),
        out(ops::windowed(c.x, axes, c.filters)) {}

  std::optional<OpKernel> winograd() const {
    return ops::winograd(Session(), x.shape(), out, axes, {.shape = kernel.shape(), .constant = kernel.data()},
                         bias.data());
  }

  /// By the op, multiplied directly.
  Tensor exact(ops::Padding padding) const {
    Graph graph;
    const Value y =
        ops::conv(graph, graph.constant(x), graph.constant(kernel), graph.constant(bias), {.padding = padding});
    const std::array operands = {Operand{x.shape()}, Operand{kernel.shape(), kernel.data()},
                                 Operand{bias.shape(), bias.data()}};
    return run(graph.node(y).op->kernel(Session(/*exact=*/true), operands, {{ValueType{out}}}));
  }

  Tensor run(const OpKernel& ready) const {
    Tensor result(out);
    std::fill_n(result.mutable_data(), result.size(), std::nanf(""));
    const std::array in = {x.data(), kernel.data(), bias.data()};
    compute_all(ready, {.in = in, .out = result.mutable_data()}, result.size());
    return result;
  }

  Tensor x, kernel, bias;
  std::vector<ops::WindowAxis> axes;
  Shape out;
};

class WinogradEqualsDirect : public testing::TestWithParam<WinogradCase> {};

TEST_P(WinogradEqualsDirect, WithinFewMillionthsOfTheLargest) {
  const Convolution convolution(GetParam());
  const std::optional<OpKernel> ready = convolution.winograd();
  ASSERT_TRUE(ready) << "is not chosen";
  EXPECT_TRUE(close(convolution.run(*ready), convolution.exact(GetParam().padding), {.tolerance = 5e-6}));
}

// Few channels and large pictures go in strips, many channels all at once; tiles reach over all edges.
constexpr auto kSame = ops::Padding::kSame, kValid = ops::Padding::kValid;
INSTANTIATE_TEST_SUITE_P(
    Shapes, WinogradEqualsDirect,
    testing::Values(WinogradCase{{1, 56, 56, 64}, 64, kSame}, WinogradCase{{1, 57, 61, 32}, 48, kSame},
                    WinogradCase{{1, 57, 61, 32}, 48, kValid}, WinogradCase{{3, 30, 30, 64}, 64, kSame},
                    WinogradCase{{2, 28, 28, 128}, 128, kSame}, WinogradCase{{1, 14, 14, 256}, 256, kSame},
                    WinogradCase{{5, 14, 13, 128}, 160, kValid}, WinogradCase{{8, 7, 7, 256}, 256, kSame},
                    WinogradCase{{1, 28, 28, 256}, 512, kSame}));

TEST(Winograd, ComputesAnyRows) {
  const Convolution convolution({{2, 57, 56, 64}, 64, kSame});
  const std::optional<OpKernel> ready = convolution.winograd();
  ASSERT_TRUE(ready);
  ASSERT_EQ(ready->rows, 2 * 57);
  const Tensor all = convolution.run(*ready);
  const std::array in = {convolution.x.data()};
  const std::int64_t row = 56 * 64;
  for (const auto& [begin, end] : {std::pair{0, 3}, {5, 6}, {50, 64}, {56, 57}, {57, 114}, {113, 114}}) {
    Tensor part(Shape{end - begin, 56, 64});
    ready->compute({.in = in, .out = part.mutable_data(), .begin = begin, .end = end});
    EXPECT_TRUE(close(part, Tensor(part.shape(), nullptr, all.data() + begin * row), {.tolerance = 1e-5}))
        << begin << " to " << end;
  }
}

TEST(Winograd, LeavesOtherConvolutionsAlone) {
  const Shape x = {1, 56, 56, 64}, out = {1, 56, 56, 64};
  const Tensor kernel(Shape{3, 3, 64, 64});
  const auto chosen = [&](const Shape& in, const ops::WindowOptions& window) {
    const auto axes = ops::slide("conv", in, window);
    return ops::winograd(Session(), in, ops::windowed(in, axes, 64), axes,
                         {.shape = kernel.shape(), .constant = kernel.data()}, nullptr)
        .has_value();
  };
  EXPECT_FALSE(chosen(x, {.size = {3, 3}, .strides = {2, 2}}));
  EXPECT_FALSE(chosen(x, {.size = {3, 3}, .dilations = {2, 2}}));
  EXPECT_FALSE(chosen(x, {.size = {1, 1}}));
  EXPECT_FALSE(chosen(x, {.size = {5, 3}}));
  EXPECT_FALSE(chosen({1, 56, 56, 3}, {.size = {3, 3}}));
  EXPECT_FALSE(chosen({1, 3, 3, 64}, {.size = {3, 3}})) << "one output takes longer in tiles";
}

}  // namespace
}  // namespace kerascope
