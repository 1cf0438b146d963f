#include "base/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/parallel.h"

namespace kerascope {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The plain definitions, number by number.
Statistics slowly(const Tensor& tensor, int axis) {
  const std::int64_t channels = tensor.shape()[axis];
  const std::int64_t inner = tensor.shape().elements(axis + 1, tensor.shape().rank());
  Statistics result{.minimum = kInfinity, .maximum = -kInfinity, .channels = channels};
  std::vector<std::vector<float>> of_channel(static_cast<std::size_t>(channels));
  std::int64_t zeros = 0, finite = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i) {
    const float number = tensor.data()[i];
    of_channel[static_cast<std::size_t>(i / inner % channels)].push_back(number);
    zeros += number == 0;
    result.nan_count += std::isnan(number);
    result.infinity_count += std::isinf(number);
    if (!std::isfinite(number)) continue;
    ++finite;
    result.minimum = std::min(result.minimum, number);
    result.maximum = std::max(result.maximum, number);
    result.mean += number;
  }
  result.mean /= static_cast<double>(finite);
  result.zero_share = static_cast<double>(zeros) / static_cast<double>(tensor.size());
  for (std::size_t c = 0; c < of_channel.size(); ++c) {
    const std::vector<float>& numbers = of_channel[c];
    const bool is_constant = numbers.size() > 1 && std::isfinite(numbers[0]) &&
                             std::all_of(numbers.begin(), numbers.end(), [&](float x) { return x == numbers[0]; });
    const bool is_finite = std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
    const auto index = static_cast<std::int64_t>(c);
    if (is_constant) result.constant_indices.push_back(index), ++result.constant_channels;
    if (is_constant && numbers[0] == 0) result.dead_indices.push_back(index), ++result.dead_channels;
    if (!is_finite) result.non_finite_indices.push_back(index), ++result.non_finite_channels;
  }
  return result;
}

void expect_as_slowly(const Tensor& tensor, int axis) {
  SCOPED_TRACE("shape " + tensor.shape().str() + " channel axis " + std::to_string(axis));
  const Statistics expected = slowly(tensor, axis), found = statistics(tensor, axis);
  EXPECT_EQ(found.minimum, expected.minimum);
  EXPECT_EQ(found.maximum, expected.maximum);
  EXPECT_NEAR(found.mean, expected.mean, 1e-6 * (1 + expected.maximum - expected.minimum));
  EXPECT_EQ(found.zero_share, expected.zero_share);
  EXPECT_EQ(found.nan_count, expected.nan_count);
  EXPECT_EQ(found.infinity_count, expected.infinity_count);
  EXPECT_EQ(found.constant_channels, expected.constant_channels);
  EXPECT_EQ(found.dead_channels, expected.dead_channels);
  EXPECT_EQ(found.non_finite_channels, expected.non_finite_channels);
  EXPECT_EQ(found.channels, expected.channels);
  EXPECT_EQ(found.constant_indices, expected.constant_indices);
  EXPECT_EQ(found.dead_indices, expected.dead_indices);
  EXPECT_EQ(found.non_finite_indices, expected.non_finite_indices);
}

void expect_channels_as_slowly(const Tensor& tensor, int axis) {
  SCOPED_TRACE("shape " + tensor.shape().str() + " channel axis " + std::to_string(axis));
  const std::vector<ChannelStatistics> found = channel_statistics(tensor, axis);
  const std::int64_t inner = tensor.shape().elements(axis + 1, tensor.shape().rank());
  ASSERT_EQ(static_cast<std::int64_t>(found.size()), tensor.shape()[axis]);
  for (std::size_t c = 0; c < found.size(); ++c) {
    SCOPED_TRACE("channel " + std::to_string(c));
    std::vector<double> finite;
    double zeros = 0, count = 0, sum = 0, squares = 0;
    for (std::int64_t i = 0; i < tensor.size(); ++i) {
      if (i / inner % tensor.shape()[axis] != static_cast<std::int64_t>(c)) continue;
      ++count;
      zeros += tensor.data()[i] == 0;
      if (std::isfinite(tensor.data()[i])) finite.push_back(tensor.data()[i]);
    }
    EXPECT_EQ(found[c].zero_share, zeros / count);
    if (finite.empty()) {
      EXPECT_TRUE(std::isnan(found[c].mean) && std::isnan(found[c].variance) && std::isnan(found[c].maximum));
      continue;
    }
    for (const double number : finite) sum += number;
    const double mean = sum / static_cast<double>(finite.size());
    for (const double number : finite) squares += (number - mean) * (number - mean);
    EXPECT_NEAR(found[c].mean, mean, 1e-5);
    EXPECT_NEAR(found[c].variance, squares / static_cast<double>(finite.size()), 1e-4);
    EXPECT_EQ(found[c].minimum, *std::min_element(finite.begin(), finite.end()));
    EXPECT_EQ(found[c].maximum, *std::max_element(finite.begin(), finite.end()));
  }
}

