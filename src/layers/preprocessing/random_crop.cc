// Crops pictures, at a random place in the training phase. (N, H, W, C) -> (N, height, width, C)
//
// Versions of Keras differ at inference:
//   up to 2.6   resizes until one side fits, then crops the other side around its centre
//   up to 3.5   resizes the largest centre crop of the wanted proportions
//   3.6, 3.7    crops to the wanted size from that crop's corner; resizes if the picture is too small
//   since 3.8   does nothing, whatever shape the layer declares
#include "base/check.h"
#include "kerascope/layers/augmentation.h"
#include "layers/keras_version.h"
#include "layers/preprocessing/augmentation.h"
#include "layers/preprocessing/pictures.h"
#include "layers/registry.h"

namespace kerascope::layers {
namespace {

enum class Inference { kResizeThenCut, kCutThenResize, kCutAtCorner, kNothing };

Inference inference_of(const std::pair<int, int>& version) {
  if (version < std::pair(2, 7)) return Inference::kResizeThenCut;
  if (version < std::pair(3, 6)) return Inference::kCutThenResize;
  return version < std::pair(3, 8) ? Inference::kCutAtCorner : Inference::kNothing;
}

}  // namespace

void fields(of<RandomCrop> auto& layer, auto&& field) {
  field.required("height", layer.height);
  field.required("width", layer.width);
  field("data_format", layer.data_format);
  field.ignored("seed");
  field.ignored("rng_type");
}

Outputs build(const RandomCrop& layer, Build& b) {
  const Pictures pictures(b, layer.data_format, {layer.height, layer.width});
  const Inference inference = inference_of(keras_version(b));
  const std::string axes = map_axes(layer.data_format);
  const Value x = pictures.input();
  const auto at_corner = [&] {
    return pictures.resized(pictures.cut(x, pictures.middle(x).corner, pictures.wanted()));
  };
  if (b.training() && pictures.is_at_least_wanted(x)) {
    note_stillness(b, "cuts the middle out");
    return b.with_axes(pictures.centre(x), axes);
  }
  switch (inference) {
    case Inference::kResizeThenCut: {
      auto [height, width] = pictures.size(x);
      const bool is_tall = height * layer.width > width * layer.height;
      const PictureSize size = is_tall ? PictureSize{layer.width * height / width, layer.width}
                                       : PictureSize{layer.height, layer.height * width / height};
      const Pictures larger(b, layer.data_format, size);
      return b.with_axes(pictures.centre(larger.resized(x)), axes);
    }
    case Inference::kCutThenResize:
      return b.with_axes(pictures.fitted(x), axes);
    case Inference::kCutAtCorner:
      return b.with_axes(at_corner(), axes);
    case Inference::kNothing:
      return b.with_axes(b.training() ? at_corner() : x, axes);
  }
  KERASCOPE_CHECK(false);
}

const Register<RandomCrop> registered{"RandomCrop"};

}  // namespace kerascope::layers
