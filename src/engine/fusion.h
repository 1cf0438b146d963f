// Fusion groups: which ops of a step are computed together, a strip of rows at a time, and which results they store.
// All is decided from the prepared ops alone, in three passes: where groups end, which groups follow the one before
// them, what each stage stores.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/op_kernel.h"

namespace kerascope {

/// What becomes of a value that is computed strip by strip.
enum class Store {
  kNone,    ///< only its own group, or the group that follows, reads it: it never leaves the caches
  kPlace,   ///< an ordinary store
  kStream,  ///< a non-temporal store: only the user reads it
  kBoth,    ///< an ordinary store for later steps and a non-temporal one for the user
};
inline bool places(Store store) { return store == Store::kPlace || store == Store::kBoth; }
inline bool streams(Store store) { return store == Store::kStream || store == Store::kBoth; }

/// One op of a step.
struct Stage {
  OpKernel kernel;
  std::int64_t elements = 0;  ///< of its output
  std::vector<int> made_by;   ///< per input: the stage that makes it, counted from the step's first, or -1
  Store store = Store::kPlace;
  bool is_seen = false;  ///< the output is a tap
  /// Of an op with OpKernel::reads: the last axis of its first input, and whether neighbouring strips read some of its
  /// rows twice (the halo).
  std::int64_t channels_read = 0;
  bool has_halo = false;

  std::int64_t row_size() const { return elements / kernel.rows; }
};

/// Stages [begin, end) of a step.
struct FusionGroup {
  std::size_t begin, end;
  /// Stages [begin + 1, epilogue_end) are the epilogue of the first: computed in its registers.
  std::size_t epilogue_end;
  /// The first stage reads the group before it a few rows at a time, so both are computed strip by strip; otherwise the
  /// group before is finished first.
  bool follows = false;
};

/// The groups of a step, in order; together they have all stages.
std::vector<FusionGroup> find_groups(std::span<const Stage> stages);

/// What each stage has to store, given what later steps and the user want (Stage::store).
std::vector<Store> stores_of(std::span<const Stage> stages, std::span<const FusionGroup> groups);

}  // namespace kerascope
