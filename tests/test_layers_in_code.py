"""Every layer that needs no weights, defined in code and saved: Keras 3 opens it and computes the same. What Keras refuses is an error."""

import json
import re

import keras
import keras.src.applications.convnext  # registers its layers
import keras.src.applications.inception_resnet_v2
import numpy as np
import pytest
from compiled import run_cpp
from small_models import edit_archive, layer
from test_headers import FAMILIES

PROLOGUE = """#include <kerascope/kerascope.h>
#include <cmath>
#include <iostream>
namespace ks = kerascope;
namespace kl = kerascope::layers;
"""
SHAPES = {1: (8, 4), 2: (8, 8, 4), 3: (8, 8, 8, 4), 0: (4,), 23: (8, 8, 3)}  # 23: pictures in colour

# name: (how many spatial axes its input has, its C++)
LAYERS = {
    **{f"{layer}{rank}D": (rank, f"kl::{layer}{rank}D{{}}") for layer in ("ZeroPadding", "Cropping", "UpSampling") for rank in (1, 2, 3)},
    **{f"{layer}{rank}D": (rank, f"kl::{layer}{rank}D{{}}") for layer in ("MaxPooling", "AveragePooling") for rank in (1, 2, 3)},
    **{f"Global{layer}{rank}D": (rank, f"kl::Global{layer}{rank}D{{}}") for layer in ("MaxPooling", "AveragePooling") for rank in (1, 2, 3)},
    **{
        f"Adaptive{layer}{rank}D": (rank, f"kl::Adaptive{layer}{rank}D{{.output_size = kl::each<{rank}>(3)}}")
        for layer in ("MaxPooling", "AveragePooling")
        for rank in (1, 2, 3)
    },
    **{f"SpatialDropout{rank}D": (rank, f"kl::SpatialDropout{rank}D{{.rate = 0.5f}}") for rank in (1, 2, 3)},
    **{layer: (1, f"kl::{layer}{{.rate = 0.5f}}") for layer in ("Dropout", "GaussianDropout", "AlphaDropout")},
    **{layer: (1, f"kl::{layer}{{}}") for layer in ("ActivityRegularization", "Identity", "ReLU", "LeakyReLU", "ELU", "Softmax")},
    "Masking": (1, "kl::Masking{}"),
    "GaussianNoise": (1, "kl::GaussianNoise{.stddev = 0.5f}"),
    "UpSampling2D lanczos3": (2, "kl::UpSampling2D{.interpolation = ks::Interpolation::kLanczos3}"),
    "Normalization": (1, "kl::Normalization{.mean = {1}, .variance = {2}}"),
    "Normalization by channel": (1, "kl::Normalization{.mean = {1, 2, 3, 4}, .variance = {2, 3, 4, 5}, .invert = true}"),
    "Normalization of everything": (1, "kl::Normalization{.axis = {}, .mean = {1}, .variance = {2}}"),
    "Discretization": (1, "kl::Discretization{.bin_boundaries = {-1, 0, 1}}"),
    "Discretization as vectors": (0, "kl::Discretization{.bin_boundaries = {0}, .output_mode = kl::Discretization::Mode::kCount}"),
    "Hashing": (1, "kl::Hashing{.num_bins = 9}"),
    "Hashing with a salt and a mask": (1, "kl::Hashing{.num_bins = 9, .mask_value = 0, .salt = {7, -8}}"),
    "MelSpectrogram": (0, "kl::MelSpectrogram{.fft_length = 4, .sequence_stride = 1, .num_mel_bins = 2}"),
    "Rescaling": (1, "kl::Rescaling{.scale = {1, 2, 3, 4}, .offset = {1}}"),
    "Softmax of two axes": (1, "kl::Softmax{.axis = {1, 2}}"),
    "Activation": (1, 'kl::Activation{"gelu"}'),
    "Activation by class": (1, 'kl::Activation{{"LeakyReLU", R"({"negative_slope": 0.1})"}}'),
    "Flatten": (2, "kl::Flatten{kl::DataFormat::kChannelsFirst}"),
    "Reshape": (1, "kl::Reshape{{-1, 2}}"),
    "Permute": (1, "kl::Permute{{2, 1}}"),
    "RepeatVector": (0, "kl::RepeatVector{3}"),
    "UnitNormalization": (1, "kl::UnitNormalization{}"),
    "StochasticDepth": (1, "kl::StochasticDepth{0.1f}"),
    "UpSampling2D area": (2, "kl::UpSampling2D{.interpolation = ks::Interpolation::kArea}"),
    **{
        layer: (23, f"kl::{layer}{{}}")
        for layer in ("RandomFlip", "RandomShear", "RandomPerspective", "RandomElasticTransform", "RandomColorJitter", "RandomGrayscale", "RandomInvert")
        + ("Solarization", "RandomGaussianBlur", "RandomErasing", "CutMix", "MixUp", "AugMix", "RandAugment", "AutoContrast")
    },
    **{
        f"Random{layer}": (23, f"kl::Random{layer}{{.factor = {{0.2f}}}}")
        for layer in ("Rotation", "Brightness", "Contrast", "ColorDegeneration", "Saturation", "Hue", "Sharpness")
    },
    "RandomFlip one way": (23, "kl::RandomFlip{.mode = kl::FlipMode::kVertical}"),
    "RandomRotation with all arguments": (
        23,
        "kl::RandomRotation{.factor = {-0.1f, 0.2f}, .fill_mode = kl::FillMode::kConstant, .interpolation = ks::Interpolation::kNearest, .fill_value = 1}",
    ),
    "RandomZoom": (23, "kl::RandomZoom{.height_factor = {0.1f}}"),
    "RandomTranslation": (23, "kl::RandomTranslation{.height_factor = {0.1f}, .width_factor = {-0.1f, 0.2f}}"),
    "RandomPosterization": (23, "kl::RandomPosterization{.factor = {4}}"),
    "RandomColorJitter with factors": (23, "kl::RandomColorJitter{.brightness_factor = {0.2f}, .hue_factor = {0.1f, 0.2f}}"),
    "RandomErasing with a number": (23, "kl::RandomErasing{.fill_value = 0.5f}"),
    "RandomCrop": (23, "kl::RandomCrop{.height = 5, .width = 4}"),
    "MaxNumBoundingBoxes": (23, "kl::MaxNumBoundingBoxes{.max_number = 3}"),
    "Resizing": (23, "kl::Resizing{.height = 5, .width = 9}"),
    "Resizing cut": (23, "kl::Resizing{.height = 5, .width = 9, .interpolation = ks::Interpolation::kBicubic, .crop_to_aspect_ratio = true}"),
    "Resizing padded": (23, "kl::Resizing{.height = 3, .width = 4, .pad_to_aspect_ratio = true, .fill_value = 2, .antialias = true}"),
    "CenterCrop": (23, "kl::CenterCrop{.height = 5, .width = 4}"),
    "CenterCrop larger": (23, "kl::CenterCrop{.height = 12, .width = 9}"),
    "ContrastLimitedAdaptiveHistogramEqualization": (23, "kl::ContrastLimitedAdaptiveHistogramEqualization{.tile_grid_size = {2, 3}}"),
    "CategoryEncoding": (0, "kl::CategoryEncoding{.num_tokens = 5}"),
}

