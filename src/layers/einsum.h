// Products of two tensors in Einstein's notation.
#pragma once

#include <string>

#include "ops/graph.h"

namespace kerascope::layers {

/// The axes of two operands and of their product, a letter each: "abc", "cd", "abd". An axis of both operands that the
/// product lacks is summed, as is one that only one operand has.
struct Einsum {
  std::string left, right, out;
};

/// @throws Error{einsum-invalid} if a letter stands twice in an operand, or the product has one that none has;
/// Error{shape-mismatch} if the shapes do not fit the letters, or each other
Value einsum(Graph& graph, const Einsum& axes, Value left, Value right);

}  // namespace kerascope::layers
