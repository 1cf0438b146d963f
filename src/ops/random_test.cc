#include "ops/random.h"
#include "base/parallel.h"
#include "ops/ops_test_support.h"
#include "ops/philox.h"

namespace kerascope {
namespace {

using ops::Distribution;

Tensor run(const Shape& shape, const ops::RandomOptions& options, std::uint64_t seed) {
  Graph graph;
  return ops_test::evaluate(graph, ops::random(graph, shape, options), {}, seed);
}

bool equal(const Tensor& a, const Tensor& b) {
  return std::equal(a.numbers().begin(), a.numbers().end(), b.numbers().begin(), b.numbers().end());
}

// The three vectors that the authors of the generator publish for philox4x32 with 10 rounds (Random123, kat_vectors).
TEST(Philox, KnownAnswers) {
  using Counter = std::array<std::uint32_t, 4>;
  EXPECT_EQ(ops::philox({0, 0, 0, 0}, {0, 0}), (Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(ops::philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}),
            (Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(ops::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, ThreadsDoNotChangeTheNumbers) {
  for (Distribution distribution : {Distribution::kKeepMask, Distribution::kNormal}) {
    const ops::RandomOptions options = {.distribution = distribution, .a = 0.3f, .b = 1, .key = 5};
    const auto run_on = [&](int threads) {
      const ThreadLimit limit(threads);
      return run(Shape{3, 33'333}, options, 7);
    };
    const Tensor alone = run_on(1);
    EXPECT_TRUE(equal(run_on(2), alone));
    // Nor does the length: position i is position i.
    const Tensor shorter = run(Shape{1'001}, options, 7);
    EXPECT_TRUE(std::equal(shorter.numbers().begin(), shorter.numbers().end(), alone.numbers().begin()));
  }
}

TEST(Random, SeedsAndKeysGiveOtherNumbers) {
  const ops::RandomOptions options = {.distribution = Distribution::kNormal, .a = 0, .b = 1, .key = 5};
  const Tensor first = run(Shape{100}, options, 7);
  EXPECT_TRUE(equal(first, run(Shape{100}, options, 7)));
  EXPECT_FALSE(equal(first, run(Shape{100}, options, 8)));
  EXPECT_FALSE(equal(first, run(Shape{100}, options, 7 + (std::uint64_t{1} << 32))));
  ops::RandomOptions other = options;
  other.key = 6;
  EXPECT_FALSE(equal(first, run(Shape{100}, other, 7)));
  other.key = 5 + (std::uint64_t{1} << 32);
  EXPECT_FALSE(equal(first, run(Shape{100}, other, 7)));
}

TEST(Random, TheMaskKeepsItsShareAndTheMean) {
  constexpr std::int64_t kCount = 1'000'000;
  for (float rate : {0.1f, 0.5f, 0.8f}) {
    const Tensor mask = run(Shape{kCount}, {.a = rate}, 1);
    std::int64_t kept = 0;
    for (float number : mask.numbers()) {
      ASSERT_TRUE(number == 0 || number == 1 / (1 - rate)) << number;
      kept += number != 0;
    }
    // Five standard deviations.
    EXPECT_NEAR(static_cast<double>(kept) / kCount, 1 - rate, 5 * std::sqrt(rate * (1 - rate) / kCount));
  }
  const Tensor all_kept = run(Shape{1'000}, {.a = 0}, 1), none_kept = run(Shape{1'000}, {.a = 1}, 1);
  for (float number : all_kept.numbers()) ASSERT_EQ(number, 1);
  for (float number : none_kept.numbers()) ASSERT_EQ(number, 0);
}

TEST(Random, NormalNumbersHaveTheirMomentsAndNoCorrelation) {
  constexpr std::int64_t kCount = 1'000'000;
  const Tensor x = run(Shape{kCount}, {.distribution = Distribution::kNormal, .a = 3, .b = 2}, 1);
  double moments[4] = {}, neighbours = 0, last = 0, within_one = 0;
  for (float number : x.numbers()) {
    const double z = (number - 3) / 2;
    for (int k = 0; k < 4; ++k) moments[k] += std::pow(z, k + 1) / kCount;
    neighbours += z * last / kCount;
    within_one += (std::abs(z) < 1 ? 1.0 : 0.0) / kCount;
    last = z;
  }
  // Five standard deviations of each estimate.
  const double bound = 5 / std::sqrt(static_cast<double>(kCount));
  EXPECT_NEAR(moments[0], 0, bound);
  EXPECT_NEAR(moments[1], 1, bound * std::sqrt(2.0));
  EXPECT_NEAR(moments[2], 0, bound * std::sqrt(15.0));
  EXPECT_NEAR(moments[3], 3, bound * std::sqrt(96.0));
  EXPECT_NEAR(neighbours, 0, bound);
  EXPECT_NEAR(within_one, 0.6826895, bound * 0.5);
}

}  // namespace
}  // namespace kerascope