# What a border's numbers mean: (how many spatial axes, C++, Keras).
BORDERS = {
    "everywhere": (2, "kl::ZeroPadding2D{.padding = 2}", lambda layers: layers.ZeroPadding2D(2)),
    "everywhere, in braces": (2, "kl::ZeroPadding2D{.padding = {2}}", lambda layers: layers.ZeroPadding2D(2)),
    "one an axis": (2, "kl::ZeroPadding2D{.padding = {1, 2}}", lambda layers: layers.ZeroPadding2D((1, 2))),
    "a pair an axis": (2, "kl::ZeroPadding2D{.padding = {{1, 2}, {3, 4}}}", lambda layers: layers.ZeroPadding2D(((1, 2), (3, 4)))),
    "two ends": (1, "kl::ZeroPadding1D{.padding = {1, 2}}", lambda layers: layers.ZeroPadding1D((1, 2))),
    "both ends": (1, "kl::ZeroPadding1D{.padding = {2}}", lambda layers: layers.ZeroPadding1D(2)),
    "three axes": (3, "kl::ZeroPadding3D{.padding = {1, 2, 3}}", lambda layers: layers.ZeroPadding3D((1, 2, 3))),
    "three pairs": (3, "kl::ZeroPadding3D{.padding = {{1, 2}, {3, 4}, {5, 6}}}", lambda layers: layers.ZeroPadding3D(((1, 2), (3, 4), (5, 6)))),
    "cut, one an axis": (2, "kl::Cropping2D{.cropping = {1, 1}}", lambda layers: layers.Cropping2D((1, 1))),
    "cut, a pair an axis": (2, "kl::Cropping2D{.cropping = {{1, 2}, {0, 3}}}", lambda layers: layers.Cropping2D(((1, 2), (0, 3)))),
    "cut, three axes": (3, "kl::Cropping3D{.cropping = {1, 2, 3}}", lambda layers: layers.Cropping3D((1, 2, 3))),
}

