#include "base/workspace.h"

#include <gtest/gtest.h>

#include "base/parallel.h"

namespace kerascope {
namespace {

TEST(Workspace, ShrinksAfterAComputationThatHardlyNeededIt) {
  Workspace workspace;
  const auto compute_with = [&](std::size_t bytes) {
    const parallel::Computation computation;
    static_cast<char*>(workspace.bytes(bytes))[bytes - 1] = 1;
  };
  compute_with(8 << 20);
  EXPECT_EQ(workspace.capacity(), std::size_t{8} << 20) << "the next computation may need as much";
  compute_with(5 << 20);
  EXPECT_EQ(workspace.capacity(), std::size_t{8} << 20);
  compute_with(1 << 10);
  EXPECT_EQ(workspace.capacity(), 0u);
  compute_with(1 << 10);
  EXPECT_EQ(workspace.capacity(), std::size_t{1} << 10);
}

TEST(Workspace, KeepsItsMemoryWhileAnotherComputationUsesIt) {
  Workspace workspace;
  const parallel::Computation outer;
  auto* const memory = static_cast<char*>(workspace.bytes(8 << 20));
  { const parallel::Computation inner; }
  memory[0] = 1;
  EXPECT_EQ(workspace.capacity(), std::size_t{8} << 20);
}

}  // namespace
}  // namespace kerascope
