// Two sides address by address, and where they part first.
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
  Distance distance;               ///< kBoth only
  float value_a = 0, value_b = 0;  ///< where the difference is largest
  bool parts = false;
  std::vector<std::string> assumes = {};  ///< of either side, as an Activation's
};

struct Comparison {
  std::vector<ComparedRow> rows;       ///< in A's order; what only B has stands behind what it follows there
  const ComparedRow* first = nullptr;  ///< the first that both have and that parts
  std::int64_t parted = 0;
};

/// A row parts where its relative distance is above the tolerance, its shapes differ, or one side lacks it.
Comparison compare(const Side& a, const Side& b, double tolerance);

/// Keras numbers layers anew in each model (conv2d, conv2d_1): where names differ, as many tensors of the same shapes
/// in the same order are the same layers, and B's get A's names.
/// @return  "conv2d_1 with conv2d_7", the first of them; empty where the names stay
std::string match_by_order(const Side& a, Side& b);

/// Takes over the order of `other` where that says more about depth.
void put_in_order(Side& side, const Side& other);

}  // namespace kerascope::cli
