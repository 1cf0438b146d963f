// Splits a range over threads that wait for work.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace kerascope {

/// How many threads compute what this thread asks for, unless a ThreadLimit says otherwise: as many as OMP_NUM_THREADS
/// says, which other libraries obey, too, or as this process may use processors.
int thread_count();

constexpr int kMostThreads = 1024;

/// While it lives, so many threads compute what the thread that made it asks for; 0 changes nothing.
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

/// Calls run(context, part) for all parts, each once, in this thread and those that are awake; returns when all are
/// done. Within such a call, and while another thread makes one, this thread does all parts by itself.
void run_parts(std::int64_t parts, void (*run)(const void* context, std::int64_t part), const void* context);

}  // namespace parallel

/// Calls body(begin, end), or body(begin, end, part), on disjoint parts of [0, count) in order, at most thread_count()
/// and each of at least `grain` items where several are made. A thread that is slow to wake up, on a busy machine, is
/// not waited for: another does its part. What body throws while several threads run ends the program.
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
