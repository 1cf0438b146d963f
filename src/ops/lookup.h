// Tables that map tokens (texts or integers) to numbers.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// If a token or a number occurs twice, its last entry counts.
struct Vocabulary {
  Tensor tokens;                      ///< (n) of strings or int64
  std::vector<std::int64_t> numbers;  ///< n
};

/// What tokens that are not in the table are mapped to.
struct OutOfVocabulary {
  enum class Hash {
    kFarmHash,  ///< FarmHash64 of the token as text
    kModulo     ///< the number itself
  };
  std::int64_t first = 0, count = 1;  ///< the numbers that the hash chooses from; if count is 0, a run throws
  Hash hash = Hash::kFarmHash;
};

/// Tokens -> their numbers, int64. A run throws Error{token-unknown} for a token without a number.
/// @throws Error{type-mismatch} for texts in a table of numbers, and the other way round
Value number_of_token(Graph& graph, Value tokens, Vocabulary vocabulary, const OutOfVocabulary& others);
/// Numbers -> their tokens. Numbers that are not in the table become `otherwise`, a tensor of one token.
Value token_of_number(Graph& graph, Value numbers, Vocabulary vocabulary, Tensor otherwise);

}  // namespace kerascope::ops
