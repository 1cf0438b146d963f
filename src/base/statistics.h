// Statistics per channel, also of tensors that arrive in parts.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kerascope/statistics.h"

namespace kerascope {

/// The numbers of a tensor of any type as float32; NaN for texts.
Tensor numbers_of(const Tensor& tensor);

/// One pass over a tensor of any rank, with or without its batch axis, on all threads.
/// @param channel_axis  counts from the end if negative; a channel spans all other axes. A scalar has one channel.
Statistics statistics(const Tensor& tensor, int channel_axis);

/// The same for a tensor that arrives in parts along its first axis, which must not be the channel axis.
class RunningStatistics {
 public:
  explicit RunningStatistics(int channel_axis) : channel_axis_(channel_axis) {}
  void add(const Tensor& part);
  Statistics result() const;

  /// Statistics of one channel: of its finite numbers, and how many are zero or finite.
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

std::vector<ChannelStatistics> channel_statistics(const Tensor& tensor, int channel_axis);

/// A tensor, with or without its batch axis, and its channel axis, counted from the end.
struct ByChannel {
  Tensor tensor;
  int axis;
};
/// @param axes  without C all numbers are one channel
ByChannel by_channel(const Tensor& tensor, const std::string& axes);

struct Range {
  float minimum = 0, maximum = 0;  ///< of the finite numbers; NaN if there is none
  bool all_finite = true;
};
Range finite_range(std::span<const float> numbers);

}  // namespace kerascope
