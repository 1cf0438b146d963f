// Tables of tokens, which are texts or whole numbers, and of the number that each has.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// Where a token or a number stands twice, its last entry counts.
struct Vocabulary {
  Tensor tokens;                      ///< (n) of strings or int64
  std::vector<std::int64_t> numbers;  ///< n
};

/// What becomes of tokens that the table does not hold.
struct OutOfVocabulary {
  enum class Hash {
    kFarmHash,  ///< FarmHash64 of the token as text
    kModulo     ///< the number itself
  };
  std::int64_t first = 0, count = 1;  ///< they are spread over so many numbers; with none a run throws
  Hash hash = Hash::kFarmHash;
};

/// Tokens -> their numbers, int64. A run throws Error{token-unknown} if other tokens have no numbers.
/// @throws Error{type-mismatch} for texts in a table of numbers, and the other way round
Value number_of_token(Graph& graph, Value tokens, Vocabulary vocabulary, const OutOfVocabulary& others);
/// Numbers -> their tokens. Those that the table does not hold become `otherwise`, a tensor of one token.
Value token_of_number(Graph& graph, Value numbers, Vocabulary vocabulary, Tensor otherwise);

/// The hash that TensorFlow's to_hash_bucket_fast takes (FarmHash's Fingerprint64).
std::uint64_t farm_hash(std::string_view text);

}  // namespace kerascope::ops
