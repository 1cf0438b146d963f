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
  /// Less than the strides; which of the sizes that a convolution would bring to the input's comes out. Without it the
  /// input's size times the stride, with kValid as much more as the kernel reaches further.
  std::optional<Spatial> output_padding;
};
/// (N, spatial.., C) with kernel (spatial.., O, C) and bias (O) -> (N, spatial.., O): each number of x adds itself
/// times the kernel to the output, a stride apart. 1 to 3 spatial axes.
Value conv_transpose(Graph& graph, Value x, Value kernel, std::optional<Value> bias,
                     const ConvTransposeOptions& options);

}  // namespace kerascope::ops
