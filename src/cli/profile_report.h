// The results of `kerascope profile` as tables and as JSON.
#pragma once

#include "cli/request.h"
#include "engine/machine.h"
#include "engine/profile.h"

namespace kerascope::cli {

/// The time of one line, its work, and the least time for that work.
struct Numbers {
  double seconds = 0;
  Work work;
  double best_s = 0;

  double gflops() const { return seconds > 0 ? work.flops / seconds / 1e9 : 0; }
  double gb_s() const { return seconds > 0 ? work.bytes() / seconds / 1e9 : 0; }
  double over_bound() const { return best_s > 0 ? seconds / best_s : 0; }
  Numbers& operator+=(const Numbers& other) {
    seconds += other.seconds;
    work += other.work;
    best_s += other.best_s;
    return *this;
  }
};

/// A profile with the machine's limits.
struct Measured {
  Profile profile;
  Machine machine;
  double plan_ms = 0;

  Numbers of(const ProfiledStep& step) const {
    return {.seconds = step.seconds, .work = step.work, .best_s = seconds_at_best(machine, step.work)};
  }
  Numbers steps() const {
    Numbers sum;
    for (const ProfiledStep& step : profile.steps) sum += of(step);
    return sum;
  }
  double bound_ms() const { return 1e3 * seconds_at_best(machine, profile.work); }
  double preparation_ms() const { return 1e3 * std::max(profile.first_s - profile.run_s, 0.0); }
  double share(double seconds) const { return profile.run_s > 0 ? seconds / profile.run_s : 0; }
};

/// One line per step, then the sums; then the same per kind of operation.
void print_steps(const Request& request, const Measured& measured);
void print_kinds(const Measured& measured);
/// How the milliseconds were measured: "means of the middle 6 of 10 runs, after 2 that are not timed".
std::string times_text(const Measured& measured);
Json json_of(const Request& request, const std::vector<Tensor>& fed, const Measured& measured);

}  // namespace kerascope::cli
