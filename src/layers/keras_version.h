// The version of Keras that wrote a model, for layers whose meaning changed within one.
#pragma once

#include <utility>

#include "layers/build.h"

namespace kerascope::layers {

/// Major and minor: {3, 4}. Of a model in code, which is as today's Keras, the minor is 99; without a version {1, 0}.
std::pair<int, int> keras_version(const Build& b);

}  // namespace kerascope::layers
