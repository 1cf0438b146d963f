// Elementwise functions of two arguments.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

enum class Binary {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kMaximum,
  kMinimum,
  kPower,
  kArctan2,      ///< the angle of (right, left)
  kMod,          ///< has the sign of the right side, as in Python
  kFloorDivide,  ///< rounded down
  kFmod,         ///< has the sign of the left side, as in C
  kHypot,
  kLogaddexp,   ///< log(exp(left) + exp(right))
  kLogaddexp2,  ///< the same to the base of 2
  kHeaviside,   ///< 0 for left < 0, 1 for left > 0, right for 0
  kFmax,        ///< as kMaximum, but of a number and NaN the number
  kFmin,
  kDivideNoNan,    ///< 0 if right is 0
  kMultiplyNoNan,  ///< 0 if right is 0, whatever left is
  kNextafter,
  kBitwiseAnd,  ///< of integers and bools alone, as all that follow
  kBitwiseOr,
  kBitwiseXor,
  kLeftShift,
  kRightShift,
  kGcd,
  kLcm,
  kPrelu,  ///< max(left, 0) - right * max(-left, 0)
};
/// NumPy's broadcasting. Integers with integers stay integers, except by kDivide and what is no function of integers.
/// A run throws Error{division-by-zero} for integers that are divided by 0, and for a negative power of them.
/// @throws Error{type-mismatch} for floats that need to be integers
Value binary(Graph& graph, Value left, Value right, Binary function);

}  // namespace kerascope::ops
