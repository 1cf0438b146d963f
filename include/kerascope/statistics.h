// What a layer's output looks like in numbers, channel by channel and as a whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/export.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// Of all numbers. A channel is all numbers of one place on the axis C; without that axis all are one channel.
struct Statistics {
  float minimum = 0, maximum = 0;  ///< over the finite numbers, as the mean is; all NaN where there is none
  double mean = 0;                 ///< in the layer's own units, to some 7 digits
  double zero_share = 0;           ///< zeros (of either sign) among all numbers, 0 to 1; 0 for an empty tensor
  std::int64_t nan_count = 0, infinity_count = 0;  ///< how many numbers
  std::int64_t constant_channels = 0;  ///< channels of finite numbers that are all equal; 0 if a channel is one number
  std::int64_t dead_channels = 0;      ///< those of the constant ones that are 0 everywhere
  std::int64_t non_finite_channels = 0;  ///< channels with a NaN or an infinity
  std::int64_t channels = 0;             ///< how many there are
  /// Which channels these counts mean, rising.
  std::vector<std::int64_t> constant_indices = {}, dead_indices = {}, non_finite_indices = {};
};

/// The numbers of a tensor summed up, in one pass on all threads.
///
///     const ks::Statistics numbers = ks::statistics(seen["conv2"]);
///     std::cout << numbers.minimum << " .. " << numbers.maximum << ", " << numbers.dead_channels << " dead";
///
/// @param tensor  of any rank, with or without its batch axis
/// @param axes    as an Activation's: one letter an axis but the batch's
/// @throws Error{axes-invalid} where they are not those of the tensor
KERASCOPE_API Statistics statistics(const Tensor& tensor, const std::string& axes);
inline Statistics statistics(const Activation& activation) { return statistics(activation.tensor, activation.axes); }
/// The same of a tensor whose last axis has the channels, as a function gives it. @throws Error{axes-invalid} for
/// Tensor()
KERASCOPE_API Statistics statistics(const Tensor& tensor);

/// Of one channel, over the whole batch.
struct ChannelStatistics {
  float minimum = 0, maximum = 0;  ///< over the finite numbers, as mean and variance are; all NaN where there is none
  double mean = 0;                 ///< in the layer's own units
  double variance = 0;             ///< the mean square distance from the mean
  double zero_share = 0;           ///< zeros among all numbers of the channel, 0 to 1
};

/// One for each channel, in two passes, so that the variance keeps its digits however far the mean lies from zero.
///
///     const std::vector<ks::ChannelStatistics> channels = ks::channel_statistics(seen["conv2"]);
///     const auto strongest = ks::sorted_channels(channels, ks::ChannelOrder::kMaximum);
///     ks::write_png("sorted.png", ks::grid(seen["conv2"], {.channels = strongest}));
///
/// @param tensor, axes  as statistics() takes them
/// @throws Error{axes-invalid}
KERASCOPE_API std::vector<ChannelStatistics> channel_statistics(const Tensor& tensor, const std::string& axes);
inline std::vector<ChannelStatistics> channel_statistics(const Activation& activation) {
  return channel_statistics(activation.tensor, activation.axes);
}
/// The same of a tensor whose last axis has the channels. @throws Error{axes-invalid} for Tensor()
KERASCOPE_API std::vector<ChannelStatistics> channel_statistics(const Tensor& tensor);

/// By which of a channel's numbers; the largest, and most zeros, come first.
enum class ChannelOrder { kMean, kMaximum, kVariance, kZeros };
/// The channels' indices in an order, as GridOptions::channels takes them; equal ones as they stand, those without a
/// finite number last.
KERASCOPE_API std::vector<std::int64_t> sorted_channels(std::span<const ChannelStatistics> channels,
                                                        ChannelOrder order);

}  // namespace kerascope
