#include "base/distance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "base/parallel.h"

namespace kerascope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

TEST(Distance, IsWhatItsDefinitionSays) {
  const std::vector<float> a = {3, -4, 0, 1}, b = {3, -4.5f, 0.25f, 1};
  const Distance found = distance(a, b);
  EXPECT_DOUBLE_EQ(found.absolute, 0.5);
  EXPECT_DOUBLE_EQ(found.relative, 0.5 / 4.5);
  EXPECT_EQ(found.place, 1);
  EXPECT_DOUBLE_EQ(found.cosine, (9 + 18 + 0 + 1) / (std::sqrt(26.0) * std::sqrt(9 + 20.25 + 0.0625 + 1)));
  EXPECT_EQ(found.unlike, 0);
}

TEST(Distance, OfEqualNumbersIsZeroAlsoWhereTheyAreNoNumbers) {
  const std::vector<float> same = {kNan, kInfinity, -kInfinity, 0.0f, -0.0f, 7};
  const Distance found = distance(same, same);
  EXPECT_EQ(found.absolute, 0);
  EXPECT_EQ(found.relative, 0);
  EXPECT_EQ(found.cosine, 1);
  EXPECT_EQ(found.unlike, 0);
  EXPECT_EQ(distance(std::vector<float>{}, std::vector<float>{}).relative, 0);
}

TEST(Distance, IsInfiniteWhereOnlyOneIsANumber) {
  for (const float odd : {kNan, kInfinity, -kInfinity}) {
    const std::vector<float> a = {1, 2, odd, odd}, b = {1, 2, 3, 4};
    for (const Distance& found : {distance(a, b), distance(b, a)}) {
      EXPECT_EQ(found.absolute, HUGE_VAL);
      EXPECT_EQ(found.relative, HUGE_VAL);
      EXPECT_EQ(found.unlike, 2);
      EXPECT_EQ(found.place, 2);
      EXPECT_NEAR(found.cosine, 1, 1e-12);
    }
  }
  EXPECT_EQ(distance(std::vector{kInfinity}, std::vector{-kInfinity}).unlike, 1);
}

TEST(Distance, OfZerosToSomethingIsOneWithoutAnAngle) {
  const Distance found = distance(std::vector<float>{0, 0}, std::vector<float>{0, -2});
  EXPECT_EQ(found.relative, 1);
  EXPECT_EQ(found.cosine, 0);
}

TEST(Distance, IsTheSameOnAnyNumberOfThreads) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal;
  std::vector<float> a(1'000'003), b(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) b[i] = (a[i] = normal(random)) + 0.01f * normal(random);
  b[777'777] = a[777'777] + 50;
  const auto distance_on = [&](int threads) {
    const ThreadLimit limit(threads);
    return distance(a, b);
  };
  const Distance alone = distance_on(1), together = distance_on(4);
  EXPECT_EQ(alone.place, 777'777);
  EXPECT_EQ(together.place, 777'777);
  EXPECT_EQ(alone.absolute, together.absolute);
  EXPECT_EQ(alone.relative, together.relative);
  EXPECT_NEAR(alone.cosine, together.cosine, 1e-12);
}

}  // namespace
}  // namespace kerascope
