// FarmHash and SipHash against known results; rows of StringLookup, Hashing and HashedCrossing test the rest.
#include "ops/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace kerascope::ops {
namespace {

/// tf.strings.to_hash_bucket_fast(text, 2^31 - 1), for texts around each limit of the hash's cases.
TEST(FarmHash, EqualsTensorFlow) {
  std::string accents;
  for (int i = 0; i < 50; ++i) accents += "ünï";
  const std::pair<std::string, std::uint64_t> kBuckets[] = {
      {"", 1699943623},
      {"a", 493484721},
      {"abc", 1043552938},
      {"abcd", 2127136445},
      {"abcdefg", 357369260},
      {"abcdefgh", 245091680},
      {"abcdefghijklmnop", 533456409},
      {"abcdefghijklmnopq", 1773773112},
      {std::string(32, 'x'), 848040801},
      {std::string(33, 'x'), 410535650},
      {std::string(64, 'y'), 245492011},
      {std::string(65, 'y'), 4878865},
      {std::string(128, 'z'), 1066478439},
      {std::string(129, 'z'), 1702031710},
      {accents, 754772913},
  };
  for (const auto& [text, bucket] : kBuckets) EXPECT_EQ(farm_hash(text) % 0x7fffffff, bucket) << text;
}

/// The example of SipHash's authors: bytes from 0 on as key and as text.
TEST(SipHash, EqualsItsDefinition) {
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  EXPECT_EQ(sip_hash(text, {0x0706050403020100u, 0x0f0e0d0c0b0a0908u}), 0xa129ca6149be45e5u);
}

}  // namespace
}  // namespace kerascope::ops
