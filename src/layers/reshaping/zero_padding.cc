// (N, H, W, C) -> (N, top + H + bottom, left + W + right, C)
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "layers/reshaping/common.h"

namespace kerascope::layers {

void fields(of_rank<ZeroPadding> auto& layer, auto&& field) {
  field("padding", layer.padding);
  field("data_format", layer.data_format);
}

template <int Rank>
Outputs build(const ZeroPadding<Rank>& layer, Build& b) {
  b.require_rank(Rank + 2);
  require_no_negative(b, "padding", layer.padding);
  return with_borders(b, layer.padding, layer.data_format);
}

const Register<ZeroPadding1D> registered_1d{"ZeroPadding1D"};
const Register<ZeroPadding2D> registered_2d{"ZeroPadding2D"};
const Register<ZeroPadding3D> registered_3d{"ZeroPadding3D"};

}  // namespace kerascope::layers
