// (N, H, W, C) -> (N, H * size[0], W * size[1], C)
#include "kerascope/layers/reshaping.h"
#include "layers/registry.h"
#include "layers/reshaping/common.h"
#include "ops/resize.h"

namespace kerascope::layers {

void fields(of_rank<UpSampling> auto& layer, auto&& field) {
  if constexpr (of<decltype(layer), UpSampling1D>) {
    field("size", layer.size[0]);  // Keras refuses a list
  } else {
    field("size", layer.size);
    field("data_format", layer.data_format);
  }
  if constexpr (requires { layer.interpolation; }) field("interpolation", layer.interpolation);
}

template <int Rank>
Outputs build(const UpSampling<Rank>& layer, Build& b) {
  constexpr std::int64_t kMost = 1 << 20;
  b.require_rank(Rank + 2);
  ops::ResizeOptions options;
  for (int i = 0; i < Rank; ++i) {
    const std::int64_t times = layer.size[static_cast<std::size_t>(i)];
    if (times < 1 || times > kMost)
      b.fail("config-type", fmt::format("'size' of layer '{}' ({}) has {}, not 1 to {}", b.layer().name,
                                        b.layer().class_name, times, kMost));
    const int axis = tensor_axis(i, layer.data_format);
    options.sizes.push_back({axis, b.shape()[axis] * times});
  }
  if constexpr (requires { layer.interpolation; }) {
    options.interpolation = layer.interpolation;
    const bool is_older =
        options.interpolation == Interpolation::kGaussian || options.interpolation == Interpolation::kMitchellCubic;
    if (is_older && b.keras_major() >= 3)
      b.fail("config-type",
             fmt::format("'interpolation' of layer '{}' ({}) is {}, which Keras 3 cannot compute", b.layer().name,
                         b.layer().class_name, kInterpolationNames[static_cast<std::size_t>(options.interpolation)]));
  }
  return b.with_axes(ops::resize(b.graph, b.input(), options), map_axes(layer.data_format, Rank));
}

const Register<UpSampling1D> registered_1d{"UpSampling1D"};
const Register<UpSampling2D> registered_2d{"UpSampling2D"};
const Register<UpSampling3D> registered_3d{"UpSampling3D"};

}  // namespace kerascope::layers
