// Resizes pictures. (N, H, W, C) -> (N, height, width, C)
#include "kerascope/layers/preprocessing.h"
#include "layers/preprocessing/pictures.h"
#include "layers/registry.h"

namespace kerascope::layers {

void fields(of<Resizing> auto& layer, auto&& field) {
  field.required("height", layer.height);
  field.required("width", layer.width);
  field("interpolation", layer.interpolation);
  field("crop_to_aspect_ratio", layer.crop_to_aspect_ratio);
  field("pad_to_aspect_ratio", layer.pad_to_aspect_ratio);
  field("fill_value", layer.fill_value);
  field("antialias", layer.antialias);
  field("data_format", layer.data_format);
  field.ignored("fill_mode");  // Keras knows "constant" only
}

Outputs build(const Resizing& layer, Build& b) {
  const Pictures pictures(b, layer.data_format, {layer.height, layer.width});
  if (layer.crop_to_aspect_ratio && layer.pad_to_aspect_ratio)
    b.fail("config-type", fmt::format("layer '{}' (Resizing) has both crop_to_aspect_ratio and pad_to_aspect_ratio, of "
                                      "which only one may be true",
                                      b.layer().name));
  if (b.keras_major() >= 3 &&
      (layer.interpolation == Interpolation::kArea || layer.interpolation == Interpolation::kGaussian ||
       layer.interpolation == Interpolation::kMitchellCubic))
    b.fail("config-type",
           fmt::format("'interpolation' of layer '{}' (Resizing) is {}, which Keras 3 cannot compute", b.layer().name,
                       kInterpolationNames[static_cast<std::size_t>(layer.interpolation)]));
  Value x = pictures.input();
  if (layer.crop_to_aspect_ratio) {
    x = pictures.fitted(x, layer.interpolation, layer.antialias);
  } else {
    if (layer.pad_to_aspect_ratio) {
      // The same padding on both sides, so an odd pixel is left out.
      PictureSize border;
      for (std::size_t i = 0; i < 2; ++i)
        border[i] = std::max<std::int64_t>(pictures.proportional(x)[i] - pictures.size(x)[i], 0) / 2;
      x = pictures.padded(x, border, layer.fill_value);
    }
    x = pictures.resized(x, layer.interpolation, layer.antialias);
  }
  return b.with_axes(x, map_axes(layer.data_format));
}

const Register<Resizing> registered{"Resizing"};

}  // namespace kerascope::layers
