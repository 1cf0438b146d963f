#include <gtest/gtest.h>

#include <set>

#include "base/text.h"
#include "export/npz.h"

namespace kerascope {
namespace {

TEST(FileName, OfAnOrdinaryAddressIsTheAddress) {
  for (const std::string address : {"conv1", "resnet50/conv1_relu", "tower@1/conv#0", "a-b.c/D_9"})
    EXPECT_EQ(file_name_from_address(address), address);
}

TEST(FileName, NeverLeavesTheFolder) {
  EXPECT_EQ(file_name_from_address("../../x"), "%2E%2E/%2E%2E/x");
  EXPECT_EQ(file_name_from_address("."), "%2E");
  EXPECT_EQ(file_name_from_address("..."), "%2E%2E%2E");
  EXPECT_EQ(file_name_from_address("/etc/passwd"), "%/etc/passwd");
  EXPECT_EQ(file_name_from_address("a//b/"), "a/%/b/%");
  EXPECT_EQ(file_name_from_address(""), "%");
}

TEST(FileName, EncodesWhatIsNotPlain) {
  EXPECT_EQ(file_name_from_address("a b\\c:\n\x1b[0m"), "a%20b%5Cc%3A%0A%1B%5B0m");
  EXPECT_EQ(file_name_from_address("\xc3\xbc%20"), "%C3%BC%2520");
  EXPECT_EQ(file_name_from_address(std::string("\0", 1)), "%00");
}

TEST(FileName, OfALongSegmentIsShortAndStillItsOwn) {
  std::set<std::string> names;
  for (const std::string tail : {"a", "b", "aa", "\xc3\xbc"}) {
    const std::string name = file_name_from_address("m/" + std::string(5000, 'x') + tail + "/y");
    const std::vector<std::string> segments = text::split(name, '/');
    ASSERT_EQ(segments.size(), 3u);
    EXPECT_LE(segments[1].size(), 240u);
    names.insert(name);
  }
  EXPECT_EQ(names.size(), 4u);
  EXPECT_EQ(file_name_from_address(std::string(240, 'x')), std::string(240, 'x'));
}

TEST(FileName, DiffersForDifferentAddresses) {
  // Short words over characters that the encoding treats differently.
  const std::string alphabet = std::string("a/.%-2E ") + '\0';
  std::vector<std::string> words = {""};
  std::set<std::string> names;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string name = file_name_from_address(words[i]);
    EXPECT_TRUE(names.insert(name).second) << words[i] << " has the name " << name << " of another";
    for (const std::string& segment : text::split(name, '/')) {
      EXPECT_FALSE(segment.empty() || segment == "." || segment == "..");
      EXPECT_EQ(segment.find('\0'), std::string::npos);
    }
    if (words[i].size() < 4)
      for (const char c : alphabet) words.push_back(words[i] + c);
  }
  EXPECT_EQ(names.size(), 1u + 9 + 81 + 729 + 6561);
}

}  // namespace
}  // namespace kerascope
