// Stretches each channel of each picture to the whole range. (N, H, W, C) -> (N, H, W, C)
#include "kerascope/layers/preprocessing.h"
#include "layers/preprocessing/augmentation.h"
#include "layers/registry.h"
#include "ops/contrast.h"

namespace kerascope::layers {

void fields(of<AutoContrast> auto& layer, auto&& field) {
  field("value_range", layer.value_range);
  field.ignored("data_format");  // Keras uses the axes 1 and 2 whatever this says
  field.ignored("bounding_box_format");
}

Outputs build(const AutoContrast& layer, Build& b) {
  const auto [low, high] = range_of(b, layer.value_range);
  b.require_rank(4);
  return b.same_axes(ops::auto_contrast(b.graph, b.input(), low, high));
}

const Register<AutoContrast> registered{"AutoContrast"};

}  // namespace kerascope::layers
