#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <thread>
#include <vector>

#include "kerascope/error.h"

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

TEST(ParallelFor, RefusesMoreThreadsThanAnyMachineHas) {
  EXPECT_THROW(ThreadLimit(-1), Error);
  EXPECT_THROW(ThreadLimit(kMostThreads + 1), Error);
  const ThreadLimit most(kMostThreads);
  EXPECT_EQ(thread_count(), kMostThreads);
}

}  // namespace
}  // namespace kerascope
