#include "base/text.h"

#include <gtest/gtest.h>

#include <limits>

namespace kerascope::text {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("block1_conv1/kernel:0 'x' \\ é 层 😀"), "block1_conv1/kernel:0 'x' \\ é 层 😀");
}

TEST(Printable, ShowsWhatWouldActOnTheTerminal) {
  EXPECT_EQ(printable("\x1b[2J\n\r\t\x7f"), "\\x1b[2J\\x0a\\x0d\\x09\\x7f");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\xc2\x9b"), "\\u{009b}");      // C1: the one-character form of ESC [
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\u{202e}");  // right-to-left override
  EXPECT_EQ(printable("\xe2\x81\xa6"), "\\u{2066}");  // isolate
}

TEST(Printable, ShowsInvalidUtf8ByteByByte) {
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                    // overlong '/'
  EXPECT_EQ(printable("\xe0\x80\x9b"), "\\xe0\\x80\\x9b");           // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond Unicode
  EXPECT_EQ(printable("a\xe5\xb1"), "a\\xe5\\xb1");                  // cut short
}

TEST(Split, IsTheInverseOfJoin) {
  for (const std::string whole : {"", "a", "a,b", ",a,,b,"}) EXPECT_EQ(join(split(whole, ','), ","), whole);
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string>{"a", "", "b"}));
}

TEST(Ends, AreCompared) {
  EXPECT_TRUE(starts_with("model.h5", "model") && ends_with("model.h5", ".h5") && starts_with("a", ""));
  EXPECT_FALSE(starts_with("m", "model") || ends_with("5", ".h5") || ends_with("model.h5x", ".h5"));
  EXPECT_EQ(lower("Conv2D Ä"), "conv2d Ä");
}

TEST(Thousands, SeparatesGroupsOfThree) {
  EXPECT_EQ(thousands(0), "0");
  EXPECT_EQ(thousands(999), "999");
  EXPECT_EQ(thousands(1000), "1,000");
  EXPECT_EQ(thousands(23587712), "23,587,712");
  EXPECT_EQ(thousands(-123456), "-123,456");
  EXPECT_EQ(thousands(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(Number, HasAboutFourDigits) {
  EXPECT_EQ(number(0.941), "0.941");
  EXPECT_EQ(number(6.31), "6.31");
  EXPECT_EQ(number(31000), "31,000");
  EXPECT_EQ(number(-31000.4), "-31,000");
  EXPECT_EQ(number(999.97), "1,000");
  EXPECT_EQ(number(1.2e-7), "1.2e-07");
  EXPECT_EQ(number(3.0e12), "3e+12");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-inf");
}

TEST(Bytes, ChoosesTheUnit) {
  EXPECT_EQ(bytes(0), "0 bytes");
  EXPECT_EQ(bytes(1), "1 byte");
  EXPECT_EQ(bytes(1023), "1023 bytes");
  EXPECT_EQ(bytes(1536), "1.5 KB");
  EXPECT_EQ(bytes(553u << 20), "553 MB");
  EXPECT_EQ(bytes(1023u << 10), "0.999 MB");
  EXPECT_EQ(bytes(std::numeric_limits<std::uint64_t>::max()), "16 EB");
}

TEST(ToInteger, TakesWholeNumbersOnly) {
  EXPECT_EQ(to_integer("-12"), -12);
  EXPECT_EQ(to_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  for (const char* not_one : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "-"})
    EXPECT_EQ(to_integer(not_one), std::nullopt) << not_one;
}

TEST(ToNumber, TakesFiniteNumbersOnly) {
  EXPECT_EQ(to_number("-1.5e2"), -150);
  for (const char* not_one : {"", "1,5", "nan", "inf", "1e999", "x"})
    EXPECT_EQ(to_number(not_one), std::nullopt) << not_one;
}

TEST(Matches, FollowsTheGlobRules) {
  EXPECT_TRUE(matches("block?_conv*", "block1_conv2"));
  EXPECT_TRUE(matches("conv*", "conv"));
  EXPECT_TRUE(matches("*", "") && matches("", ""));
  EXPECT_FALSE(matches("conv?", "conv") || matches("", "a") || matches("conv", "conv1"));
  EXPECT_TRUE(matches("?", "é") && matches("a?c", "a层c"));
}

TEST(Matches, StopsAtASlashUnlessThereAreTwoStars) {
  EXPECT_FALSE(matches("*", "a/b") || matches("a*c", "a/c") || matches("a?b", "a/b"));
  EXPECT_TRUE(matches("**", "a/b/c") && matches("a/**/d", "a/b/c/d") && matches("**/conv*", "a/b/conv1"));
  EXPECT_FALSE(matches("a/*/d", "a/b/c/d"));
}

TEST(Matches, TakesACharacterAfterABackslashLiterally) {
  EXPECT_TRUE(matches("a\\*", "a*") && matches("a\\?b", "a?b") && matches("a\\\\", "a\\"));
  EXPECT_FALSE(matches("a\\*", "ab") || matches("a\\?b", "axb"));
}

TEST(Matches, TakesLittleTimeForManyStars) {
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern, std::string(60, 'a') + "b"));
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> names = {"block1_conv1", "block1_conv2", "block5_conv3", "predictions", "fc1"};
  EXPECT_EQ(nearest("blok5_conv3", names), "block5_conv3");
  EXPECT_EQ(nearest("predicitons", names), "predictions");  // two neighbours swapped
  EXPECT_EQ(nearest("FC1", names), "fc1");
  EXPECT_EQ(nearest("zebra", names), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(DidYouMean, IsEmptyWithoutANeighbour) {
  EXPECT_EQ(did_you_mean("conv11", {"conv1", "dense"}), "did you mean 'conv1'?");
  EXPECT_EQ(did_you_mean("flatten", {"conv1", "dense"}), "");
}

}  // namespace
}  // namespace kerascope::text
