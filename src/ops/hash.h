// Hashes of texts and whole numbers, as TensorFlow computes them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

/// FarmHash's Fingerprint64, which TensorFlow's to_hash_bucket_fast takes.
std::uint64_t farm_hash(std::string_view text);
/// SipHash-2-4, which TensorFlow's to_hash_bucket_strong takes.
std::uint64_t sip_hash(std::string_view text, const std::array<std::uint64_t, 2>& key);

struct HashOptions {
  std::int64_t first = 0, count = 1;                     ///< the numbers that the hash chooses from
  std::optional<std::array<std::uint64_t, 2>> key = {};  ///< of SipHash; nothing: FarmHash
  /// Elements equal to these become 0: texts, numbers.
  std::optional<std::string> zero_text = {};
  std::optional<std::int64_t> zero_number = {};
};
/// Texts, or numbers as decimal texts without their fractions -> int64. @throws Error{type-mismatch} for bools
Value hashed(Graph& graph, Value x, const HashOptions& options);

/// Hashes of elements that stand at the same place of all inputs, which have one shape -> int64 below `count`.
/// @throws Error{type-mismatch} if an input holds neither texts nor whole numbers
Value cross_hashed(Graph& graph, std::vector<Value> inputs, std::int64_t count);

}  // namespace kerascope::ops
