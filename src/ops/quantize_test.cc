#include "ops/quantize.h"

#include "ops/ops_test_support.h"

namespace kerascope::ops {
namespace {

std::vector<float> rounded(const std::vector<float>& numbers, const RoundOptions& options) {
  Graph graph;
  const Value x = graph.constant(Tensor::of({static_cast<std::int64_t>(numbers.size())}, numbers));
  const Tensor y = ops_test::evaluate(graph, round_to(graph, x, options));
  return {y.data(), y.data() + y.size()};
}

TEST(Round, HalfwayToEvenAndWithinTheLimits) {
  EXPECT_EQ(rounded({0.5f, 1.5f, -2.5f, 2.49f, 300, -300}, {.low = -127, .high = 127}),
            (std::vector<float>{0, 2, -2, 2, 127, -127}));
  EXPECT_TRUE(std::isnan(rounded({std::nanf("")}, {.low = -1, .high = 1})[0]));
}

TEST(Round, Float8HasThreeBitsOfMantissa) {
  const RoundOptions float8 = {.grid = Grid::kFloat8, .low = -448, .high = 448};
  // Next to each other: 1, 1.125, 1.25; 416, 448; the smallest, 2^-9, and its half; 2^-6, where the exponent ends.
  EXPECT_EQ(rounded({1.0625f, 1.07f, 1.1875f, 431, 432, 1e30f, 0x1p-9f, 0x1.8p-9f, 0x1p-10f, 0x1.01p-10f, -0x1.1p-6f},
                    float8),
            (std::vector<float>{1, 1.125f, 1.25f, 416, 448, 448, 0x1p-9f, 0x1p-8f, 0, 0x1p-9f, -0x1p-6f}));
}

TEST(Round, EachFloat8StaysAsItIs) {
  const RoundOptions float8 = {.grid = Grid::kFloat8, .low = -448, .high = 448};
  std::vector<float> all;
  for (int mantissa = 0; mantissa < 8; ++mantissa) {
    all.push_back(std::ldexp(static_cast<float>(mantissa), -9));
    for (int exponent = 1; exponent < 16; ++exponent)
      if (exponent < 15 || mantissa < 7) all.push_back(std::ldexp(static_cast<float>(8 + mantissa), exponent - 10));
  }
  EXPECT_EQ(rounded(all, float8), all);
}

TEST(Round, Bfloat16IsTheUpperHalf) {
  EXPECT_EQ(rounded({1, 0x1.01p0f, 0x1.03p0f, 0x1.010002p0f, -0x1.7p-130f}, {.grid = Grid::kBfloat16}),
            (std::vector<float>{1, 1, 0x1.04p0f, 0x1.02p0f, -0x1.8p-130f}));
}

TEST(UnpackNibbles, TheLowerFourBitsComeFirst) {
  Graph graph;
  const Value bytes = graph.constant(Tensor::of({2, 2}, std::vector<float>{125, 2, 24, -16}));
  const auto unpacked = [&](const NibbleOptions& options) {
    const Tensor y = ops_test::evaluate(graph, unpack_nibbles(graph, bytes, options));
    return std::vector<float>(y.data(), y.data() + y.size());
  };
  EXPECT_EQ(unpacked({.axis = 1, .size = 4}), (std::vector<float>{-3, 7, 2, 0, -8, 1, 0, -1}));
  EXPECT_EQ(unpacked({.axis = 1, .size = 3, .is_signed = false}), (std::vector<float>{13, 7, 2, 8, 1, 0}));
  EXPECT_EQ(unpacked({.axis = 0, .size = 3}), (std::vector<float>{-3, 2, 7, 0, -8, 0}));
}

}  // namespace
}  // namespace kerascope::ops
