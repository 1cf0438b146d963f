#include "ops/window.h"

#include <gtest/gtest.h>

#include "kerascope/error.h"
#include "ops/window_test_support.h"

namespace kerascope::ops {
namespace {

TEST(Window, SamePaddingPutsTheOddPixelLast) {
  const auto axes = slide("conv", {1, 224, 5, 3}, {.size = {3, 2}, .strides = {2, 1}, .padding = Padding::kSame});
  EXPECT_EQ(axes[0].out, 112);
  EXPECT_EQ(axes[0].before, 0);
  EXPECT_EQ(axes[0].after, 1);
  EXPECT_EQ(axes[1].out, 5);
  EXPECT_EQ(axes[1].before, 0);
  EXPECT_EQ(axes[1].after, 1);
}

TEST(Window, ValidLeavesOutWhatTheLastStrideDoesNotReach) {
  const auto axes = slide("conv", {1, 6, 3}, {.size = {3}, .strides = {2}});
  EXPECT_EQ(axes[0].out, 2);
  EXPECT_EQ(axes[0].before, 0);
  EXPECT_EQ(axes[0].after, 0);
}

TEST(Window, AgreesWithSlowArithmeticOnAllSmallSizes) {
  for (const ops_test::SlowAxis& slow : ops_test::all_small_axes(3)) {
    const auto axes =
        slide("conv", {1, slow.in, 1},
              {.size = {slow.size}, .strides = {slow.stride}, .dilations = {slow.dilation}, .padding = slow.padding});
    ASSERT_EQ(axes[0].out, slow.out());
    ASSERT_EQ(-axes[0].before, slow.source(0, 0));
    const std::int64_t last = slow.source(slow.out() - 1, slow.size - 1);
    ASSERT_GE(axes[0].after, last - slow.in + 1);
    ASSERT_TRUE(axes[0].after == 0 || axes[0].after == last - slow.in + 1);
  }
}

TEST(Window, RefusesNumbersThatCannotBe) {
  const auto refused = [](const Shape& in, const WindowOptions& options) {
    try {
      slide("pool", in, options);
    } catch (const Error& error) {
      return error.code() == "shape-mismatch";
    }
    return false;
  };
  EXPECT_FALSE(refused({1, 5, 1}, {.size = {2}}));
  EXPECT_TRUE(refused({5, 1}, {.size = {2}}));
  EXPECT_TRUE(refused({1, 5, 5, 5, 5, 1}, {.size = {2, 2, 2, 2}}));
  EXPECT_TRUE(refused({1, 5, 1}, {.size = {2, 2}}));
  EXPECT_TRUE(refused({1, 5, 1}, {.size = {0}}));
  EXPECT_TRUE(refused({1, 5, 1}, {.size = {2}, .strides = {0}}));
  EXPECT_TRUE(refused({1, 5, 1}, {.size = {2}, .strides = {std::int64_t{1} << 62}}));
  EXPECT_TRUE(refused({1, 5, 1}, {.size = {1 << 20}, .dilations = {1 << 20}, .padding = Padding::kSame}));
  EXPECT_TRUE(refused({1, 0, 1}, {.size = {2}, .padding = Padding::kSame}));
  EXPECT_TRUE(refused({1, 5, 1}, {.size = {6}}));
}

}  // namespace
}  // namespace kerascope::ops
