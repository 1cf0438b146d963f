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
  kArctan2,  ///< the angle of (right, left)
  kPrelu,    ///< max(left, 0) - right * max(-left, 0)
};
/// NumPy's broadcasting.
Value binary(Graph& graph, Value left, Value right, Binary function);

}  // namespace kerascope::ops
