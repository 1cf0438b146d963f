// How the commands describe a layer's channels: constant, dead or non-finite ones, and their order by --sort.
#pragma once

#include <map>

#include "base/statistics.h"
#include "cli/request.h"
#include "render/seen_layer.h"

namespace kerascope::cli {

void add_sort_option(CLI::App& command, Request& request);

/// Adds a part of an output to the statistics of its address.
void add_by_role(std::map<std::string, RunningStatistics>& statistics, const Activation& activation);

/// --sort; nothing without it.
std::optional<ChannelOrder> channel_order(const Request& request);

/// "by max: 17, 3, 41, .."
std::string order_text(const Request& request, const std::vector<std::int64_t>& order);
/// "3, 7, 12-15"; after a dozen numbers and ranges: ".., 40 more".
std::string ranges_text(const std::vector<std::int64_t>& rising);
/// Which channels are dead, constant at another number, or not finite: "5 of 64 dead: 3, 12-15"; empty if none is.
std::string channels_text(const Statistics& statistics);
/// channels, constant_channels, dead_channels, non_finite_channels, nan, infinite; and the indices of the channels in
/// the counts, as constant_indices and so on.
Json channel_json(const Statistics& statistics);

}  // namespace kerascope::cli
