// Statistics of a layer's output, per channel and as a whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kerascope/activation.h"
#include "kerascope/export.h"
#include "kerascope/tensor.h"

namespace kerascope {

/// Statistics of all numbers. A channel is the numbers at one index of the axis C; without that axis there is one
/// channel.
struct Statistics {
  float minimum = 0, maximum = 0;  ///< of the finite numbers, like the mean; all NaN if there is none
  double mean = 0;                 ///< in the layer's own units, with some 7 correct digits
  double zero_share = 0;           ///< zeros (of either sign) among all numbers, 0 to 1; 0 for an empty tensor
  std::int64_t nan_count = 0, infinity_count = 0;  ///< how many numbers are NaN, infinite
  std::int64_t constant_channels = 0;              ///< channels of equal finite numbers; 0 if a channel is one number
  std::int64_t dead_channels = 0;                  ///< constant channels that are 0 everywhere
  std::int64_t non_finite_channels = 0;            ///< channels with a NaN or an infinity
  std::int64_t channels = 0;                       ///< the number of channels
  /// The indices of the counted channels, in rising order.
  std::vector<std::int64_t> constant_indices = {}, dead_indices = {}, non_finite_indices = {};
};

/// Statistics of a tensor, in one pass on all threads.
///
///     const ks::Statistics numbers = ks::statistics(seen["conv2"]);
///     std::cout << numbers.minimum << " .. " << numbers.maximum << ", " << numbers.dead_channels << " dead";
///
/// @param tensor  of any rank, with or without its batch axis
/// @param axes    as in Activation: one letter per axis except the batch's
/// @throws Error{axes-invalid} if they do not match the tensor
KERASCOPE_API Statistics statistics(const Tensor& tensor, const std::string& axes);
inline Statistics statistics(const Activation& activation) { return statistics(activation.tensor, activation.axes); }
/// The same for a tensor with the channels last, such as a function's result. @throws Error{axes-invalid} for Tensor()
KERASCOPE_API Statistics statistics(const Tensor& tensor);

/// Statistics of one channel, over the whole batch.
struct ChannelStatistics {
  float minimum = 0, maximum = 0;  ///< of the finite numbers, like mean and variance; all NaN if there is none
  double mean = 0;                 ///< in the layer's own units
  double variance = 0;             ///< the mean squared distance from the mean
  double zero_share = 0;           ///< zeros among all numbers of the channel, 0 to 1
};

/// Statistics of each channel, in two passes, so that the variance is accurate even if the mean is far from zero.
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
/// The same for a tensor with the channels last. @throws Error{axes-invalid} for Tensor()
KERASCOPE_API std::vector<ChannelStatistics> channel_statistics(const Tensor& tensor);

/// What channels are sorted by; the largest value, or the most zeros, comes first.
enum class ChannelOrder { kMean, kMaximum, kVariance, kZeros };
/// The sorted channels' indices, for GridOptions::channels. Equal channels keep their order; channels without a finite
/// number come last.
KERASCOPE_API std::vector<std::int64_t> sorted_channels(std::span<const ChannelStatistics> channels,
                                                        ChannelOrder order);

}  // namespace kerascope
