#include "cli/channels.h"

#include "base/check.h"
#include "base/text.h"

namespace kerascope::cli {
namespace {

const std::map<std::string, ChannelOrder> kOrders = {{"mean", ChannelOrder::kMean},
                                                     {"max", ChannelOrder::kMaximum},
                                                     {"variance", ChannelOrder::kVariance},
                                                     {"zeros", ChannelOrder::kZeros}};

}  // namespace

void add_sort_option(CLI::App& command, Request& request) {
  command
      .add_option("--sort", request.sort,
                  "the order of the channels, largest first: mean, max, variance, or zeros (their share)")
      ->check(CLI::IsMember({"mean", "max", "variance", "zeros"}));
}

void add_by_role(std::map<std::string, RunningStatistics>& statistics, const Activation& activation) {
  const auto [same, axis] = by_channel(activation.tensor, activation.axes);
  statistics.try_emplace(activation.address, axis).first->second.add(same);
}

std::vector<std::int64_t> channel_order(const Request& request, const Tensor& sample, const std::string& axes) {
  if (request.sort.empty() || axes.find('C') == axes.npos) return {};
  return sorted_channels(channel_statistics(sample, axes), kOrders.at(request.sort));
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
