// The layers that change pictures in the training phase only: y = x. (...) -> (...)
#include <array>
#include <span>

#include "kerascope/layers/augmentation.h"
#include "layers/preprocessing/augmentation.h"
#include "layers/registry.h"

namespace kerascope::layers {

std::span<const std::string_view> names_of(FillMode) {
  static constexpr std::array<std::string_view, 5> kNames = {"constant", "nearest", "reflect", "wrap", "mirror"};
  return kNames;
}

std::span<const std::string_view> names_of(FlipMode) {
  static constexpr std::array<std::string_view, 3> kNames = {"horizontal", "vertical", "horizontal_and_vertical"};
  return kNames;
}

/// Only in files: Keras can put it into a model only inside a Pipeline.
struct Equalization {
  Factor value_range = {0, 255};
  std::int64_t bins = 256;
  DataFormat data_format = DataFormat::kChannelsLast;
};

/// The keys of all these layers; each layer has some of them. A factor without a default is required.
template <typename Layer>
void fields(Layer& layer, auto&& field) {
  const auto factor = [&](const char* key, auto& value, bool is_required) {
    field.one_or_many(key, value);
    if (is_required && value.empty()) field.required(key, value);
  };
  if constexpr (requires { layer.mode; }) field("mode", layer.mode);
  if constexpr (requires { layer.max_number; }) field.required("max_number", layer.max_number);
  if constexpr (of<Layer, RandomGrayscale>)
    field("factor", layer.factor);
  else if constexpr (requires { layer.factor; })
    factor("factor", layer.factor, true);
  if constexpr (requires { layer.height_factor; }) {
    factor("height_factor", layer.height_factor, true);
    factor("width_factor", layer.width_factor, of<Layer, RandomTranslation>);
  }
  if constexpr (requires { layer.brightness_factor; }) {
    factor("brightness_factor", layer.brightness_factor, false);
    factor("contrast_factor", layer.contrast_factor, false);
    factor("saturation_factor", layer.saturation_factor, false);
    factor("hue_factor", layer.hue_factor, false);
  }
  if constexpr (requires { layer.x_factor; }) {
    factor("x_factor", layer.x_factor, true);
    factor("y_factor", layer.y_factor, true);
  }
  if constexpr (requires { layer.addition_factor; }) {
    factor("addition_factor", layer.addition_factor, true);
    factor("threshold_factor", layer.threshold_factor, true);
  }
  if constexpr (requires { layer.scale; }) factor("scale", layer.scale, true);
  if constexpr (requires { layer.sigma; }) factor("sigma", layer.sigma, true);
  if constexpr (requires { layer.alpha; }) field("alpha", layer.alpha);
  if constexpr (requires { layer.kernel_size; }) field("kernel_size", layer.kernel_size);
  if constexpr (requires { layer.bins; }) field("bins", layer.bins);
  if constexpr (requires { layer.num_ops; }) field("num_ops", layer.num_ops);
  if constexpr (requires { layer.num_chains; }) {
    field("num_chains", layer.num_chains);
    field("chain_depth", layer.chain_depth);
    field("all_ops", layer.all_ops);
  }
  if constexpr (requires { layer.fill_mode; }) field("fill_mode", layer.fill_mode);
  if constexpr (requires { layer.fill_value; }) field("fill_value", layer.fill_value);
  if constexpr (requires { layer.interpolation; }) field("interpolation", layer.interpolation);
  if constexpr (requires { layer.value_range; }) field("value_range", layer.value_range);
  if constexpr (requires { layer.data_format; })
    field("data_format", layer.data_format);
  else
    field.ignored("data_format");
  field.ignored("seed");
  field.ignored("rng_type");
  field.ignored("bounding_box_format");
}

/// Visits a layer's keys, as a reader and a writer do, and refuses values that Keras refuses.
struct NumberCheck {
  const Build& b;

  void one_or_many(const char* key, const Factor& value) const {
    if (value.size() > 2) b.refuse(key, fmt::format("({})", fmt::join(value, ", ")), "one number or two");
  }
  void required(const char* key, const Factor& value) const {
    if (value.empty()) b.refuse(key, "()", "one number or two");
  }
  void operator()(const char*, const Factor& value_range) const { range_of(b, value_range); }
  template <typename T>
  void required(const char*, const T&) const {}
  template <typename T>
  void operator()(const char*, const T&) const {}
  void ignored(const char*) const {}
};

template <typename Layer>
Outputs build(const Layer& layer, Build& b) {
  fields(layer, NumberCheck{b});
  if constexpr (!of<Layer, MaxNumBoundingBoxes>) note_stillness(b);
  return b.same_axes(b.input());
}

const Register<RandomFlip> random_flip{"RandomFlip"};
const Register<RandomRotation> random_rotation{"RandomRotation"};
const Register<RandomZoom> random_zoom{"RandomZoom"};
const Register<RandomTranslation> random_translation{"RandomTranslation"};
const Register<RandomShear> random_shear{"RandomShear"};
const Register<RandomPerspective> random_perspective{"RandomPerspective"};
const Register<RandomElasticTransform> random_elastic_transform{"RandomElasticTransform"};
const Register<RandomHeight> random_height{"RandomHeight"};
const Register<RandomWidth> random_width{"RandomWidth"};
const Register<RandomBrightness> random_brightness{"RandomBrightness"};
const Register<RandomContrast> random_contrast{"RandomContrast"};
const Register<RandomColorDegeneration> random_color_degeneration{"RandomColorDegeneration"};
const Register<RandomSaturation> random_saturation{"RandomSaturation"};
const Register<RandomHue> random_hue{"RandomHue"};
const Register<RandomSharpness> random_sharpness{"RandomSharpness"};
const Register<RandomColorJitter> random_color_jitter{"RandomColorJitter"};
const Register<RandomPosterization> random_posterization{"RandomPosterization"};
const Register<RandomGrayscale> random_grayscale{"RandomGrayscale"};
const Register<RandomInvert> random_invert{"RandomInvert"};
const Register<Solarization> solarization{"Solarization"};
const Register<Equalization> equalization{"Equalization"};
const Register<RandomGaussianBlur> random_gaussian_blur{"RandomGaussianBlur"};
const Register<RandomErasing> random_erasing{"RandomErasing"};
const Register<CutMix> cut_mix{"CutMix"};
const Register<MixUp> mix_up{"MixUp"};
const Register<AugMix> aug_mix{"AugMix"};
const Register<RandAugment> rand_augment{"RandAugment"};
const Register<MaxNumBoundingBoxes> max_num_bounding_boxes{"MaxNumBoundingBoxes"};

}  // namespace kerascope::layers
