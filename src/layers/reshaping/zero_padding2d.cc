// (N, H, W, C) -> (N, top + H + bottom, left + W + right, C)
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "ops/ops.h"

namespace kerascope::layers {

void fields(of<ZeroPadding2D> auto& layer, auto&& field) {
  field("padding", layer.padding);
  field("data_format", layer.data_format);
}

Outputs build(const ZeroPadding2D& layer, Build& b) {
  b.require_rank(4);
  for (const Size<2>& pair : layer.padding)
    if (pair[0] < 0 || pair[1] < 0)
      b.fail("config-type", fmt::format("'padding' of layer '{}' (ZeroPadding2D) has {} and {}, not at least 0",
                                        b.layer().name, pair[0], pair[1]));
  const Size<2> &height = layer.padding[0], &width = layer.padding[1];
  ops::PadOptions options;
  if (layer.data_format == DataFormat::kChannelsLast)
    options.sizes = {{0, 0}, height, width, {0, 0}};
  else
    options.sizes = {{0, 0}, {0, 0}, height, width};
  return b.with_axes(ops::pad(b.graph, b.input(), options), map_axes(layer.data_format));
}

const Register<ZeroPadding2D> registered{"ZeroPadding2D"};

}  // namespace kerascope::layers
