// Conversion between the types of elements.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

/// The value itself if it has the type. To an integer, fractions are cut off, and numbers saturate at the type's
/// limits; to bool, all but 0 is true. @throws Error{type-mismatch} from and to strings
Value cast(Graph& graph, Value x, DType dtype);

/// The type in which two values meet, as Keras promotes them: float32 with anything that is not an integer or bool.
/// @throws Error{type-mismatch} for a string with a number
DType common_type(DType left, DType right);

}  // namespace kerascope::ops
