#include "kerascope/error.h"

#include <gtest/gtest.h>

namespace kerascope {
namespace {

TEST(Error, SaysWhatWhereBecauseTryInThisOrder) {
  const Error error({.code = "weight-shape", .what = "w", .where = "p", .because = "b", .hint = "h"});
  EXPECT_STREQ(error.what(), "error[weight-shape]: w\n  where: p\n  because: b\n  try: h");
}

TEST(Error, PutsSeveralReasonsOnLinesOfTheirOwn) {
  EXPECT_STREQ(Error({.code = "c", .what = "w", .because = "one\ntwo", .hint = "h"}).what(),
               "error[c]: w\n  because: one\n           two\n  try: h");
}

TEST(Error, LeavesOutWhatItDoesNotKnow) {
  EXPECT_STREQ(Error({.code = "c", .what = "w", .hint = "h"}).what(), "error[c]: w\n  try: h");
}

TEST(Error, ClimbsWithItsPlaceGrowingOutwards) {
  const Error inner({.code = "c", .what = "w", .where = "config.layers[41]"});
  EXPECT_EQ(inner.inside("model.keras").parts().where, "config.layers[41] in model.keras");
  EXPECT_EQ(Error({.code = "c", .what = "w"}).inside("model.keras").parts().where, "model.keras");
  EXPECT_EQ(Error({.code = "c", .what = "w", .where = "a.npz"}).inside("a.npz").parts().where, "a.npz");
  EXPECT_EQ(inner.with_because("b").parts().because, "b");
}

TEST(Error, KeepsTheFilesNamesFromActingOnTheTerminal) {
  const Error error({.code = "c", .what = "layer '\x1b[2J'", .where = "a\nerror: b"});
  EXPECT_STREQ(error.what(), "error[c]: layer '\\x1b[2J'\n  where: a\\x0aerror: b");
}

}  // namespace
}  // namespace kerascope
