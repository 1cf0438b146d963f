// Convolutions.
#pragma once

#include <optional>

#include "ops/graph.h"
#include "ops/spatial.h"

namespace kerascope::ops {

struct ConvOptions {
  Spatial strides;    ///< empty: all 1
  Spatial dilations;  ///< empty: all 1; counted as Keras counts, 1 is dense
  Padding padding = Padding::kValid;
  std::int64_t groups = 1;
};
/// (N, spatial.., C) with kernel (spatial.., C/groups, O) and bias (O) -> (N, spatial.., O). 1 to 3 spatial axes.
/// Correlates, as TensorFlow does. Output channel o belongs to group o / (O/groups).
Value conv(Graph& graph, Value x, Value kernel, std::optional<Value> bias, const ConvOptions& options);
/// (N, spatial.., C) with kernel (spatial.., C, M) and bias (C*M) -> (N, spatial.., C*M); output channel c*M + m.
/// options.groups is not used.
Value depthwise_conv(Graph& graph, Value x, Value kernel, std::optional<Value> bias, const ConvOptions& options);

}  // namespace kerascope::ops
