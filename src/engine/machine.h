// What this machine can do at best: the limit that a profile compares with.
#pragma once

namespace kerascope {

/// Numbers a second. Bandwidths are those of memory, not of caches.
struct Machine {
  double flops = 0;
  double read_bytes = 0;
  double written_bytes = 0;  ///< past the caches (streaming stores)
};

/// Measures with all threads, in some 0.1 s and 128 MB of memory.
Machine measure_machine();

/// What work cannot be done without.
struct Work {
  double flops = 0, read_bytes = 0, written_bytes = 0;

  Work& operator+=(const Work& other);
  double bytes() const { return read_bytes + written_bytes; }
};

/// The shortest time for it: that of its arithmetic or that of its traffic to memory, whichever is longer. What still
/// lies in a cache can be had faster.
double seconds_at_best(const Machine& machine, const Work& work);

}  // namespace kerascope
