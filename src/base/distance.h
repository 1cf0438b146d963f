// Measures how far two tensors are apart.
#pragma once

#include <span>

#include "kerascope/distance.h"

namespace kerascope {

/// One pass on all threads. Both spans must have the same size.
Distance distance(std::span<const float> a, std::span<const float> b);

}  // namespace kerascope
