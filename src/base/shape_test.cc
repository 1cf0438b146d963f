#include "kerascope/shape.h"

#include <gtest/gtest.h>

#include "kerascope/error.h"

namespace kerascope {
namespace {

TEST(Shape, PrintsAsPythonDoes) {
  EXPECT_EQ(Shape({1, 32, 32, 128}).str(), "(1, 32, 32, 128)");
  EXPECT_EQ(Shape({5}).str(), "(5,)");
  EXPECT_EQ(Shape().str(), "()");
}

TEST(Shape, CountsItsElements) {
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ(Shape({2, 3, 4}).elements(), 24);
  EXPECT_EQ(Shape({2, 3, 4}).elements(1, 3), 12);
  EXPECT_EQ(Shape({2, 0, 4}).elements(), 0);
}

TEST(Shape, RefusesProductsBeyondAnyMemoryWithoutOverflow) {
  EXPECT_EQ(Shape({1 << 20, 1 << 20}).elements(), std::int64_t{1} << 40);
  const std::int64_t huge = std::int64_t{1} << 62;
  for (const Shape& shape :
       {Shape({huge, 4}), Shape({huge, huge, huge}), Shape({2, -1}), Shape({(1 << 20) + 1, 1 << 20})}) {
    try {
      shape.elements();
      ADD_FAILURE() << shape.str();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "size-too-large");
    }
  }
}

TEST(Shape, IsCutAndReadFromTheEnd) {
  EXPECT_EQ(Shape({1, 2, 3}).slice(1, 3), Shape({2, 3}));
  EXPECT_EQ(Shape({1, 2, 3}).back(), 3);
  EXPECT_EQ(Shape({1, 2, 3}).back(3), 1);
}

}  // namespace
}  // namespace kerascope
