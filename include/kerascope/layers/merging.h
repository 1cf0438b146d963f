// keras.layers: merging of several inputs.
#pragma once

#include "kerascope/layers/common.h"

namespace kerascope::layers {

// Elementwise with broadcasting; inputs with fewer axes get axes of size 1 after the batch. (...), .. -> (...)
//
//     const ks::KerasTensor x = ks::Input({8, 8, 3}), sum = ks::layer(kl::Add{})({x, x, x});

/// The sum of all inputs. All layers here take two or more inputs, except Subtract and Dot, which take two.
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

/// The inputs joined along an axis; other axes must be equal. (N, H, W, C), (N, H, W, D) -> (N, H, W, C + D)
struct Concatenate {
  std::int64_t axis = -1;  ///< the batch's is 0
};

/// The products of two inputs, summed along an axis of each: (N, a.., K, b..), (N, c.., K, d..) -> (N, a.., b.., c..,
/// d..), or (N, 1) if no other axis remains.
struct Dot {
  Size<2> axes = {-1, -1};  ///< one per input; required by Keras. The batch's is 0 and cannot be summed over
  bool normalize = false;   ///< scales the inputs to length 1 along that axis first
};

}  // namespace kerascope::layers
