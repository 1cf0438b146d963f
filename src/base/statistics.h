// What a layer's output looks like in numbers, channel by channel and as a whole.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kerascope/tensor.h"

namespace kerascope {

struct Statistics {
  float minimum = 0, maximum = 0;  ///< over the finite numbers, as the mean is; all NaN where there is none
  double mean = 0;
  double zero_share = 0;  ///< zeros (of either sign) among all numbers; 0 for an empty tensor
  std::int64_t nan_count = 0, infinity_count = 0;
  std::int64_t constant_channels = 0;  ///< channels of finite numbers that are all equal; 0 if a channel is one number
  std::int64_t dead_channels = 0;      ///< those of the constant ones that are 0 everywhere
  std::int64_t non_finite_channels = 0;  ///< channels with a NaN or an infinity
  std::int64_t channels = 0;
};

/// One pass over a tensor of any rank, with or without its batch axis, on all threads.
/// @param channel_axis  counts from the end if negative; a channel spans all other axes. A scalar has one channel.
Statistics statistics(const Tensor& tensor, int channel_axis);

/// The same of a tensor that comes in parts along its first axis, which is not that of the channels.
class RunningStatistics {
 public:
  explicit RunningStatistics(int channel_axis) : channel_axis_(channel_axis) {}
  void add(const Tensor& part);
  Statistics result() const;

  /// Of one channel: its finite numbers, and how many are zero or finite.
  struct Channel {
    float low = std::numeric_limits<float>::infinity(), high = -low;
    double sum = 0;
    std::int64_t zeros = 0, finite = 0;
    void add(const Channel& other);
  };

 private:
  int channel_axis_;
  std::vector<Channel> channels_;
  std::int64_t size_ = 0, nan_count_ = 0;
};

struct ChannelStatistics {
  float minimum = 0, maximum = 0;  ///< over the finite numbers, as mean and variance are; all NaN where there is none
  double mean = 0;
  double variance = 0;  ///< the mean square distance from the mean
  double zero_share = 0;
};

/// Two passes, so that the variance keeps its digits however far the mean lies from zero.
std::vector<ChannelStatistics> channel_statistics(const Tensor& tensor, int channel_axis);

enum class ChannelOrder { kMean, kMaximum, kVariance, kZeros };
/// The channels' indices, largest first (most zeros first); equal ones as they stand, those without a finite number
/// last.
std::vector<std::int64_t> sorted_channels(std::span<const ChannelStatistics> channels, ChannelOrder order);

struct Range {
  float minimum = 0, maximum = 0;  ///< over the finite numbers; NaN where there is none
  bool all_finite = true;
};
Range finite_range(std::span<const float> numbers);

}  // namespace kerascope
