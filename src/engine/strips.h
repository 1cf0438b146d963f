// Several ops computed together, a strip of rows at a time, so that each finds its input still in the cache.
//
// Row-wise ops go with the op before them: a run. A run that needs some rows of another, such as a convolution, can
// follow it: then it reads from a window over the other's result that moves with it. Threads get parts of the last
// run's rows; the rows of the first run that two parts need are computed for both, and stored by one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/kernel.h"

namespace kerascope {

/// What becomes of a value that is computed strip by strip.
enum class Store {
  kNone,    ///< only the stages behind it read it
  kPlace,   ///< written where it belongs
  kStream,  ///< the same past the caches: nobody reads it soon
  kBoth,    ///< once where later steps read it, once, past the caches, for the user
};
inline bool places(Store store) { return store == Store::kPlace || store == Store::kBoth; }
inline bool streams(Store store) { return store == Store::kStream || store == Store::kBoth; }

/// One op of several that follow each other.
struct Stage {
  Kernel kernel;
  std::int64_t elements = 0;  ///< of its output
  Store store = Store::kPlace;
  std::vector<int> made_by;  ///< for each input: the stage before that makes it, or -1
  /// Computed in the first stage's registers, as part of its epilogue. This and all stages between are.
  bool in_epilogue = false;

  std::int64_t row_size() const { return elements / kernel.rows; }
};

/// Where a stage's tensors start. What an earlier stage makes and does not store has no place.
struct StagePointers {
  std::vector<const float*> in;
  float* out = nullptr;        ///< if its store places it
  float* streamed = nullptr;   ///< if its store streams it
  std::vector<void*> outputs;  ///< of an op with several outputs: each, null where nobody needs it
};

/// Stages of which each fits behind those before it.
struct StageRun {
  std::span<const Stage> stages;
  std::span<const StagePointers> pointers;
  /// The last stage of the run before makes the first stage's first input, of which that needs a few rows at a time
  /// (Kernel::reads); otherwise the run before is to be finished first.
  bool follows = false;
};

/// Whether `next`, whose inputs count `stages` from 0, can be computed strip by strip behind them; finds out whether in
/// their epilogue.
bool fits_behind(std::span<const Stage> stages, Stage& next);

/// Whether a run can be followed by one whose first kernel says what it reads.
/// @param channels  of what is read.
bool can_be_followed(std::span<const Stage> before, std::int64_t channels);

/// Runs stages, one run after the other or, where they follow each other, all of them a strip at a time.
void run_together(std::span<const StageRun> runs, std::uint64_t seed);

}  // namespace kerascope
