// The machine's peak arithmetic and memory bandwidth: the roofline that a profile compares with.
#pragma once

namespace kerascope {

/// All per second. The bandwidths are those of memory, not of caches.
struct Machine {
  double flops = 0;
  double read_bytes = 0;
  double written_bytes = 0;  ///< by non-temporal stores
};

/// Measures with all threads, in some 0.1 s and 128 MB of memory.
Machine measure_machine();

/// The arithmetic and the memory traffic that a computation needs at least.
struct Work {
  double flops = 0, read_bytes = 0, written_bytes = 0;

  Work& operator+=(const Work& other);
  double bytes() const { return read_bytes + written_bytes; }
};

/// The roofline: the time of its arithmetic or of its memory traffic, whichever is longer. Data that are still in a
/// cache can beat it.
double seconds_at_best(const Machine& machine, const Work& work);

}  // namespace kerascope
