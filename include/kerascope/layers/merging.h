// keras.layers: merging of several inputs.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

/// The sum of all inputs, element by element, with broadcasting.
struct Add {};

/// The product of all inputs, element by element, with broadcasting.
struct Multiply {};

/// The inputs joined along an axis.
struct Concatenate {
  std::int64_t axis = -1;
};

}  // namespace kerascope::layers
