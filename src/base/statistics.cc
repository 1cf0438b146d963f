#include "base/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"

namespace kerascope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kLanes = 64;
constexpr std::int64_t kGrain = 1 << 16;  // numbers that are worth a thread

// Numbers are read as rows of lanes, so that the inner loops run over lanes and can be vectorised.
struct Lanes {
  explicit Lanes(std::int64_t count)
      : low(static_cast<std::size_t>(count), kInfinity),
        high(low.size(), -kInfinity),
        partial_sum(low.size()),
        zeros(low.size()),
        not_finite(low.size()) {}

  std::vector<float> low, high, partial_sum;
  std::vector<std::int32_t> zeros, not_finite;
};

// What is known of one channel, merged from lanes, planes and threads.
struct Channel {
  float low = kInfinity, high = -kInfinity;
  double sum = 0;
  std::int64_t zeros = 0, not_finite = 0;

  void add(const Channel& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    sum += other.sum;
    zeros += other.zeros;
    not_finite += other.not_finite;
  }
};

// Several rows at a time: the lanes are loaded and stored once for them, and their sum is exacter.
template <int kRows>
void add_rows(const float* numbers, std::int64_t lane_count, std::int64_t stride, Lanes& lanes) {
  float* low = lanes.low.data();
  float* high = lanes.high.data();
  float* partial_sum = lanes.partial_sum.data();
  std::int32_t* zeros = lanes.zeros.data();
  std::int32_t* not_finite = lanes.not_finite.data();
  for (std::int64_t lane = 0; lane < lane_count; ++lane) {
    float least = low[lane], most = high[lane], sum = 0;
    std::int32_t zero_count = 0, not_finite_count = 0;
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
      const float number = numbers[row * stride + lane];
      const bool finite = std::fabs(number) <= kLargest;
      const float as_low = finite ? number : kInfinity, as_high = finite ? number : -kInfinity;
      least = as_low < least ? as_low : least;
      most = as_high > most ? as_high : most;
      sum += finite ? number : 0.0f;
      zero_count += number == 0.0f;
      not_finite_count += !finite;
    }
    low[lane] = least;
    high[lane] = most;
    partial_sum[lane] += sum;
    zeros[lane] += zero_count;
    not_finite[lane] += not_finite_count;
  }
}

// Empties the lanes into the channels; lane l belongs to channel l % channels.size().
void drain(Lanes& lanes, std::span<Channel> channels) {
  for (std::size_t lane = 0, channel = 0; lane < lanes.low.size(); ++lane) {
    channels[channel].add({.low = std::exchange(lanes.low[lane], kInfinity),
                           .high = std::exchange(lanes.high[lane], -kInfinity),
                           .sum = std::exchange(lanes.partial_sum[lane], 0.0f),
                           .zeros = std::exchange(lanes.zeros[lane], 0),
                           .not_finite = std::exchange(lanes.not_finite[lane], 0)});
    if (++channel == channels.size()) channel = 0;
  }
}

// Numbers whose channel changes fastest: position i belongs to channel i % channels.size().
void scan(std::span<const float> numbers, Lanes& lanes, std::span<Channel> channels) {
  constexpr std::int64_t kRows = 8;
  // Partial sums are float32: they are emptied into double before they lose digits.
  constexpr std::int64_t kRowsBetweenDrains = 256;
  const std::int64_t count = static_cast<std::int64_t>(numbers.size());
  const std::int64_t lane_count = static_cast<std::int64_t>(lanes.low.size());
  const std::int64_t block = kRows * lane_count;
  std::int64_t at = 0, rows = 0;
  for (; at + block <= count; at += block) {
    add_rows<kRows>(numbers.data() + at, lane_count, lane_count, lanes);
    if ((rows += kRows) % kRowsBetweenDrains == 0) drain(lanes, channels);
  }
  for (; at < count; at += lane_count)
    add_rows<1>(numbers.data() + at, std::min(lane_count, count - at), lane_count, lanes);
  drain(lanes, channels);
}

}  // namespace

