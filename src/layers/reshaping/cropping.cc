// (N, H, W, C) -> (N, H - top - bottom, W - left - right, C)
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "layers/reshaping/common.h"

namespace kerascope::layers {

void fields(of_rank<Cropping> auto& layer, auto&& field) {
  field("cropping", layer.cropping);
  if constexpr (!of<decltype(layer), Cropping1D>) field("data_format", layer.data_format);
}

template <int Rank>
Outputs build(const Cropping<Rank>& layer, Build& b) {
  b.require_rank(Rank + 2);
  require_no_negative(b, "cropping", layer.cropping);
  Borders<Rank> cut = 0;
  for (int i = 0; i < Rank; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto [before, after] = layer.cropping[at];
    const int axis = tensor_axis(i, layer.data_format);
    if (before + after >= b.shape()[axis])
      b.fail("shape-mismatch",
             fmt::format("layer '{}' ({}) cuts {} and {} off axis {} of {}, and nothing of its {} remains",
                         b.layer().name, b.layer().class_name, before, after, axis, b.shape().str(), b.shape()[axis]));
    cut[at] = {-before, -after};
  }
  return with_borders(b, cut, layer.data_format);
}

const Register<Cropping1D> registered_1d{"Cropping1D"};
const Register<Cropping2D> registered_2d{"Cropping2D"};
const Register<Cropping3D> registered_3d{"Cropping3D"};

}  // namespace kerascope::layers
