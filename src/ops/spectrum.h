// Short-time Fourier transform of real signals.
#pragma once

#include <vector>

#include "ops/graph.h"

namespace kerascope::ops {

struct SpectrumOptions {
  std::vector<float> window;  ///< one factor per step of a frame; its length is that of the transform
  std::int64_t stride = 1;    ///< steps between frames
};
/// (.., T) -> (.., frames, L/2 + 1): magnitudes of the Fourier transforms of frames of L steps. The signal is mirrored
/// by L/2 steps at both ends, so that the first frame is centred at the first step.
/// @throws Error{shape-mismatch} if the signal has no more than L/2 steps
Value magnitude_spectrum(Graph& graph, Value x, const SpectrumOptions& options);

}  // namespace kerascope::ops
