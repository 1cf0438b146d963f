// What the commands say of a layer's channels: which are constant, dead or no numbers, and their order by --sort.
#pragma once

#include <map>

#include "base/statistics.h"
#include "cli/request.h"
#include "render/seen_layer.h"

namespace kerascope::cli {

void add_sort_option(CLI::App& command, Request& request);

/// Adds a part of an output to the statistics of its address.
void add_by_role(std::map<std::string, RunningStatistics>& statistics, const Activation& activation);

/// As --sort says; empty without it and where there is no axis C.
std::vector<std::int64_t> channel_order(const Request& request, const Tensor& sample, const std::string& axes);

/// "by max: 17, 3, 41, .."
std::string order_text(const Request& request, const std::vector<std::int64_t>& order);
/// channels, constant_channels, dead_channels, non_finite_channels, nan, infinite.
Json channel_json(const Statistics& statistics);

}  // namespace kerascope::cli
