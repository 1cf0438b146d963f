#include "base/memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/sanitized_for_tests.h"

namespace kerascope {
namespace {

TEST(AvailableMemory, IsWhatTheProcessMayStillTake) {
  if (kIsSanitized) GTEST_SKIP() << "the sanitizer itself needs more address space than the test leaves";
  const std::size_t before = available_memory();
  EXPECT_GT(before, std::size_t{1} << 20);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &old), 0);
  rlimit less = old;
  less.rlim_cur = std::size_t{1} << 34;
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &less), 0);
  EXPECT_LT(available_memory(), less.rlim_cur);
  less.rlim_cur = 1;
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &less), 0);
  const std::size_t none = available_memory();
  ::setrlimit(RLIMIT_AS, &old);
  EXPECT_EQ(none, 0u);
}

}  // namespace
}  // namespace kerascope
