// Where the time of a run goes, step by step, and what each step could not be done without.
#pragma once

#include <string>
#include <vector>

#include "engine/function.h"
#include "engine/machine.h"

namespace kerascope {

/// Seconds of a run and of its steps, from steps that tell their begin and end.
struct TimedRun {
  struct Step {
    std::vector<Value> values;
    Plan::Clock::time_point begin, end;
  };
  Plan::Clock::time_point begin, end;
  std::vector<Step> steps;
};

struct ProfiledStep {
  /// A layer, and what of it the step computes: "conv1", "conv 3x3 same + relu". Several where layers were fused.
  struct Part {
    std::string address, operation;
  };
  std::vector<Part> parts;
  std::string kind;  ///< "conv + batch_norm"
  Shape shape;       ///< of the last value
  Work work;
  double seconds = 0;

  std::string addresses() const;
  std::string operation() const;
};

/// `outside_s` and the steps' seconds add up to `run_s`.
struct Profile {
  TimedRun first;              ///< reads weights, makes kernels
  std::vector<TimedRun> runs;  ///< those after it and one more
  std::vector<ProfiledStep> steps;
  Work work;  ///< of the whole run, were it one step: each weight and input read once, each tap written once
  double run_s = 0, outside_s = 0, first_s = 0;
  std::size_t runs_used = 0;  ///< so many, those of middle length, make the times
};

struct ProfileOptions {
  int runs = 10;
  /// on_progress is called before each step with the numbers of steps done and in all, over all runs.
  CallOptions call = {};
};

/// Runs `runs` times after two runs that do not count. Times are means over the middle half of the runs by their
/// length: no odd run counts, and they add up as medians would not.
Profile profile(CompiledFunction& function, std::span<const Tensor> inputs, const ProfileOptions& options);

}  // namespace kerascope
