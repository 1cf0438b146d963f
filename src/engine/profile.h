// The time of each step of a run, and the arithmetic and memory traffic that it needs at least.
#pragma once

#include <string>
#include <vector>

#include "engine/function.h"
#include "engine/machine.h"

namespace kerascope {

/// When a run and its steps began and ended.
struct TimedRun {
  struct Step {
    std::vector<Value> values;
    Plan::Clock::time_point begin, end;
  };
  Plan::Clock::time_point begin, end;
  std::vector<Step> steps;
};

struct ProfiledStep {
  /// A layer and the ops of it that the step computes: "conv1", "conv 3x3 same + relu". Fused layers are several parts.
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
  TimedRun first;              ///< the first run, which reads weights and prepares op kernels
  std::vector<TimedRun> runs;  ///< without the first two
  std::vector<ProfiledStep> steps;
  Work work;  ///< of the whole run: each weight and input is read once, each tap is written once
  double run_s = 0, outside_s = 0, first_s = 0;
  std::size_t runs_used = 0;  ///< number of runs whose times count: the middle half
};

/// Runs `runs` times after two warm-up runs. Times are interquartile means: outliers do not count, and, unlike medians,
/// the steps' times add up.
/// @param call  its on_progress is called before each step with the numbers of steps done and in all, over all runs
Profile profile(CompiledFunction& function, std::span<const Tensor> inputs, int runs, const CallOptions& call);

}  // namespace kerascope
