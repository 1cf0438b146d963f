#include "base/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/simd.h"
#include "kerascope/error.h"

namespace kerascope {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kGrain = 1 << 16;  // as many numbers make another thread worthwhile

// Explicit vectors: the compiler does not vectorise plain loops over float comparisons, as a NaN might trap.
constexpr std::int64_t kPackWidth = 4;
using Floats [[gnu::vector_size(kPackWidth * sizeof(float))]] = float;
using Ints [[gnu::vector_size(kPackWidth * sizeof(float))]] = std::int32_t;

// Running statistics of a few SIMD lanes of numbers.
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

using Channel = RunningStatistics::Channel;

// Adds the packs to the channels and clears them; lane l belongs to channel l % channels.size().
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

// Reads numbers with the channels last: number i belongs to channel i % channels.size(). They are read in rows of all
// the packs' lanes, whose count is a multiple of the number of channels.
void scan(std::span<const float> numbers, std::span<Pack> packs, std::span<Channel> channels) {
  const std::int64_t count = static_cast<std::int64_t>(numbers.size());
  const std::int64_t row_size = static_cast<std::int64_t>(packs.size()) * kPackWidth;
  std::int64_t at = 0, rows_since_drain = 0;
  while (count - at >= row_size) {
    const std::int64_t rows = std::min<std::int64_t>(8, (count - at) / row_size);
    const float* column = numbers.data() + at;
    for (Pack& pack : packs) {
      Pack local = pack;
      local.sum = Floats{};  // adding partial sums loses fewer digits
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

namespace {

/// A tensor as (outer, channels, inner), split into items that a thread reads one after the other: rows of all channels
/// if the channels are last, otherwise planes of one channel.
struct Layout {
  std::int64_t outer = 1, channels = 1, inner = 1;

  Layout(const Shape& shape, int channel_axis) {
    if (shape.rank() == 0) return;
    const int axis = channel_axis < 0 ? channel_axis + shape.rank() : channel_axis;
    KERASCOPE_CHECK(axis >= 0 && axis < shape.rank());
    outer = shape.elements(0, axis);
    channels = shape[axis];
    inner = shape.elements(axis + 1, shape.rank());
  }
  bool is_channels_last() const { return inner == 1; }
  std::int64_t channel_size() const { return outer * inner; }
  std::int64_t items() const { return is_channels_last() ? outer : outer * channels; }
  std::int64_t item_size() const { return is_channels_last() ? channels : inner; }
};

/// Calls read(begin, end, channels) on disjoint parts of the items, each with its own PerChannel per channel; returns
/// these of all parts.
template <typename PerChannel, typename Read>
std::vector<std::vector<PerChannel>> read_items(const Layout& layout, const Read& read) {
  std::vector<std::vector<PerChannel>> of_part(static_cast<std::size_t>(thread_count()));
  if (layout.channels == 0 || layout.channel_size() == 0) return of_part;
  parallel_for(layout.items(), kGrain / layout.item_size() + 1,
               [&](std::int64_t begin, std::int64_t end, std::size_t part) {
                 std::vector<PerChannel>& mine = of_part[part];
                 mine.resize(static_cast<std::size_t>(layout.channels));
                 read(begin, end, mine);
               });
  return of_part;
}

/// Sums in double, for finite numbers whose sums overflow a float.
void add_exactly(const Tensor& tensor, const Layout& layout, std::vector<Channel>& channels) {
  for (Channel& channel : channels) channel.sum = 0;
  for (std::int64_t i = 0; i < tensor.size(); ++i)
    if (const float number = tensor.data()[i]; std::isfinite(number))
      channels[static_cast<std::size_t>(i / layout.inner % layout.channels)].sum += number;
}

std::vector<Channel> channels_of(const Tensor& tensor, const Layout& layout) {
  const auto numbers_of = [&](std::int64_t first, std::int64_t last) {
    return std::span(tensor.data() + first * layout.item_size(), tensor.data() + last * layout.item_size());
  };
  const auto read = [&](std::int64_t begin, std::int64_t end, std::vector<Channel>& mine) {
    if (layout.is_channels_last()) {
      // So many packs that each channel has equally many lanes; if these are few packs, a multiple of them.
      const std::int64_t least = layout.channels / std::gcd(layout.channels, kPackWidth);
      std::vector<Pack> packs(static_cast<std::size_t>(least * ((least + 7) / least)));
      scan(numbers_of(begin, end), packs, mine);
    } else {
      std::array<Pack, 8> packs;
      for (std::int64_t plane = begin; plane < end; ++plane)
        scan(numbers_of(plane, plane + 1), packs, {&mine[static_cast<std::size_t>(plane % layout.channels)], 1});
    }
  };
  std::vector<Channel> channels(static_cast<std::size_t>(layout.channels));
  for (const std::vector<Channel>& part : read_items<Channel>(layout, read))
    for (std::size_t channel = 0; channel < part.size(); ++channel) channels[channel].add(part[channel]);
  if (!std::ranges::all_of(channels, [](const Channel& channel) { return std::isfinite(channel.sum); }))
    add_exactly(tensor, layout, channels);
  return channels;
}

/// number - mean; 0 for NaN and infinity.
double distance(float number, double mean) { return number - number == 0 ? number - mean : 0; }

/// Sums over a channel.
struct Distances {
  double plain = 0, squared = 0;
};

}  // namespace

void RunningStatistics::Channel::add(const Channel& other) {
  low = std::min(low, other.low);
  high = std::max(high, other.high);
  sum += other.sum;
  zeros += other.zeros;
  finite += other.finite;
}

void RunningStatistics::add(const Tensor& given) {
  const Tensor part = numbers_of(given);
  const std::vector<Channel> read = channels_of(part, Layout(part.shape(), channel_axis_));
  channels_.resize(read.size());
  std::int64_t finite = 0;
  for (std::size_t channel = 0; channel < read.size(); ++channel) {
    channels_[channel].add(read[channel]);
    finite += read[channel].finite;
  }
  size_ += part.size();
  if (finite < part.size())
    for (const float number : part.numbers()) nan_count_ += std::isnan(number);
}

Statistics RunningStatistics::result() const {
  Statistics result{.nan_count = nan_count_, .channels = static_cast<std::int64_t>(channels_.size())};
  const std::int64_t channel_size = channels_.empty() ? 0 : size_ / result.channels;
  Channel all;
  for (std::int64_t i = 0; i < result.channels; ++i) {
    const Channel& channel = channels_[static_cast<std::size_t>(i)];
    all.add(channel);
    const bool is_finite = channel.finite == channel_size;
    const bool is_constant = is_finite && channel_size > 1 && channel.low == channel.high;
    if (is_constant) result.constant_indices.push_back(i);
    if (is_constant && channel.low == 0) result.dead_indices.push_back(i);
    if (!is_finite) result.non_finite_indices.push_back(i);
  }
  const auto count = [](const std::vector<std::int64_t>& indices) { return static_cast<std::int64_t>(indices.size()); };
  result.constant_channels = count(result.constant_indices);
  result.dead_channels = count(result.dead_indices);
  result.non_finite_channels = count(result.non_finite_indices);
  result.infinity_count = size_ - all.finite - nan_count_;
  result.minimum = all.finite ? all.low : kNan;
  result.maximum = all.finite ? all.high : kNan;
  result.mean = all.finite ? all.sum / static_cast<double>(all.finite) : kNan;
  result.zero_share = size_ ? static_cast<double>(all.zeros) / static_cast<double>(size_) : 0;
  return result;
}

ByChannel by_channel(const Tensor& tensor, const std::string& axes) {
  const int named = static_cast<int>(axes.size()), rank = tensor.shape().rank();
  if (tensor.empty() || (named != rank && named != rank - 1))
    throw Error({.code = "axes-invalid",
                 .what = fmt::format("the axes '{}' are not those of a tensor of shape {}", axes, tensor.shape().str()),
                 .hint = "one letter an axis, with or without the batch: \"HWC\""});
  const auto role = axes.find('C');
  if (role == axes.npos) return {tensor.reshaped({tensor.size(), 1}), 1};
  return {tensor, static_cast<int>(role) - static_cast<int>(axes.size())};
}

Tensor numbers_of(const Tensor& tensor) {
  if (tensor.dtype() != DType::kString) return tensor.astype(DType::kFloat32);
  // Texts count as what is not a number.
  Tensor none(tensor.shape());
  std::fill_n(none.mutable_data(), none.size(), std::numeric_limits<float>::quiet_NaN());
  return none;
}

Statistics statistics(const Tensor& given, const std::string& axes) try {
  const Tensor tensor = numbers_of(given);
  const auto [same, axis] = by_channel(tensor, axes);
  return statistics(same, axis);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

std::vector<ChannelStatistics> channel_statistics(const Tensor& given, const std::string& axes) try {
  const Tensor tensor = numbers_of(given);
  const auto [same, axis] = by_channel(tensor, axes);
  return channel_statistics(same, axis);
} catch (const std::bad_alloc&) {
  throw want_of_memory();
}

namespace {

/// The roles of a tensor's axes without the batch, with the channels last.
std::string axes_of(const Tensor& tensor) {
  const int rank = tensor.shape().rank();
  return rank < 2 ? "" : std::string(static_cast<std::size_t>(rank - 2), 'D') + "C";
}

}  // namespace

Statistics statistics(const Tensor& tensor) { return statistics(tensor, axes_of(tensor)); }

std::vector<ChannelStatistics> channel_statistics(const Tensor& tensor) {
  return channel_statistics(tensor, axes_of(tensor));
}

Statistics statistics(const Tensor& given, int channel_axis) {
  const Tensor tensor = numbers_of(given);
  RunningStatistics running(channel_axis);
  running.add(tensor);
  return running.result();
}

std::vector<ChannelStatistics> channel_statistics(const Tensor& given, int channel_axis) {
  const Tensor tensor = numbers_of(given);
  const Layout layout(tensor.shape(), channel_axis);
  const std::vector<Channel> channels = channels_of(tensor, layout);
  std::vector<ChannelStatistics> result(channels.size());
  std::vector<double> means(channels.size(), kNan);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    const Channel& channel = channels[c];
    const bool has_any = channel.finite > 0;
    if (has_any) means[c] = channel.sum / static_cast<double>(channel.finite);
    result[c] = {.minimum = has_any ? channel.low : kNan,
                 .maximum = has_any ? channel.high : kNan,
                 .mean = means[c],
                 .variance = has_any ? 0 : kNan,
                 .zero_share = layout.channel_size()
                                   ? static_cast<double>(channel.zeros) / static_cast<double>(layout.channel_size())
                                   : 0};
  }
  const auto read = [&](std::int64_t begin, std::int64_t end, std::vector<Distances>& sums) {
    const std::int64_t size = layout.item_size();
    for (std::int64_t item = begin; item < end; ++item) {
      const float* numbers = tensor.data() + item * size;
      const auto channel = static_cast<std::size_t>(item % layout.channels);
      vectorized([numbers, size, is_row = layout.is_channels_last(), to = sums.data(), of = means.data(), channel] {
        if (is_row) {
          for (std::int64_t c = 0; c < size; ++c) {
            const double from_mean = distance(numbers[c], of[c]);
            to[c].plain += from_mean;
            to[c].squared += from_mean * from_mean;
          }
        } else {
          double plain = 0, squared = 0;
          const double mean = of[channel];
#pragma omp simd reduction(+ : plain, squared)
          for (std::int64_t i = 0; i < size; ++i) {
            const double from_mean = distance(numbers[i], mean);
            plain += from_mean;
            squared += from_mean * from_mean;
          }
          to[channel].plain += plain;
          to[channel].squared += squared;
        }
      });
    }
  };
  std::vector<Distances> sums(channels.size());
  for (const std::vector<Distances>& part : read_items<Distances>(layout, read))
    for (std::size_t c = 0; c < part.size(); ++c) {
      sums[c].plain += part[c].plain;
      sums[c].squared += part[c].squared;
    }
  // The means came from sums of floats; now their error is known and can be corrected.
  for (std::size_t c = 0; c < channels.size(); ++c)
    if (const auto count = static_cast<double>(channels[c].finite); count > 0) {
      const double off = sums[c].plain / count;
      result[c].mean += off;
      result[c].variance = std::max(sums[c].squared / count - off * off, 0.0);
    }
  return result;
}

std::vector<std::int64_t> sorted_channels(std::span<const ChannelStatistics> channels, ChannelOrder order) {
  const auto key = [&](std::int64_t index) -> double {
    const ChannelStatistics& channel = channels[static_cast<std::size_t>(index)];
    if (std::isnan(channel.mean)) return -kInfinity;
    switch (order) {
      case ChannelOrder::kMean:
        return channel.mean;
      case ChannelOrder::kMaximum:
        return channel.maximum;
      case ChannelOrder::kVariance:
        return channel.variance;
      case ChannelOrder::kZeros:
        return channel.zero_share;
    }
    return 0;
  };
  std::vector<std::int64_t> indices(channels.size());
  std::iota(indices.begin(), indices.end(), 0);
  std::ranges::stable_sort(indices, std::greater(), key);
  return indices;
}

}  // namespace kerascope
