// Compares two sides address by address, and finds where they start to differ.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/distance.h"
#include "cli/side.h"

namespace kerascope::cli {

struct ComparedRow {
  enum class Kind { kBoth, kShapes, kOnlyA, kOnlyB } kind = Kind::kBoth;
  std::string address, axes;
  Shape a, b;
  Distance distance;               ///< only for kBoth
  float value_a = 0, value_b = 0;  ///< at the place of the largest difference
  bool parts = false;
  std::vector<std::string> assumes = {};  ///< of both sides, as in Activation
};

struct Comparison {
  std::vector<ComparedRow> rows;       ///< in A's order; a row that only B has follows the row that precedes it in B
  const ComparedRow* first = nullptr;  ///< the first differing row that both sides have
  std::int64_t parted = 0;
};

/// A row `parts` (differs) if its relative distance is above the tolerance, its shapes differ, or one side lacks it.
Comparison compare(const Side& a, const Side& b, double tolerance);

/// Keras's numbers in layer names (conv2d, conv2d_1) differ between models. If names differ, but both sides have as
/// many tensors with the same shapes in the same order, B's get A's names.
/// @return  the first renamed pair, "conv2d_1 with conv2d_7"; empty if the names stay
std::string match_by_order(const Side& a, Side& b);

/// Adopts the order of `other` if that tells more about depth.
void put_in_order(Side& side, const Side& other);

}  // namespace kerascope::cli
