// Texts that rows of TextVectorization cannot hold: ill-formed UTF-8, as ICU splits it.
#include "ops/tokens.h"

#include <gtest/gtest.h>

#include "ops/ops_test_support.h"

namespace kerascope::ops {
namespace {

using ops_test::error_code;

TEST(Tokens, IllFormedCharactersAreReplacedAsTensorFlowDoes) {
  const Tokenizer characters = {.split = Tokenizer::Split::kCharacter};
  // How many characters tf.strings.unicode_split makes of each.
  const std::pair<std::string, std::int64_t> kCounts[] = {
      {"a\xff"
       "b",
       3},
      {"\xe2\x82", 1},
      {"a\xe2\x82"
       "b",
       3},
      {"\xf0\x9f\x98", 1},
      {"\xed\xa0\x80", 3},
      {"\xc0\xaf"
       "a",
       3},
      {"\xf4\x90\x80\x80", 4},
      {"\xf0\x80\x80"
       "a",
       4},
      {"e\xcc\x81", 2},
      {"", 0},
  };
  for (const auto& [text, count] : kCounts)
    EXPECT_EQ(characters.most_tokens(Tensor::of({1, 1}, std::vector{text})), count) << testing::PrintToString(text);
}

TEST(Tokens, AHugeNumberOfNgramsCostsNoMoreThanTheTextHas) {
  const Tokenizer most = {.most_ngrams = std::int64_t{1} << 40};
  EXPECT_EQ(most.tokens_of(4), 4 + 3 + 2 + 1);
  EXPECT_EQ(most.tokens_of(0), 0);
}

TEST(Tokens, NumbersAreNoTexts) {
  Graph graph;
  const Value x = graph.input("x", {2, 1}, DType::kInt64);
  EXPECT_EQ(
      error_code([&] { token_numbers(graph, x, {}, {.tokens = Tensor::of({0}, std::vector<std::string>())}, 1, 3); }),
      "type-mismatch");
}

}  // namespace
}  // namespace kerascope::ops
