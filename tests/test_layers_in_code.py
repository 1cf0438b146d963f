"""Every layer that needs no weights, defined in code and saved: Keras 3 opens it and computes the same."""

import re

import keras
import keras.src.applications.convnext  # registers its layers
import keras.src.applications.inception_resnet_v2
import numpy as np
import pytest
from compiled import run_cpp
from test_headers import FAMILIES

SHAPES = {1: (8, 4), 2: (8, 8, 4), 3: (8, 8, 8, 4), 0: (4,)}

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
    "GaussianNoise": (1, "kl::GaussianNoise{.stddev = 0.5f}"),
    "UpSampling2D lanczos3": (2, "kl::UpSampling2D{.interpolation = ks::Interpolation::kLanczos3}"),
    "Normalization": (1, "kl::Normalization{.mean = {1}, .variance = {2}}"),
    "Normalization by channel": (1, "kl::Normalization{.mean = {1, 2, 3, 4}, .variance = {2, 3, 4, 5}, .invert = true}"),
    "Normalization of everything": (1, "kl::Normalization{.axis = {}, .mean = {1}, .variance = {2}}"),
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
        f"""#include <kerascope/kerascope.h>
namespace ks = kerascope;
namespace kl = kerascope::layers;
template <typename L>
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


@pytest.mark.parametrize("header", FAMILIES, ids=lambda header: header.stem)
def test_no_layer_is_left_out(header):
    """But those of several inputs, of Keras 2, and with weights, whose own tests are in test_library.py."""
    for comment, struct in re.findall(r"((?:///.*\n)+)(?:template.*\n)?struct (\w+)", header.read_text()):
        if header.stem != "merging" and not re.search(r"\bWeights?\b|Keras 2 only", comment):
            assert any(name.startswith(struct) for name in LAYERS), struct
