// Transposed convolutions.
#pragma once

#include <optional>

#include "ops/graph.h"
#include "ops/spatial.h"

namespace kerascope::ops {

struct ConvTransposeOptions {
  Spatial strides;                    ///< empty: all 1
  Spatial dilations;                  ///< empty: all 1
  Padding padding = Padding::kValid;  ///< or kSame
  /// Less than the strides. Chooses between the output sizes that a convolution would map to the input's size. If not
  /// given: the input's size times the stride; with kValid more by what the kernel is larger than the stride.
  std::optional<Spatial> output_padding;
};
/// (N, spatial.., C) with kernel (spatial.., O, C) and bias (O) -> (N, spatial.., O): each position of x adds its
/// numbers times the kernel to the output; neighbours are a stride apart there. 1 to 3 spatial axes.
Value conv_transpose(Graph& graph, Value x, Value kernel, std::optional<Value> bias,
                     const ConvTransposeOptions& options);

}  // namespace kerascope::ops
