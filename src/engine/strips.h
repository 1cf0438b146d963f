// Runs the fusion groups of a step. A group is computed strip by strip, so that each op finds its input in the cache.
// If a group follows another, both go through memory together: the one behind reads from a line buffer, which holds the
// latest rows of the one before it. Threads get parts of the last group's rows. At the border of two parts, both
// threads compute the rows of the first group that both need (the halo); one of them stores these.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/fusion.h"

namespace kerascope {

/// Where a stage's tensors start; null for an output that is not stored.
struct StagePointers {
  std::vector<const float*> in;
  float* out = nullptr;        ///< if its store places it
  float* streamed = nullptr;   ///< if its store streams it
  std::vector<void*> outputs;  ///< of an op with several outputs: each, null if nobody needs it
};

/// @param stages, pointers  of the step, which the groups index.
void run_groups(std::span<const Stage> stages, std::span<const StagePointers> pointers,
                std::span<const FusionGroup> groups, std::uint64_t seed);

}  // namespace kerascope