Range finite_range(std::span<const float> numbers) {
  constexpr std::size_t kWidth = 16;
  std::array<float, kWidth> low, high;
  low.fill(kInfinity);
  high.fill(-kInfinity);
  std::array<std::int32_t, kWidth> not_finite{};
  const auto add = [&](std::size_t at, std::size_t lane) {
    const float number = numbers[at];
    const bool finite = std::fabs(number) <= kLargest;
    const float as_low = finite ? number : kInfinity, as_high = finite ? number : -kInfinity;
    low[lane] = as_low < low[lane] ? as_low : low[lane];
    high[lane] = as_high > high[lane] ? as_high : high[lane];
    not_finite[lane] |= !finite;
  };
  std::size_t at = 0;
  for (; at + kWidth <= numbers.size(); at += kWidth)
    for (std::size_t lane = 0; lane < kWidth; ++lane) add(at + lane, lane);
  for (; at < numbers.size(); ++at) add(at, 0);
  const float least = *std::min_element(low.begin(), low.end()), most = *std::max_element(high.begin(), high.end());
  const bool all_finite = std::none_of(not_finite.begin(), not_finite.end(), [](auto bad) { return bad != 0; });
  if (least > most) return {kNan, kNan, all_finite};
  return {least, most, all_finite};
}

Statistics statistics(const Tensor& tensor, int channel_axis) {
  const Shape& shape = tensor.shape();
  const int axis = channel_axis < 0 ? channel_axis + shape.rank() : channel_axis;
  KERASCOPE_CHECK(shape.rank() == 0 || (axis >= 0 && axis < shape.rank()));
  const std::int64_t channel_count = shape.rank() ? shape[axis] : 1;
  const std::int64_t outer = shape.rank() ? shape.elements(0, axis) : 1;
  const std::int64_t inner = shape.rank() ? shape.elements(axis + 1, shape.rank()) : 1;

  std::vector<Channel> channels(static_cast<std::size_t>(channel_count));
  std::vector<std::vector<Channel>> of_thread(static_cast<std::size_t>(thread_count()));
  const bool channels_last = inner == 1;
  const std::int64_t items = channels_last ? outer : outer * channel_count;
  const std::int64_t item_size = channels_last ? channel_count : inner;
  parallel_for(
      tensor.size() ? items : 0, kGrain / std::max<std::int64_t>(item_size, 1) + 1,
      [&](std::int64_t begin, std::int64_t end) {
        std::vector<Channel>& mine = of_thread[static_cast<std::size_t>(omp_get_thread_num())];
        mine.resize(channels.size());
        const auto numbers_of = [&](std::int64_t first, std::int64_t last) {
          return std::span(tensor.data() + first * item_size, tensor.data() + last * item_size);
        };
        if (channels_last) {
          Lanes lanes(channel_count * ((kLanes + channel_count - 1) / channel_count));
          scan(numbers_of(begin, end), lanes, mine);
        } else {
          Lanes lanes(kLanes);
          for (std::int64_t plane = begin; plane < end; ++plane)
            scan(numbers_of(plane, plane + 1), lanes, {&mine[static_cast<std::size_t>(plane % channel_count)], 1});
        }
      });
  for (const std::vector<Channel>& part : of_thread)
    for (std::size_t channel = 0; channel < part.size(); ++channel) channels[channel].add(part[channel]);

  Statistics result{.channels = channel_count};
  Channel all;
  for (const Channel& channel : channels) {
    all.add(channel);
    result.constant_channels += outer * inner > 1 && channel.not_finite == 0 && channel.low == channel.high;
  }
  if (all.not_finite > 0) {
    for (const float number : tensor.numbers()) result.nan_count += std::isnan(number);
    result.infinity_count = all.not_finite - result.nan_count;
  }
  const std::int64_t finite = tensor.size() - all.not_finite;
  result.minimum = finite ? all.low : kNan;
  result.maximum = finite ? all.high : kNan;
  result.mean = finite ? all.sum / static_cast<double>(finite) : kNan;
  result.zero_share = tensor.size() ? static_cast<double>(all.zeros) / static_cast<double>(tensor.size()) : 0;
  return result;
}

}  // namespace kerascope