# What Keras refuses, and would not open again: (what is done with the input x, what the error says of it).
CONV = "kl::Conv2D{.filters = 2, .kernel_size = {3, 3}"
MISTAKES = {
    # a call
    "activation of two": ('ks::layer(kl::Activation{"relu"})({x, x})', "call-invalid", "layer 'activation' (Activation) is called with 2 inputs and takes 1"),
    "convolution of two": (f"ks::layer({CONV}}})({{x, x}})", "call-invalid", "layer 'conv2d' (Conv2D) is called with 2 inputs and takes 1"),
    "flatten of three": ("ks::layer(kl::Flatten{})({x, x, x})", "call-invalid", "layer 'flatten' (Flatten) is called with 3 inputs and takes 1"),
    "batch normalization of two": ("ks::layer(kl::BatchNormalization{})({x, x})", "call-invalid", "is called with 2 inputs and takes 1"),
    "unit normalization of two": ("ks::layer(kl::UnitNormalization{})({x, x})", "call-invalid", "is called with 2 inputs and takes 1"),
    "dropout of two": ("ks::layer(kl::Dropout{})({x, x})", "call-invalid", "is called with 2 inputs and takes 1"),
    "subtract of three": ("ks::layer(kl::Subtract{})({x, x, x})", "call-invalid", "is called with 3 inputs and takes 2"),
    "scale of three": ("ks::layer(kl::CustomScaleLayer{})({x, x, x})", "call-invalid", "is called with 3 inputs and takes 2"),
    "sum of one": ("ks::layer(kl::Add{})(x)", "call-invalid", "layer 'add' (Add) is called with 1 input and takes 2 or more"),
    "one joined": ("ks::layer(kl::Concatenate{})(x)", "call-invalid", "is called with 1 input and takes 2 or more"),
    # an activation with its config
    "no JSON": ('ks::layer(kl::Dense{.units = 3, .activation = {"LeakyReLU", "{bad"}})(x)', "config-type", "'activation' of a Dense has the config '{bad', not a JSON object"),
    "no object": ('ks::layer(kl::Dense{.units = 3, .activation = {"LeakyReLU", "[0.1]"}})(x)', "config-type", "has the config '[0.1]', not a JSON object"),
    "unknown argument": (
        'ks::layer(kl::Dense{.units = 3, .activation = {"LeakyReLU", R"({"slope": 0.1})"}})(x)',
        "config-type",
        "'activation' of a Dense gives LeakyReLU the argument 'slope', which it does not have",
    ),
    "its argument's type": ('ks::layer(kl::Activation{{"LeakyReLU", R"({"negative_slope": "steep"})"}})(x)', "config-type", "'negative_slope'"),
    # sizes
    "no filters": ("ks::layer(kl::Conv2D{.kernel_size = {3, 3}})(x)", "config-type", "'filters' of layer 'conv2d' (Conv2D) is 0, not at least 1"),
    "no kernel_size": ("ks::layer(kl::Conv2D{.filters = 2})(x)", "config-type", "'kernel_size' of layer 'conv2d' (Conv2D) is (0, 0), not at least 1"),
    "half a kernel_size": ("ks::layer(kl::Conv2D{.filters = 2, .kernel_size = {3}})(x)", "config-type", "'kernel_size' of layer 'conv2d' (Conv2D) is (3, 0), not"),
    "half of strides": (f"ks::layer({CONV}, .strides = {{2}}}})(x)", "config-type", "'strides' of layer 'conv2d' (Conv2D) is (2, 0), not at least 1"),
    "no dilation": (f"ks::layer({CONV}, .dilation_rate = {{0, 1}}}})(x)", "config-type", "'dilation_rate' of layer 'conv2d' (Conv2D) is (0, 1), not at least 1"),
    "no depth_multiplier": ("ks::layer(kl::DepthwiseConv2D{.kernel_size = {3, 3}, .depth_multiplier = 0})(x)", "config-type", "'depth_multiplier' of layer"),
    "no groups": (f"ks::layer({CONV}, .groups = 0}})(x)", "config-type", "'groups' of layer 'conv2d' (Conv2D) is 0, not at least 1"),
    "half a pool": ("ks::layer(kl::MaxPooling2D{.pool_size = {2}})(x)", "config-type", "'pool_size' of layer 'max_pooling2d' (MaxPooling2D) is (2, 0), not at least 1"),
    "half a stride": ("ks::layer(kl::MaxPooling2D{.strides = kl::Size<2>{2}})(x)", "config-type", "'strides' of layer 'max_pooling2d' (MaxPooling2D) is (2, 0), not"),
    "no output_size": ("ks::layer(kl::AdaptiveMaxPooling2D{})(x)", "config-type", "'output_size' of layer 'adaptive_max_pooling2d' (AdaptiveMaxPooling2D) is (0, 0), not"),
    "no projection_dim": ("ks::layer(kl::LayerScale{})(x)", "config-type", "'projection_dim' of layer 'layer_scale' (LayerScale) is 0, not at least 1"),
    # numbers
    "strides and dilation": (
        f"ks::layer({CONV}, .strides = {{2, 1}}, .dilation_rate = {{1, 2}}}})(x)",
        "config-type",
        "layer 'conv2d' (Conv2D) has strides (2, 1) and dilation_rate (1, 2), of which only one may be above 1",
    ),
    "strides and dilation, causal": (
        "ks::layer(kl::Conv1D{.filters = 2, .kernel_size = {3}, .strides = {2}, .padding = kl::SequencePadding::kCausal, .dilation_rate = {2}})(rows)",
        "config-type",
        "has strides (2) and dilation_rate (2), of which only one may be above 1",
    ),
    "strides and dilation, back": (
        "ks::layer(kl::Conv2DTranspose{.filters = 2, .kernel_size = {3, 3}, .strides = {2, 2}, .dilation_rate = {2, 2}})(x)",
        "config-type",
        "of which only one may be above 1",
    ),
    "separable and causal": (
        "ks::layer(kl::SeparableConv1D{.filters = 2, .kernel_size = {3}, .padding = kl::SequencePadding::kCausal})(rows)",
        "config-type",
        "'padding' of layer 'separable_conv1d' (SeparableConv1D) is causal, not valid or same",
    ),
    "max_value below 0": ("ks::layer(kl::ReLU{.max_value = -1.0f})(x)", "config-type", "'max_value' of layer 're_lu' (ReLU) is -1, not at least 0"),
    "negative_slope below 0": ("ks::layer(kl::ReLU{.negative_slope = -0.5f})(x)", "config-type", "'negative_slope' of layer 're_lu' (ReLU) is -0.5, not at least 0"),
    "threshold below 0": ("ks::layer(kl::ReLU{.threshold = -1})(x)", "config-type", "'threshold' of layer 're_lu' (ReLU) is -1, not at least 0"),
    "leaky below 0": ("ks::layer(kl::LeakyReLU{-0.1f})(x)", "config-type", "'negative_slope' of layer 'leaky_re_lu' (LeakyReLU) is -0.1, not at least 0"),
    "epsilon no number": ("ks::layer(kl::BatchNormalization{.epsilon = NAN})(x)", "config-type", "'epsilon' of a BatchNormalization is nan, not a finite number"),
    "infinite scale": ("ks::layer(kl::Rescaling{.scale = {INFINITY}})(x)", "config-type", "'scale' of a Rescaling is inf, not a finite number"),
    "noise above 1": ("ks::layer(kl::GaussianNoise{2})(x)", "config-type", "'stddev' of layer 'gaussian_noise' (GaussianNoise) is 2, not from 0 to 1"),
    "mitchellcubic": (
        "ks::layer(kl::UpSampling2D{.interpolation = ks::Interpolation::kMitchellCubic})(x)",
        "config-type",
        "'interpolation' of layer 'up_sampling2d' (UpSampling2D) is mitchellcubic, which Keras 3 cannot compute",
    ),
    "gaussian": ("ks::layer(kl::UpSampling2D{.interpolation = ks::Interpolation::kGaussian})(x)", "config-type", "is gaussian, which Keras 3 cannot compute"),
    "no factor": ("ks::layer(kl::RandomRotation{})(x)", "config-type", "'factor' of layer 'random_rotation' (RandomRotation) is (), not one number or two"),
    "no width_factor": ("ks::layer(kl::RandomTranslation{.height_factor = {1}})(x)", "config-type", "'width_factor' of layer 'random_translation' (RandomTranslation) is (), not"),
    "three factors": ("ks::layer(kl::RandomZoom{.height_factor = {1, 2, 3}})(x)", "config-type", "'height_factor' of layer 'random_zoom' (RandomZoom) is (1, 2, 3), not"),
    "half a range": ("ks::layer(kl::RandomHue{.factor = {1}, .value_range = {1}})(x)", "config-type", "'value_range' of layer 'random_hue' (RandomHue) is (1), not two numbers"),
    "no height": ("ks::layer(kl::Resizing{.width = 3})(x)", "config-type", "'height' of layer 'resizing' (Resizing) is 0, not at least 1"),
    "cut and padded": (
        "ks::layer(kl::Resizing{.height = 3, .width = 3, .crop_to_aspect_ratio = true, .pad_to_aspect_ratio = true})(x)",
        "config-type",
        "layer 'resizing' (Resizing) has both crop_to_aspect_ratio and pad_to_aspect_ratio",
    ),
    "resized by area": (
        "ks::layer(kl::Resizing{.height = 3, .width = 3, .interpolation = ks::Interpolation::kArea})(x)",
        "config-type",
        "'interpolation' of layer 'resizing' (Resizing) is area, which Keras 3 cannot compute",
    ),
    "cropped rows": ("ks::layer(kl::CenterCrop{.height = 3, .width = 3})(rows)", "shape-rank", "layer 'center_crop' (CenterCrop) needs an input with 4 axes"),
    "no tokens": ("ks::layer(kl::CategoryEncoding{})(rows)", "config-type", "'num_tokens' of layer 'category_encoding' (CategoryEncoding) is 0, not at least 1"),
    "mean without variance": ("ks::layer(kl::Normalization{.mean = {1}})(x)", "config-type", "layer 'normalization' (Normalization) has 1 number as mean and 0 as variance"),
    "variance without mean": ("ks::layer(kl::Normalization{.variance = {1}})(x)", "config-type", "has 0 numbers as mean and 1 as variance"),
    "mean and variance of two sizes": ("ks::layer(kl::Normalization{.mean = {1, 2, 3, 4}, .variance = {1}})(x)", "config-type", "has 4 numbers as mean and 1 as variance"),
    # axes
    "softmax along nothing": ("ks::layer(kl::Softmax{.axis = {}})(x)", "axis-invalid", "layer 'softmax' (Softmax) works along the axes () of (1, 8, 8, 4), which are no distinct ones"),
    "layer norm along nothing": ("ks::layer(kl::LayerNormalization{.axis = {}})(x)", "axis-invalid", "works along the axes ()"),
    "unit norm along nothing": ("ks::layer(kl::UnitNormalization{.axis = {}})(x)", "axis-invalid", "works along the axes ()"),
    "normalization of the batch": (
        "ks::layer(kl::Normalization{.axis = {0}, .mean = {1}, .variance = {1}})(x)",
        "axis-invalid",
        "layer 'normalization' (Normalization) has numbers for axis 0, the batch's, whose size is open",
    ),
    "layer norm of the batch": ("ks::layer(kl::LayerNormalization{.axis = {0}})(x)", "axis-invalid", "has numbers for axis 0, the batch's"),
    "batch norm of the batch": ("ks::layer(kl::BatchNormalization{.axis = -4})(x)", "axis-invalid", "has numbers for axis -4, the batch's"),
    "group norm of the batch": ("ks::layer(kl::GroupNormalization{.groups = 1, .axis = 0})(x)", "axis-invalid", "has numbers for axis 0, the batch's"),
    # values outside of an enumeration
    "padding 7": (f"ks::layer({CONV}, .padding = static_cast<kl::Padding>(7)}})(x)", "config-type", "'padding' of a Conv2D is enumerator 7, not one of valid, same"),
    "data_format -1": ("ks::layer(kl::Flatten{static_cast<kl::DataFormat>(-1)})(x)", "config-type", "'data_format' of a Flatten is enumerator -1, not one of"),
    "interpolation 77": (
        "ks::layer(kl::UpSampling2D{.interpolation = static_cast<ks::Interpolation>(77)})(x)",
        "config-type",
        "'interpolation' of a UpSampling2D is enumerator 77, not one of nearest, bilinear,",
    ),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with NAME.keras and what the library computes of NAME's input, NAME.npy; with `number` for the name."""
    folder = tmp_path_factory.mktemp("layers")
    for axes, shape in SHAPES.items():
        np.save(folder / f"input{axes}.npy", np.random.default_rng(axes).normal(size=(2, *shape)).astype("float32"))
    made = "".join(
        f'  one("{number}", {code}, {{{", ".join(map(str, SHAPES[axes]))}}}, "input{axes}.npy");\n'
        for number, (axes, code) in enumerate(LAYERS.values())
    )
    run_cpp(
        folder,
        f"""{PROLOGUE}template <typename L>
void one(const std::string& name, const L& layer, const ks::Shape& shape, const std::string& input) try {{
  ks::Sequential net;
  net.add(layer, {{.input_shape = shape}});
  ks::write_npy(name + ".npy", net.predict(ks::read_npy(input))[0]);
  net.save(name + ".keras");
}} catch (const ks::Error& error) {{
  std::puts((name + error.what()).c_str());
}}
int main() {{
{made}}}
""",
    )
    return folder


def rows():
    for number, (name, (axes, _)) in enumerate(LAYERS.items()):
        yield pytest.param(number, axes, id=name)


@pytest.mark.parametrize("number, axes", rows())
def test_keras_opens_it_and_computes_the_same(saved, number, axes):
    model = keras.saving.load_model(saved / f"{number}.keras")
    answer = model.predict(np.load(saved / f"input{axes}.npy"), verbose=0)
    np.testing.assert_allclose(np.load(saved / f"{number}.npy"), answer, atol=1e-5)


@pytest.fixture(scope="module")
def bordered(tmp_path_factory):
    """{name: the shape that Kerascope gives}; a folder with NUMBER.keras."""
    folder = tmp_path_factory.mktemp("borders")
    lines = ""
    for number, (axes, code, _) in enumerate(BORDERS.values()):
        lines += f"""{{
  const ks::KerasTensor x = ks::Input({{{", ".join(map(str, (7, 8, 9)[:axes]))}, 2}}), y = ks::layer({code})(x);
  ks::Model({{x}}, {{y}}).save("{number}.keras");
}}
"""
    run_cpp(folder, f"{PROLOGUE}int main() {{\n{lines}}}\n")
    return folder


@pytest.mark.parametrize("name", BORDERS)
def test_numbers_of_a_border_mean_what_they_mean_in_keras(bordered, name):
    axes, _, layer = BORDERS[name]
    x = keras.Input((*(7, 8, 9)[:axes], 2))
    truth, saved = keras.Model(x, layer(keras.layers)(x)), keras.saving.load_model(bordered / f"{list(BORDERS).index(name)}.keras")
    assert saved.output_shape == truth.output_shape
    values = np.random.default_rng(0).normal(size=(1, *x.shape[1:])).astype("float32")
    np.testing.assert_array_equal(saved.predict(values, verbose=0), truth.predict(values, verbose=0))


@pytest.fixture(scope="module")
def mistakes(tmp_path_factory):
    """{name: what the library says}."""
    lines = ""
    for name, (code, _, _) in MISTAKES.items():
        lines += f"""  std::cout << "--- {name}\\n";
  try {{
    {code};
  }} catch (const ks::Error& error) {{
    std::cout << error.what() << std::endl;
  }} catch (const std::exception& error) {{
    std::cout << "no ks::Error: " << error.what() << std::endl;
  }}
"""
    tensors = "const ks::KerasTensor x = ks::Input({8, 8, 4}), rows = ks::Input({8, 4});"
    said = run_cpp(tmp_path_factory.mktemp("mistakes"), f"{PROLOGUE}int main() {{\n  {tensors}\n{lines}}}\n")
    return dict(part.split("\n", 1) for part in said.split("--- ")[1:])


@pytest.mark.parametrize("name", MISTAKES)
def test_what_keras_refuses_is_an_error(mistakes, name):
    _, code, message = MISTAKES[name]
    assert mistakes[name].startswith(f"error[{code}]: ") and message in mistakes[name]


# Of files that were changed by hand: (the layer, its changed config, what the error says).
IN_FILES = {
    "ReLU": (lambda layers: layers.ReLU(), {"threshold": -1}, "'threshold' of layer 'odd' (ReLU) is -1, not at least 0"),
    "LeakyReLU": (lambda layers: layers.LeakyReLU(), {"negative_slope": -0.1}, "'negative_slope' of layer 'odd' (LeakyReLU) is -0.1, not at least 0"),
    "Conv2D": (lambda layers: layers.Conv2D(2, 3), {"strides": 2, "dilation_rate": 2}, "has strides (2, 2) and dilation_rate (2, 2), of which only one may be above 1"),
    "Normalization": (lambda layers: layers.Normalization(mean=1.0, variance=1.0), {"variance": None}, "has 1 number as mean and 0 as variance"),
    "UpSampling2D": (lambda layers: layers.UpSampling2D(), {"interpolation": "gaussian"}, "is gaussian, which Keras 3 cannot compute"),
}


@pytest.mark.parametrize("name", IN_FILES)
def test_what_keras_refuses_is_an_error_of_files(kerascope, tmp_path, name):
    build, changed, message = IN_FILES[name]
    odd = build(keras.layers)
    odd.name = "odd"
    keras.Sequential([keras.Input((8, 8, 4)), odd]).save(tmp_path / "model.keras")
    edit_archive(tmp_path / "model.keras", tmp_path / "changed.keras", lambda config: layer(config, "odd")["config"].update(changed))
    said = kerascope("layers", "--json", tmp_path / "changed.keras").stdout
    assert '"config-type"' in said and message in said


def test_what_an_activation_of_a_file_holds_besides_is_a_note(kerascope, tmp_path):
    dense = keras.layers.Dense(3, activation=keras.layers.LeakyReLU(negative_slope=0.5), name="odd")
    keras.Sequential([keras.Input((4,)), dense]).save(tmp_path / "model.keras")

    def with_steepness(config):
        layer(config, "odd")["config"]["activation"]["config"]["steepness"] = 2

    edit_archive(tmp_path / "model.keras", tmp_path / "changed.keras", with_steepness)
    done = kerascope("layers", tmp_path / "changed.keras")
    assert "'steepness' of layer 'odd' (LeakyReLU) is not known and was passed over" in done.stderr


def test_a_mask_that_is_given_is_an_argument_like_others(kerascope, tmp_path):
    x, mask = keras.Input((5, 4), name="x"), keras.Input((5,), dtype="bool", name="mask")
    normalized = keras.layers.BatchNormalization(name="norm")(x, mask=mask)
    keras.Model([x, mask], [normalized, keras.layers.GlobalAveragePooling1D(name="mean")(x, mask=mask)]).save(tmp_path / "model.keras")
    said = json.loads(kerascope("layers", "--json", tmp_path / "model.keras").stdout)
    problems = {entry["address"]: entry.get("problem", {}).get("what") for entry in said["layers"]}
    assert problems == {"x": None, "mask": None, "norm": None, "mean": None}


def test_the_summary_tells_what_keras_would_train(tmp_path):
    normalization, center = keras.layers.Normalization(), keras.layers.BatchNormalization(scale=False)
    normalization.adapt(np.random.default_rng(0).normal(size=(9, 4)))
    model = keras.Sequential([keras.Input((4,)), normalization, keras.layers.Dense(3), center, keras.layers.BatchNormalization(trainable=False)])
    model.save(tmp_path / "adapted.keras")
    said = run_cpp(tmp_path, f'{PROLOGUE}int main() {{ std::cout << ks::load("adapted.keras").summary(); }}')
    trainable = sum(np.size(weight) for weight in model.trainable_weights)
    assert f", {model.count_params()} parameters ({trainable} trainable)" in said


@pytest.mark.parametrize("header", FAMILIES, ids=lambda header: header.stem)
def test_no_layer_is_left_out(header):
    """But those of several inputs, of Keras 2, of texts, and with weights, whose own tests are elsewhere."""
    for comment, struct in re.findall(r"((?:///.*\n)+)(?:template.*\n)?struct (\w+)", header.read_text()):
        if header.stem != "merging" and not re.search(r"\bWeights?\b|Keras 2 only|vocabulary|more inputs", comment):
            assert any(name.startswith(struct) for name in LAYERS), struct
