// Random numbers of the training phase.
#pragma once

#include "ops/graph.h"

namespace kerascope::ops {

enum class Distribution {
  kKeepMask,  ///< 1 / (1 - a) with probability 1 - a, else 0: Dropout's factor with a = rate
  kNormal,    ///< mean a, standard deviation b
};
/// Random numbers that depend only on (the run's seed, key, position): neither taps nor threads change them.
struct RandomOptions {
  Distribution distribution = Distribution::kKeepMask;
  float a = 0, b = 0;
  std::uint64_t key = 0;
};
Value random(Graph& graph, Shape shape, const RandomOptions& options);

}  // namespace kerascope::ops
