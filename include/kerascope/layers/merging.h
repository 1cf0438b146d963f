// keras.layers: merging of several inputs.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

// Element by element, with broadcasting; inputs of fewer axes get axes of size 1 behind the batch's. (...), .. -> (...)
//
//     const ks::KerasTensor x = ks::Input({8, 8, 3}), sum = ks::layer(kl::Add{})({x, x, x});

/// The sum of all inputs, two or more; so with the others but Subtract and Dot, which take two.
struct Add {};

/// The first input minus the second.
struct Subtract {};

/// The product of all inputs.
struct Multiply {};

/// The mean of all inputs.
struct Average {};

/// The largest of all inputs.
struct Maximum {};

/// The smallest of all inputs.
struct Minimum {};

/// The inputs joined along an axis; the others are of equal size. (N, H, W, C), (N, H, W, D) -> (N, H, W, C + D)
struct Concatenate {
  std::int64_t axis = -1;  ///< the batch's is 0
};

/// The products of two inputs, summed along an axis of each: (N, a.., K, b..), (N, c.., K, d..) -> (N, a.., b.., c..,
/// d..), or (N, 1) where nothing else remains.
struct Dot {
  Size<2> axes = {-1, -1};  ///< of each input; Keras requires them. The batch's is 0 and cannot be summed over
  bool normalize = false;   ///< to length 1 along the axis before
};

}  // namespace kerascope::layers