TEST(Statistics, EqualASlowLoopOnEveryAxis) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(1.0f, 3.0f);
  const std::vector<Shape> shapes = {{1, 7, 7, 40},  {2, 5, 9, 3},     {3, 1, 1, 1001}, {1, 97, 89, 24},
                                     {4, 65, 33, 5}, {2, 130, 130, 9}, {1000},          {3, 2}};
  for (const Shape& shape : shapes)
    for (int axis = 0; axis < shape.rank(); ++axis)
      for (const bool bad : {false, true}) {
        Tensor tensor(shape);
        const std::int64_t inner = shape.elements(axis + 1, shape.rank());
        for (std::int64_t i = 0; i < tensor.size(); ++i) {
          const std::int64_t channel = i / inner % shape[axis];
          float number = std::max(normal(random), 0.0f);  // many zeros
          if (channel % 3 == 1) number = -0.5f;           // a constant channel
          if (channel % 5 == 3) number = 0;               // a dead one
          if (bad && i % 31 == 5) number = std::array{kNan, kInfinity, -kInfinity}[static_cast<std::size_t>(i % 3)];
          tensor.mutable_data()[i] = number;
        }
        expect_as_slowly(tensor, axis);
        expect_channels_as_slowly(tensor, axis);
      }
}

TEST(Statistics, DoNotDependOnTheNumberOfThreads) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> uniform(-1.0f, 1.0f);
  Tensor tensor({2, 112, 112, 20});
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = uniform(random);
  for (const int threads : {1, 2, 5}) {
    const ThreadLimit limit(threads);
    expect_as_slowly(tensor, 3);
    expect_as_slowly(tensor, 1);
  }
}

TEST(Statistics, OfAMeanFarFromZeroKeepTheirDigits) {
  Tensor tensor({1, 400, 400, 8});
  std::fill_n(tensor.mutable_data(), tensor.size(), 16777.215f);
  EXPECT_NEAR(statistics(tensor, -1).mean, 16777.215f, 0.005);
}

TEST(Statistics, AChannelOfOneNumberIsNotCalledConstant) {
  EXPECT_EQ(statistics(Tensor::of({1, 3}, std::vector<float>{1, 2, 3}), -1).constant_channels, 0);
  EXPECT_EQ(statistics(Tensor::of({2, 3}, std::vector<float>{1, 2, 3, 1, 2, 4}), -1).constant_channels, 2);
}

TEST(Statistics, AChannelThatHardlyChangesIsNotConstant) {
  const float after_one = std::nextafter(1.0f, 2.0f), smallest = std::numeric_limits<float>::denorm_min();
  for (const std::int64_t count : {2, 5, 1000}) {
    Tensor tensor({count, 5});
    const std::vector<float> usual = {1, 0, -3e38f, 16777216, 1},
                             odd = {after_one, smallest, -2.9999998e38f, 16777218, 1};
    for (std::int64_t i = 0; i < count; ++i)
      std::ranges::copy(i == count - 1 ? odd : usual, tensor.mutable_data() + i * 5);
    const Statistics found = statistics(tensor, -1);
    EXPECT_EQ(found.constant_indices, (std::vector<std::int64_t>{4})) << count;
    EXPECT_EQ(found.dead_channels, 0) << count;
  }
}

TEST(Statistics, OfAScalarAreThoseOfOneChannel) {
  const Statistics found = statistics(Tensor::of({}, std::vector<float>{2.5f}), -1);
  EXPECT_EQ(found.channels, 1);
  EXPECT_EQ(found.minimum, 2.5f);
  EXPECT_EQ(found.mean, 2.5);
}

TEST(Statistics, WithoutAFiniteNumberHaveNoRange) {
  const Statistics found = statistics(Tensor::of({2, 1}, std::vector<float>{kNan, kInfinity}), -1);
  EXPECT_TRUE(std::isnan(found.minimum) && std::isnan(found.maximum) && std::isnan(found.mean));
  EXPECT_EQ(found.nan_count, 1);
  EXPECT_EQ(found.infinity_count, 1);
  EXPECT_EQ(found.constant_channels, 0);
  const Statistics empty = statistics(Tensor({0, 4}), -1);
  EXPECT_TRUE(std::isnan(empty.mean));
  EXPECT_EQ(empty.zero_share, 0);
}

TEST(Statistics, OfAMeanFarFromZeroKeepTheDigitsOfTheVariance) {
  Tensor tensor({1, 100, 100, 3});
  for (std::int64_t i = 0; i < tensor.size(); ++i) tensor.mutable_data()[i] = 10000.0f + (i / 3 % 2 ? 0.5f : -0.5f);
  for (const ChannelStatistics& channel : channel_statistics(tensor, -1)) EXPECT_NEAR(channel.variance, 0.25, 1e-6);
}

