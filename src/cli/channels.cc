#include "cli/channels.h"

#include "base/check.h"
#include "base/text.h"

namespace kerascope::cli {
namespace {

const std::map<std::string, ChannelOrder> kOrders = {{"mean", ChannelOrder::kMean},
                                                     {"max", ChannelOrder::kMaximum},
                                                     {"variance", ChannelOrder::kVariance},
                                                     {"zeros", ChannelOrder::kZeros}};

struct ByChannel {
  Tensor tensor;
  int axis;
};

/// The axis is counted from the end, so that a batch axis does not matter.
ByChannel by_channel(const Tensor& tensor, const std::string& axes) {
  const auto role = axes.find('C');
  if (role == axes.npos) return {tensor.reshaped({tensor.size(), 1}), 1};
  return {tensor, static_cast<int>(role) - static_cast<int>(axes.size())};
}

std::string count_of(std::int64_t count, std::int64_t all) { return fmt::format("{} of {}", count, all); }

}  // namespace

void add_sort_option(CLI::App& command, Request& request) {
  command
      .add_option("--sort", request.sort,
                  "the order of the channels, largest first: mean, max, variance, or zeros (their share)")
      ->check(CLI::IsMember({"mean", "max", "variance", "zeros"}));
}

Statistics statistics_by_role(const Tensor& tensor, const std::string& axes) {
  const auto [same, axis] = by_channel(tensor, axes);
  return statistics(same, axis);
}

void add_by_role(std::map<std::string, RunningStatistics>& statistics, const Activation& activation) {
  const auto [same, axis] = by_channel(activation.tensor, activation.axes);
  statistics.try_emplace(activation.address, axis).first->second.add(same);
}

std::vector<ChannelStatistics> channels_by_role(const Tensor& tensor, const std::string& axes) {
  const auto [same, axis] = by_channel(tensor, axes);
  return channel_statistics(same, axis);
}

std::vector<std::int64_t> channel_order(const Request& request, const Tensor& sample, const std::string& axes) {
  if (request.sort.empty() || axes.find('C') == axes.npos) return {};
  return sorted_channels(channels_by_role(sample, axes), kOrders.at(request.sort));
}

std::string channel_text(const Statistics& statistics) {
  const auto& [constant, dead] = std::pair(statistics.constant_channels, statistics.dead_channels);
  std::vector<std::string> parts;
  if (constant > 0)
    parts.push_back(count_of(constant, statistics.channels) + " constant" +
                    (dead == 0          ? ""
                     : dead == constant ? " (dead)"
                                        : fmt::format(" ({} dead)", dead)));
  if (statistics.non_finite_channels > 0)
    parts.push_back(count_of(statistics.non_finite_channels, statistics.channels) +
                    (statistics.infinity_count == 0 ? " with NaN"
                     : statistics.nan_count == 0    ? " with infinity"
                                                    : " with NaN or infinity"));
  return text::join(parts, ", ");
}

std::string order_text(const Request& request, const std::vector<std::int64_t>& order) {
  constexpr std::size_t kShown = 8;
  std::vector<std::string> first;
  for (std::size_t i = 0; i < std::min(order.size(), kShown); ++i) first.push_back(std::to_string(order[i]));
  return fmt::format("by {}: {}{}", request.sort, text::join(first, ", "), order.size() > kShown ? ", .." : "");
}

Json channel_json(const Statistics& statistics) {
  return {{"channels", statistics.channels},
          {"constant_channels", statistics.constant_channels},
          {"dead_channels", statistics.dead_channels},
          {"non_finite_channels", statistics.non_finite_channels},
          {"nan", statistics.nan_count},
          {"infinite", statistics.infinity_count}};
}

}  // namespace kerascope::cli
