#include "base/statistics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "base/parallel.h"

namespace kerascope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kGrain = 1 << 16;  // numbers that are worth a thread

// Neighbouring numbers, explicitly: plain loops over float comparisons are not vectorised, as a NaN might trap.
constexpr std::int64_t kPackWidth = 4;
using Floats [[gnu::vector_size(kPackWidth * sizeof(float))]] = float;
using Ints [[gnu::vector_size(kPackWidth * sizeof(float))]] = std::int32_t;

// What is known of a few lanes of numbers.
struct Pack {
  Floats low = Floats{} + kInfinity, high = Floats{} - kInfinity, sum = {};
  Ints zeros = {}, finite = {};

  void add(const float* numbers) {
    Floats number;
    std::memcpy(&number, numbers, sizeof number);
    const Floats finite_or_nan = number + (number - number);
    const Ints is_finite = finite_or_nan == finite_or_nan;  // -1 where true
    low = finite_or_nan < low ? finite_or_nan : low;
    high = finite_or_nan > high ? finite_or_nan : high;
    sum += reinterpret_cast<Floats>(is_finite & reinterpret_cast<Ints>(number));
    finite -= is_finite;
    zeros -= number == 0;
  }
};

// What is known of one channel, merged from lanes, planes and threads.
struct Channel {
  float low = kInfinity, high = -kInfinity;
  double sum = 0;
  std::int64_t zeros = 0, finite = 0;

  void add(const Channel& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    sum += other.sum;
    zeros += other.zeros;
    finite += other.finite;
  }
};

// Empties the packs into the channels; lane l belongs to channel l % channels.size().
void drain(std::span<Pack> packs, std::span<Channel> channels) {
  std::size_t channel = 0;
  for (Pack& pack : packs) {
    for (int lane = 0; lane < kPackWidth; ++lane) {
      channels[channel].add({pack.low[lane], pack.high[lane], pack.sum[lane], pack.zeros[lane], pack.finite[lane]});
      if (++channel == channels.size()) channel = 0;
    }
    pack = {};
  }
}

// Numbers whose channel changes fastest: position i belongs to channel i % channels.size(). They are read as rows as
// long as the packs' lanes, whose count is a multiple of the channels'.
void scan(std::span<const float> numbers, std::span<Pack> packs, std::span<Channel> channels) {
  const std::int64_t count = static_cast<std::int64_t>(numbers.size());
  const std::int64_t row_size = static_cast<std::int64_t>(packs.size()) * kPackWidth;
  std::int64_t at = 0, rows_since_drain = 0;
  while (count - at >= row_size) {
    const std::int64_t rows = std::min<std::int64_t>(8, (count - at) / row_size);
    const float* column = numbers.data() + at;
    for (Pack& pack : packs) {
      Pack local = pack;
      local.sum = Floats{};  // sums of sums lose fewer digits
      for (std::int64_t row = 0; row < rows; ++row) local.add(column + row * row_size);
      local.sum += pack.sum;
      pack = local;
      column += kPackWidth;
    }
    at += rows * row_size;
    rows_since_drain += rows;
    if (rows_since_drain >= 64) {
      drain(packs, channels);
      rows_since_drain = 0;
    }
  }
  drain(packs, channels);
  for (std::size_t channel = 0; at < count; ++at) {
    const float number = numbers[static_cast<std::size_t>(at)];
    if (std::isfinite(number)) channels[channel].add({number, number, number, number == 0, 1});
    if (++channel == channels.size()) channel = 0;
  }
}

}  // namespace

Range finite_range(std::span<const float> numbers) {
  Channel all;
  std::array<Pack, 4> packs;
  scan(numbers, packs, {&all, 1});
  const bool all_finite = all.finite == static_cast<std::int64_t>(numbers.size());
  if (all.finite == 0) return {kNan, kNan, all_finite};
  return {all.low, all.high, all_finite};
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
          // As many packs as hold each channel equally often, and some more where that is few.
          const std::int64_t least = channel_count / std::gcd(channel_count, kPackWidth);
          std::vector<Pack> packs(static_cast<std::size_t>(least * ((least + 7) / least)));
          scan(numbers_of(begin, end), packs, mine);
        } else {
          std::array<Pack, 8> packs;
          for (std::int64_t plane = begin; plane < end; ++plane)
            scan(numbers_of(plane, plane + 1), packs, {&mine[static_cast<std::size_t>(plane % channel_count)], 1});
        }
      });
  for (const std::vector<Channel>& part : of_thread)
    for (std::size_t channel = 0; channel < part.size(); ++channel) channels[channel].add(part[channel]);

  Statistics result{.channels = channel_count};
  Channel all;
  for (const Channel& channel : channels) {
    all.add(channel);
    result.constant_channels += outer * inner > 1 && channel.finite == outer * inner && channel.low == channel.high;
  }
  if (all.finite < tensor.size()) {
    for (const float number : tensor.numbers()) result.nan_count += std::isnan(number);
    result.infinity_count = tensor.size() - all.finite - result.nan_count;
  }
  result.minimum = all.finite ? all.low : kNan;
  result.maximum = all.finite ? all.high : kNan;
  result.mean = all.finite ? all.sum / static_cast<double>(all.finite) : kNan;
  result.zero_share = tensor.size() ? static_cast<double>(all.zeros) / static_cast<double>(tensor.size()) : 0;
  return result;
}

}  // namespace kerascope
