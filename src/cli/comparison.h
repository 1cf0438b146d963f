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
};

struct Comparison {
  std::vector<ComparedRow> rows;       ///< in A's order; at the end what only B has
  const ComparedRow* first = nullptr;  ///< the first that both have and that parts
  std::int64_t parted = 0;
};

/// A row parts where its relative distance is above the tolerance, its shapes differ, or one side lacks it.
Comparison compare(const Side& a, const Side& b, double tolerance);

/// Takes over the order of `other` where the side has none of its own.
void put_in_order(Side& side, const Side& other);

}  // namespace kerascope::cli
