// Comparisons and logic.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

enum class Comparison { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual };
/// NumPy's broadcasting; gives bool. Integers are compared exactly; texts by kEqual and kNotEqual only.
/// @throws Error{type-mismatch}
Value compare(Graph& graph, Value left, Value right, Comparison comparison);

enum class Logical { kAnd, kOr, kXor };
/// Of bools; of other types all but 0 is true. NumPy's broadcasting.
Value logical(Graph& graph, Value left, Value right, Logical function);
Value logical_not(Graph& graph, Value x);

/// Whether any, or all, of the bools along `axes` (each from 0) are true; the axes vanish or, with keepdims, become 1.
enum class Quantifier { kAny, kAll };
Value quantify(Graph& graph, Value x, Quantifier quantifier, std::vector<int> axes, bool keepdims = false);

}  // namespace kerascope::ops
