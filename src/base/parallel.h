// Splits a range over the threads of a pool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace kerascope {

/// How many threads work for the calling thread, unless a ThreadLimit sets another number: OMP_NUM_THREADS, which other
/// libraries obey, too, or else as many processors as this process may use.
int thread_count();

constexpr int kMostThreads = 1024;

/// While it exists, so many threads work for the thread that created it; 0 changes nothing.
class ThreadLimit {
 public:
  /// @throws Error{threads-invalid} below 0 or above kMostThreads
  explicit ThreadLimit(int threads);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  int before_;
};

namespace parallel {

/// Calls run(context, part) once for each part, in this thread and in the pool's threads that are awake; returns when
/// all are done. Inside such a call, and while another thread uses the pool, the calling thread runs all parts itself.
void run_parts(std::int64_t parts, void (*run)(const void* context, std::int64_t part), const void* context);

}  // namespace parallel

/// Splits [0, count) into at most thread_count() consecutive parts, each of at least `grain` items if there are
/// several, and calls body(begin, end) or body(begin, end, part) on each. It does not wait for a thread that is slow to
/// wake up: another runs its part. An exception from body while several threads run ends the program.
template <typename Body>
void parallel_for(std::int64_t count, std::int64_t grain, const Body& body) {
  const std::int64_t parts = std::min<std::int64_t>(thread_count(), count / std::max<std::int64_t>(grain, 1));
  const auto part_of = [&](std::int64_t part) {
    const std::int64_t begin = count * part / std::max<std::int64_t>(parts, 1),
                       end = count * (part + 1) / std::max<std::int64_t>(parts, 1);
    if constexpr (std::is_invocable_v<Body, std::int64_t, std::int64_t, std::size_t>)
      body(begin, end, static_cast<std::size_t>(part));
    else
      body(begin, end);
  };
  if (parts <= 1) {
    if (count > 0) part_of(0);
    return;
  }
  parallel::run_parts(
      parts, [](const void* context, std::int64_t part) { (*static_cast<const decltype(part_of)*>(context))(part); },
      &part_of);
}

}  // namespace kerascope
