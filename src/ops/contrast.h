// Contrast of pictures.
#pragma once

#include <array>

#include "ops/graph.h"

namespace kerascope::ops {

/// (N, H, W, C): each channel of each picture is stretched from its own range to [low, high]; a constant one stays.
Value auto_contrast(Graph& graph, Value x, float low, float high);

/// Contrast limited adaptive histogram equalization: (N, H, W, C), each channel by itself.
struct ClaheOptions {
  std::array<std::int64_t, 2> tiles = {8, 8};  ///< down and across
  float clip_limit = 4;                        ///< limit of a histogram's bin, in multiples of the mean bin; 0: none
  float low = 0, high = 255;                   ///< the pictures' range
};
Value clahe(Graph& graph, Value x, const ClaheOptions& options);

}  // namespace kerascope::ops
