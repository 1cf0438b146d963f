// Texts -> the numbers of their tokens, or how often each token occurs.
#pragma once

#include <optional>
#include <vector>

#include "ops/categories.h"
#include "ops/lookup.h"

namespace kerascope::ops {

/// How texts become tokens, as Keras's TextVectorization makes them.
struct Tokenizer {
  enum class Split { kNone, kWhitespace, kCharacter };  ///< kWhitespace: ASCII's
  bool lower = false;                                   ///< ASCII letters
  bool strip_punctuation = false;                       ///< of ASCII
  Split split = Split::kWhitespace;
  /// Tokens are runs of so many parts, joined by blanks: for each width all runs of the text. Without either, the
  /// parts.
  std::optional<std::int64_t> most_ngrams;  ///< all widths from 1 to this
  std::vector<std::int64_t> ngram_widths;

  bool makes_ngrams() const { return most_ngrams || !ngram_widths.empty(); }
  /// How many tokens are made of so many parts.
  std::int64_t tokens_of(std::int64_t parts) const;
  /// The most tokens that one row of (.., T) texts has.
  std::int64_t most_tokens(const Tensor& texts) const;
};

/// (.., T) texts -> (.., length) int64: the numbers of the tokens of T texts that stand in a row. 0 pads.
/// @param other  the number of tokens that the vocabulary, which holds texts, does not
/// @throws Error{type-mismatch} if there are no texts
Value token_numbers(Graph& graph, Value texts, const Tokenizer& tokenizer, const Vocabulary& vocabulary,
                    std::int64_t other, std::int64_t length);
/// (.., T) texts -> (.., depth) float32: the tokens' numbers as a vector. Numbers outside of it are ignored.
Value token_counts(Graph& graph, Value texts, const Tokenizer& tokenizer, const Vocabulary& vocabulary,
                   std::int64_t other, const CategoriesOptions& options);

}  // namespace kerascope::ops
