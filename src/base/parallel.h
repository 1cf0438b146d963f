// Splits a range over OpenMP's threads, the ones that oneDNN uses too.
#pragma once

#include <algorithm>
#include <cstdint>

#include <omp.h>

namespace kerascope {

inline int thread_count() { return omp_get_max_threads(); }
inline void set_thread_count(int threads) { omp_set_num_threads(threads); }

/// Has OpenMP's threads soon sleep where they wait for each other: by default they spin, and on a busy machine a
/// network then takes ten times as long. libgomp reads its environment before main, which is prepared before that;
/// where it cannot be, this starts the program again, once. To be called first; does nothing where the user's
/// environment says how to wait.
void make_threads_patient(char** arguments);

/// Calls body(begin, end) on disjoint parts of [0, count), each of at least `grain` items where several are made.
template <typename Body>
void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
  const std::int64_t parts = std::min<std::int64_t>(thread_count(), count / std::max<std::int64_t>(grain, 1));
  if (parts <= 1) {
    if (count > 0) body(std::int64_t{0}, count);
    return;
  }
#pragma omp parallel num_threads(static_cast <int>(parts))
  {
    const std::int64_t part = omp_get_thread_num(), total = omp_get_num_threads();
    const std::int64_t begin = count * part / total, end = count * (part + 1) / total;
    if (begin < end) body(begin, end);
  }
}

}  // namespace kerascope
