// Crops pictures around their centre. (N, H, W, C) -> (N, height, width, C)
#include "kerascope/layers/preprocessing.h"
#include "layers/preprocessing/pictures.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<CenterCrop> auto& layer, auto&& field) {
  field.required("height", layer.height);
  field.required("width", layer.width);
  field("data_format", layer.data_format);
}

Outputs build(const CenterCrop& layer, Build& b) {
  const Pictures pictures(b, layer.data_format, {layer.height, layer.width});
  const Value x = pictures.input();
  return b.with_axes(pictures.is_at_least_wanted(x) ? pictures.centre(x) : pictures.fitted(x),
                     map_axes(layer.data_format));
}

const Register<CenterCrop> registered{"CenterCrop"};

}  // namespace kerascope::layers
