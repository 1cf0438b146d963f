#include "base/check.h"

#include <gtest/gtest.h>

#include "base/error_test_support.h"

namespace kerascope {
namespace {

TEST(Check, SaysThatTheFaultIsOursAndWhere) {
  KERASCOPE_CHECK(1 + 1 == 2);
  const Error error = error_of([] { KERASCOPE_CHECK(1 + 1 == 3); });
  EXPECT_EQ(error.code(), "internal");
  EXPECT_NE(error.parts().where.find("src/base/check_test.cc:"), std::string::npos) << error.what();
  EXPECT_NE(error.parts().because.find("1 + 1 == 3"), std::string::npos) << error.what();
  EXPECT_NE(error.parts().hint.find("report"), std::string::npos) << error.what();
}

}  // namespace
}  // namespace kerascope