TEST(SortedChannels, StandLargestFirstTiesByIndexAndThoseWithoutANumberLast) {
  // Four channels of two numbers: (0, 4), (3, 3), NaN, (4, 0).
  const Tensor tensor = Tensor::of({2, 4}, std::vector<float>{0, 3, kNan, 4, 4, 3, kInfinity, 0});
  const std::vector<ChannelStatistics> channels = channel_statistics(tensor, -1);
  using Order = std::vector<std::int64_t>;
  EXPECT_EQ(sorted_channels(channels, ChannelOrder::kMean), (Order{1, 0, 3, 2}));
  EXPECT_EQ(sorted_channels(channels, ChannelOrder::kMaximum), (Order{0, 3, 1, 2}));
  EXPECT_EQ(sorted_channels(channels, ChannelOrder::kVariance), (Order{0, 3, 1, 2}));
  EXPECT_EQ(sorted_channels(channels, ChannelOrder::kZeros), (Order{0, 3, 1, 2}));
  EXPECT_TRUE(sorted_channels({}, ChannelOrder::kMean).empty());
}

TEST(FiniteRange, LeavesOutNanAndInfinityWhereverTheyStand) {
  for (std::size_t count = 2; count < 70; ++count)
    for (std::size_t bad = 0; bad < count; ++bad) {
      std::vector<float> numbers(count);
      for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>((i * 7 + bad) % count) - 3.0f;
      Range expected{kInfinity, -kInfinity, false};
      numbers[bad] = bad % 2 ? kNan : kInfinity;
      for (const float number : numbers)
        if (std::isfinite(number)) {
          expected.minimum = std::min(expected.minimum, number);
          expected.maximum = std::max(expected.maximum, number);
        }
      const Range found = finite_range(numbers);
      EXPECT_EQ(found.minimum, expected.minimum);
      EXPECT_EQ(found.maximum, expected.maximum);
      EXPECT_FALSE(found.all_finite);
      numbers[bad] = 0;
      EXPECT_TRUE(finite_range(numbers).all_finite);
    }
}

TEST(Statistics, OfPartsAreThoseOfTheWhole) {
  Tensor whole({6, 5, 4});
  for (std::int64_t i = 0; i < whole.size(); ++i) whole.mutable_data()[i] = static_cast<float>(i % 7 - 3);
  for (std::int64_t i = 0; i < whole.size(); i += 4) whole.mutable_data()[i] = i == 80 ? NAN : i == 4 ? INFINITY : 0;
  for (std::int64_t i = 1; i < whole.size(); i += 4) whole.mutable_data()[i] = 2;
  for (const int axis : {-1, 1}) {
    RunningStatistics running(axis);
    for (const auto& [first, count] : {std::pair{0, 1}, {1, 3}, {4, 2}}) running.add(whole.items(first, count));
    const Statistics found = running.result(), expected = statistics(whole, axis);
    EXPECT_EQ(found.minimum, expected.minimum);
    EXPECT_EQ(found.maximum, expected.maximum);
    EXPECT_DOUBLE_EQ(found.mean, expected.mean);
    EXPECT_EQ(found.zero_share, expected.zero_share);
    EXPECT_EQ(found.nan_count, 1);
    EXPECT_EQ(found.infinity_count, 1);
    EXPECT_EQ(found.channels, expected.channels);
    EXPECT_EQ(found.constant_channels, axis == -1 ? 1 : 0);
    EXPECT_EQ(found.non_finite_channels, expected.non_finite_channels);
  }
}

TEST(ChannelStatistics, KeepTheirDigitsFarFromZero) {
  Tensor far({100000, 1}), wide({144, 1}), large({144, 1});
  for (std::int64_t i = 0; i < far.size(); ++i) far.mutable_data()[i] = 1e6f + (i % 3 == 0 ? 0.0625f : 0.0f);
  for (std::int64_t i = 0; i < wide.size(); ++i) {
    wide.mutable_data()[i] = i % 2 == 0 ? 3e38f : -3e38f;
    large.mutable_data()[i] = 3e38f;
  }
  const ChannelStatistics of_far = channel_statistics(far, 1)[0];
  EXPECT_NEAR(of_far.mean, 1e6 + 0.0625 * 33334 / 100000, 1e-6);
  EXPECT_NEAR(of_far.variance, 0.0625 * 0.0625 * 0.33334 * 0.66666, 1e-9);
  EXPECT_EQ(channel_statistics(wide, 1)[0].mean, 0);
  EXPECT_NEAR(channel_statistics(wide, 1)[0].variance, 9e76, 1e70);
  EXPECT_FLOAT_EQ(static_cast<float>(statistics(large, 1).mean), 3e38f);
  EXPECT_EQ(statistics(wide, 1).mean, 0);
}

}  // namespace
}  // namespace kerascope
