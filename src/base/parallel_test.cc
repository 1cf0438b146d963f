#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <mutex>
#include <new>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/error_test_support.h"

namespace kerascope {
namespace {

void expect_each_once(std::int64_t count, std::int64_t grain) {
  std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
  std::atomic<int> calls = 0;
  parallel_for(count, grain, [&](std::int64_t begin, std::int64_t end) {
    ++calls;
    for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
  });
  for (const auto& visit : visits) ASSERT_EQ(visit, 1) << count << " by " << grain;
  EXPECT_LE(calls, std::max<std::int64_t>(1, count / std::max<std::int64_t>(grain, 1)));
  EXPECT_LE(calls, thread_count());
}

TEST(ParallelFor, VisitsEachIndexOnce) {
  for (int threads : {1, 2, 3, 7}) {
    const ThreadLimit limit(threads);
    for (int turn = 0; turn < 300; ++turn)
      for (std::int64_t size : {0, 1, 2, 3, 10, 1000}) expect_each_once(size, turn % 5);
  }
}

TEST(ParallelFor, NumbersItsPartsInOrder) {
  const ThreadLimit limit(4);
  std::vector<std::pair<std::int64_t, std::int64_t>> parts(4);
  parallel_for(10, 1, [&](std::int64_t begin, std::int64_t end, std::size_t part) { parts[part] = {begin, end}; });
  EXPECT_EQ(parts, (std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 2}, {2, 5}, {5, 7}, {7, 10}}));
}

TEST(ParallelFor, MayBeCalledWithinItselfAndByManyThreads) {
  const ThreadLimit limit(3);
  std::vector<std::thread> callers;
  std::atomic<std::int64_t> sum = 0;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([&] {
      for (int turn = 0; turn < 200; ++turn)
        parallel_for(8, 1, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i)
            parallel_for(5, 1, [&](std::int64_t from, std::int64_t to) { sum += (to - from) * i; });
        });
    });
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(sum, 4 * 200 * 5 * 28);
}

TEST(ParallelFor, PassesAnExceptionOfAnyThreadOn) {
  const ThreadLimit limit(4);
  for (int turn = 0; turn < 100; ++turn) {
    for (const std::int64_t bad : {0, 1, 3}) {
      const auto body = [&](std::int64_t begin, std::int64_t) {
        if (begin == bad) throw Error({.code = "test", .what = "of part " + std::to_string(bad)});
      };
      EXPECT_EQ(error_of([&] { parallel_for(4, 1, body); }).parts().what, "of part " + std::to_string(bad));
    }
    EXPECT_THROW(parallel_for(4, 1, [](std::int64_t, std::int64_t) { throw std::bad_alloc(); }), std::bad_alloc);
    expect_each_once(4, 1);
  }
}

TEST(ParallelFor, ThrowsWhenAllItsThreadsAreDone) {
  const ThreadLimit limit(4);
  for (int turn = 0; turn < 20; ++turn) {
    std::atomic<int> inside = 0;
    const auto body = [&](std::int64_t begin, std::int64_t) {
      ++inside;
      if (begin > 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
      --inside;
      if (begin == 0) throw std::bad_alloc();
    };
    EXPECT_THROW(parallel_for(4, 1, body), std::bad_alloc);
    EXPECT_EQ(inside, 0);
  }
}

TEST(Computation, IsPolledByAllItsThreads) {
  const ThreadLimit limit(3);
  std::atomic<int> polls = 0;
  const std::function<void()> between = [&] {
    if (++polls > 50) throw Error({.code = "cancelled", .what = ""});
  };
  std::atomic<int> pieces = 0;
  const auto work = [&] {
    parallel_for(3, 1, [&](std::int64_t, std::int64_t) {
      for (int i = 0; i < 1000; ++i) {
        parallel::poll();
        ++pieces;
      }
    });
  };
  {
    const parallel::Computation computation(between);
    const parallel::Computation within;  // is ended by the one around it
    EXPECT_EQ(error_of(work).code(), "cancelled");
  }
  EXPECT_LE(pieces, 50);
  polls = pieces = 0;
  work();
  EXPECT_EQ(pieces, 3000);
  EXPECT_EQ(polls, 0) << "after the computation nobody asks any more";
}

TEST(Computation, SharesTheProcessorsWithAnother) {
  const int processors = thread_count();
  std::barrier both(2);
  const auto threads_of_one = [&] {
    const parallel::Computation computation;
    both.arrive_and_wait();
    std::mutex mutex;
    std::set<std::thread::id> seen;
    for (int turn = 0; turn < 50; ++turn)
      parallel_for(processors, 1, [&](std::int64_t, std::int64_t) {
        std::this_thread::sleep_for(std::chrono::microseconds(200));  // so that a helper that is awake takes its part
        const std::lock_guard lock(mutex);
        seen.insert(std::this_thread::get_id());
      });
    both.arrive_and_wait();
    return seen.size();
  };
  std::size_t others = 0;
  std::thread other([&] { others = threads_of_one(); });
  const std::size_t own = threads_of_one();
  other.join();
  // Threads of a pool take turns, so a computation may see more of them than work at a time, but of one processor none.
  if (processors <= 3) {
    EXPECT_EQ(own, 1u);
    EXPECT_EQ(others, 1u);
  }
}

TEST(ParallelFor, RefusesMoreThreadsThanAnyMachineHas) {
  EXPECT_THROW(ThreadLimit(-1), Error);
  EXPECT_THROW(ThreadLimit(kMostThreads + 1), Error);
  const ThreadLimit most(kMostThreads);
  EXPECT_EQ(thread_count(), kMostThreads);
}

}  // namespace
}  // namespace kerascope
