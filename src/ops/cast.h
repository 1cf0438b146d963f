// Other types for the same numbers.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// The value itself where it has the type. Towards an integer a number is cut off, and limited to what the type can
/// hold; to bool, what is not 0 is true. @throws Error{type-mismatch} from and to strings
Value cast(Graph& graph, Value x, DType dtype);

/// The type in which two values meet, as Keras promotes them: float32 with anything that is not an integer or bool.
/// @throws Error{type-mismatch} for a string with a number
DType common_type(DType left, DType right);

}  // namespace kerascope::ops
