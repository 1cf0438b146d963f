// Interpolation along axes.
#pragma once

#include <vector>

#include "kerascope/interpolation.h"
#include "ops/graph.h"

namespace kerascope::ops {

/// Interpolates along each axis that is named with its new size, as tf.image.resize does.
struct ResizeOptions {
  struct AxisSize {
    int axis;
    std::int64_t size;
  };
  std::vector<AxisSize> sizes;
  Interpolation interpolation = Interpolation::kNearest;
  bool antialias = false;  ///< if an axis shrinks, the filter is widened so that every number counts
};
Value resize(Graph& graph, Value x, const ResizeOptions& options);

}  // namespace kerascope::ops
