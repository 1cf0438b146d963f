// What quantised layers do with their numbers.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// The numbers of a type with few bits.
enum class Grid {
  kIntegers,
  kFloat8,    ///< e4m3fn: 4 bits for the exponent, 3 for the mantissa, no infinity; at most 448
  kBfloat16,  ///< the upper half of a float32
};
/// Each number as the nearest one of the grid that is not beyond `low` and `high`; halfway between two it becomes the
/// even one. NaN stays NaN.
struct RoundOptions {
  Grid grid = Grid::kIntegers;
  float low = -__builtin_huge_valf(), high = __builtin_huge_valf();
};
Value round_to(Graph& graph, Value x, const RoundOptions& options);

/// Bytes that hold two numbers each, the first in the lower four bits -> those numbers.
struct NibbleOptions {
  int axis = 0;           ///< along which two numbers share a byte
  std::int64_t size = 0;  ///< of that axis in the output; if it is odd the last byte holds one number
  bool is_signed = true;  ///< -8 to 7, otherwise 0 to 15
};
Value unpack_nibbles(Graph& graph, Value bytes, const NibbleOptions& options);

}  // namespace kerascope::ops
