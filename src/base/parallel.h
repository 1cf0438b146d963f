// Splits a range over the threads of a pool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
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

/// A computation by the thread that creates it. While there are several, they share the processors: each wakes only its
/// share of the threads that help it. After the last one, workspaces shrink.
class Computation {
 public:
  /// @param between  called between pieces of the work, by all threads that do it, also at the same time; throws if the
  ///     work is to end. Empty: that of the computation around this one.
  explicit Computation(const std::function<void()>& between = {});
  ~Computation();
  Computation(const Computation&) = delete;
  Computation& operator=(const Computation&) = delete;

 private:
  const std::function<void()>* before_;
  bool is_outermost_;
};

/// For a Computation: throws Error{cancelled} with what() if the stop is requested. Empty if nobody can request it.
std::function<void()> stopping(const std::stop_token& stop, std::function<std::string()> what);

/// Calls the computation's `between`. Who works longer than some milliseconds calls it now and then.
void poll();

/// Calls run(context, part) once for each part, in this thread and in a pool's threads that are awake; returns when all
/// are done. Inside such a call the calling thread runs all parts itself. After an exception, parts that have not begun
/// are left out, and it is passed on.
void run_parts(std::int64_t parts, void (*run)(const void* context, std::int64_t part), const void* context);

}  // namespace parallel

/// Splits [0, count) into at most thread_count() consecutive parts, each of at least `grain` items if there are
/// several, and calls body(begin, end) or body(begin, end, part) on each. It does not wait for a thread that is slow to
/// wake up: another runs its part. An exception from body, the first one of several, is passed on when all threads are
/// done.
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
