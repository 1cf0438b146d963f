#include "cli/channels.h"

#include <algorithm>
#include <iterator>

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

std::optional<ChannelOrder> channel_order(const Request& request) {
  return request.sort.empty() ? std::nullopt : std::optional(kOrders.at(request.sort));
}

std::string order_text(const Request& request, const std::vector<std::int64_t>& order) {
  constexpr std::size_t kShown = 8;
  std::vector<std::string> first;
  for (std::size_t i = 0; i < std::min(order.size(), kShown); ++i) first.push_back(std::to_string(order[i]));
  return fmt::format("by {}: {}{}", request.sort, text::join(first, ", "), order.size() > kShown ? ", .." : "");
}

std::string ranges_text(const std::vector<std::int64_t>& rising) {
  constexpr std::size_t kMostRanges = 12;
  std::vector<std::string> ranges;
  std::size_t at = 0;
  while (at < rising.size() && ranges.size() < kMostRanges) {
    std::size_t last = at;
    while (last + 1 < rising.size() && rising[last + 1] == rising[last] + 1) ++last;
    if (last < at + 2) last = at;  // write only two neighbours as two numbers
    ranges.push_back(last == at ? std::to_string(rising[at]) : fmt::format("{}-{}", rising[at], rising[last]));
    at = last + 1;
  }
  if (at < rising.size()) ranges.push_back(fmt::format(".. {} more", rising.size() - at));
  return text::join(ranges, ", ");
}

std::string channels_text(const Statistics& statistics) {
  std::vector<std::string> parts;
  const auto tell = [&](const std::vector<std::int64_t>& which, const char* what) {
    if (which.empty()) return;
    const std::string indices = statistics.channels > 1 ? ": " + ranges_text(which) : "";
    parts.push_back(fmt::format("{} of {} {}{}", which.size(), statistics.channels, what, indices));
  };
  std::vector<std::int64_t> alive;
  std::ranges::set_difference(statistics.constant_indices, statistics.dead_indices, std::back_inserter(alive));
  tell(statistics.dead_indices, "dead");
  tell(alive, "constant");
  tell(statistics.non_finite_indices, statistics.infinity_count == 0 ? "with NaN"
                                      : statistics.nan_count == 0    ? "with infinity"
                                                                     : "with NaN or infinity");
  return text::join(parts, "; ");
}

Json channel_json(const Statistics& statistics) {
  return {{"channels", statistics.channels},
          {"constant_channels", statistics.constant_channels},
          {"dead_channels", statistics.dead_channels},
          {"non_finite_channels", statistics.non_finite_channels},
          {"constant_indices", statistics.constant_indices},
          {"dead_indices", statistics.dead_indices},
          {"non_finite_indices", statistics.non_finite_indices},
          {"nan", statistics.nan_count},
          {"infinite", statistics.infinity_count}};
}

}  // namespace kerascope::cli
