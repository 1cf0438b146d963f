#include "engine/fusion.h"

#include <algorithm>

namespace kerascope {
namespace {

/// Longer rows are not worth being kept in a cache.
constexpr std::int64_t kLongestRow = 64 * 1024;

enum class Fit { kNot, kEpilogue, kStrips };

/// How the stage behind a group can join it.
Fit fit(std::span<const Stage> all, const FusionGroup& group) {
  const auto stages = all.subspan(group.begin, group.end - group.begin);
  const Stage& next = all[group.end];
  const OpKernel &first = stages[0].kernel, &kernel = next.kernel;
  if (!kernel.is_rowwise || kernel.rows == 0 || next.elements != stages[0].elements) return Fit::kNot;
  // Of an epilogue's inputs one is in registers, another was in memory before the group began.
  const bool all_in_registers = group.epilogue_end == group.end;
  const auto is_last = [&](int maker) { return maker == static_cast<int>(group.end) - 1; };
  const auto is_earlier = [&](int maker) { return maker >= static_cast<int>(group.begin) && !is_last(maker); };
  if (first.epilogue_channels > 0 && all_in_registers && kernel.lane_op &&
      (kernel.lane_op->channels == 0 || kernel.lane_op->channels == first.epilogue_channels) &&
      std::ranges::count_if(next.made_by, is_last) == 1 && std::ranges::none_of(next.made_by, is_earlier))
    return Fit::kEpilogue;
  if (first.rows < 2) return Fit::kNot;
  // A strip has whole rows of all stages.
  std::int64_t unit = next.row_size();
  for (const Stage& stage : stages) unit = std::max(unit, stage.row_size());
  const bool divides = std::ranges::all_of(stages, [&](const Stage& stage) { return unit % stage.row_size() == 0; });
  return unit <= kLongestRow && unit % next.row_size() == 0 && divides ? Fit::kStrips : Fit::kNot;
}

/// Whether a stage of the group reads a stage before it; the first input of the group's first stage does not count.
bool reads_earlier_groups(std::span<const Stage> stages, const FusionGroup& group) {
  for (std::size_t i = group.begin; i < group.end; ++i)
    for (std::size_t k = i == group.begin ? 1 : 0; k < stages[i].made_by.size(); ++k)
      if (const int maker = stages[i].made_by[k]; maker >= 0 && maker < static_cast<int>(group.begin)) return true;
  return false;
}

bool can_follow(std::span<const Stage> stages, const FusionGroup& before, const FusionGroup& group) {
  const Stage& reader = stages[group.begin];
  const OpKernel& first = stages[before.begin].kernel;
  if (!reader.kernel.reads || reader.made_by[0] != static_cast<int>(before.end) - 1) return false;
  if (reads_earlier_groups(stages, group)) return false;
  return (first.is_rowwise || first.reads) &&
         std::ranges::all_of(stages.subspan(before.begin, before.end - before.begin),
                             [&](const Stage& stage) { return reader.channels_read % stage.row_size() == 0; });
}

}  // namespace

std::vector<FusionGroup> find_groups(std::span<const Stage> stages) {
  std::vector<FusionGroup> groups;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const Fit how = groups.empty() ? Fit::kNot : fit(stages, groups.back());
    if (how == Fit::kNot) groups.push_back({.begin = i, .end = i, .epilogue_end = i + 1});
    groups.back().end = i + 1;
    if (how == Fit::kEpilogue) groups.back().epilogue_end = i + 1;
  }
  for (std::size_t g = 1; g < groups.size(); ++g) groups[g].follows = can_follow(stages, groups[g - 1], groups[g]);
  return groups;
}

std::vector<Store> stores_of(std::span<const Stage> stages, std::span<const FusionGroup> groups) {
  std::vector<Store> stores;
  for (const Stage& stage : stages) stores.push_back(stage.store);
  for (const FusionGroup& group : groups) {
    // A kernel of one row cannot be cut into strips, from which non-temporal stores are made.
    const OpKernel& first = stages[group.begin].kernel;
    for (std::size_t i = group.begin; i < group.end; ++i)
      if (first.rows < 2 && !first.streams && streams(stores[i])) stores[i] = Store::kPlace;
  }
  for (const FusionGroup& group : groups) {
    // Each thread makes its own halo, in its line buffer, so nobody can read it from memory.
    if (group.follows && stages[group.begin].has_halo)
      if (Store& read = stores[group.begin - 1]; places(read))
        read = stages[group.begin - 1].is_seen ? Store::kStream : Store::kNone;
    // What another group reads is in memory, unless that group follows.
    for (std::size_t i = group.begin; i < group.end; ++i)
      for (std::size_t k = 0; k < stages[i].made_by.size(); ++k) {
        const int maker = stages[i].made_by[k];
        if (maker < 0 || maker >= static_cast<int>(group.begin) || (group.follows && i == group.begin)) continue;
        if (Store& read = stores[static_cast<std::size_t>(maker)]; !places(read)) read = Store::kPlace;
      }
  }
  return stores;
}

}  // namespace kerascope
