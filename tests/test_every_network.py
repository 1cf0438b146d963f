"""Every network of keras.applications opens, runs, and gets the preprocessing that its own module prescribes.

The largest, which take minutes and gigabytes, only with KERASCOPE_ALL_NETWORKS=1.
"""

import importlib
import os

import h5py
import numpy as np
import pytest
from oracle.real_keras import keras
from PIL import Image

LARGEST = {"ConvNeXtSmall", "ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtXLarge", "DenseNet201", "NASNetLarge"}
LARGEST |= {"EfficientNetB3", "EfficientNetB4", "EfficientNetB5", "EfficientNetB6", "EfficientNetB7"}
LARGEST |= {"EfficientNetV2M", "EfficientNetV2L", "ResNet101", "ResNet152", "ResNet101V2", "ResNet152V2"}
SMALLEST = ["ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2B0", "InceptionResNetV2", "InceptionV3"]
SMALLEST += ["MobileNet", "MobileNetV2", "MobileNetV3Small", "NASNetMobile", "ResNet50", "ResNet50V2", "VGG16", "Xception"]
RENAMED = ["ConvNeXtTiny", "DenseNet121", "MobileNetV3Small", "NASNetMobile"]  # layers that tf_keras calls otherwise
# Untrained, these double a rounding error every few layers: Keras's own answer moves by 40 % where its input moves by 2e-6.
CHAOTIC = {"EfficientNetV2M", "EfficientNetV2L"}
VARIANTS = [
    ("MobileNetV3Small", {"minimalistic": True}),
    ("MobileNetV3Large", {"minimalistic": True, "include_preprocessing": False}),
    ("MobileNet", {"alpha": 0.25, "depth_multiplier": 2}),
    ("EfficientNetV2S", {"include_preprocessing": False}),
]
EVERY = [name for name in dir(keras.applications) if name[0].isupper()]
if not os.environ.get("KERASCOPE_ALL_NETWORKS"):
    EVERY = [name for name in EVERY if name not in LARGEST]


def preprocess_input(make):
    return importlib.import_module(make.__module__).preprocess_input


@pytest.mark.parametrize("name, options", [*((name, {}) for name in EVERY), *VARIANTS])
def test_it_runs_and_its_preprocessing_is_guessed(kerascope, tmp_path, name, options):
    make = getattr(keras.applications, name)
    keras.backend.clear_session()
    keras.utils.set_random_seed(6)
    side = 75 if "ception" in name else 64
    model = make(weights=None, include_top=False, input_shape=(side, side, 3), **options)
    model.save(tmp_path / "model.keras")
    picture = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(6).integers(0, 256, (side, side, 3), dtype=np.uint8)).save(picture)
    prepared = preprocess_input(make)(np.array(Image.open(picture), "float32")[None])
    if not options.get("include_preprocessing", True):
        prepared = prepared / 127.5 - 1  # what Keras's documentation asks for then

    kerascope("capture", tmp_path / "model.keras", picture, "-o", tmp_path / "seen.npz", "--quiet")
    seen = np.load(tmp_path / "seen.npz")
    shapes = {layer.name: layer.output.shape for layer in model.operations}
    assert {key: seen[key].shape for key in seen.files if key in shapes} == {
        key: (1, *(known or now for known, now in zip(shape[1:], seen[key].shape[1:]))) for key, shape in shapes.items()
    }
    assert all(np.isfinite(seen[key]).all() for key in seen.files)
    np.testing.assert_allclose(seen[model.operations[0].name], prepared, atol=2e-6 * max(1, np.abs(prepared).max()))
    last = model.operations[len(model.operations) // 2 if name in CHAOTIC else -1]
    truth = np.asarray(keras.Model(model.inputs, last.output)(prepared, training=False))
    np.testing.assert_allclose(seen[last.name], truth, atol=1e-3 * np.abs(truth).max())
    (tmp_path / "model.keras").unlink()  # pytest would keep these gigabytes
    (tmp_path / "seen.npz").unlink()


BY_LAYERS = [("keras", name) for name in SMALLEST] + [("tf_keras", name) for name in RENAMED]


@pytest.mark.parametrize("library, name", BY_LAYERS)
def test_a_fine_tuned_one_under_another_name_is_known_by_its_layers(kerascope, tmp_path, library, name):
    """A copy named 'backbone', without its last third, in a model with a new head. Weights do not matter and are left out."""
    here = importlib.import_module(library)
    make = getattr(here.applications, name)
    here.backend.clear_session()
    base = make(weights=None, include_top=False, input_shape=(96, 96, 3))
    cut = here.Model(base.input, base.layers[len(base.layers) * 2 // 3].output, name="backbone")
    x = here.layers.GlobalAveragePooling2D()(cut(inputs := here.Input((96, 96, 3), name="picture")))
    model = here.Model(inputs, here.layers.Dense(5)(x))
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.attrs["model_config"] = model.to_json()
        file.attrs["keras_version"] = here.__version__
        file.create_group("model_weights").attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            file["model_weights"].create_group(layer.name).attrs["weight_names"] = np.array([], "S1")
    picture = tmp_path / "picture.png"
    Image.fromarray(np.random.default_rng(6).integers(0, 256, (96, 96, 3), dtype=np.uint8)).save(picture)
    prepared = preprocess_input(make)(np.array(Image.open(picture), "float32")[None])
    done = kerascope("capture", tmp_path / "model.h5", picture, "--layer", "picture", "-o", tmp_path / "seen.npz")
    assert "backbone" in done.stdout + done.stderr
    np.testing.assert_allclose(np.load(tmp_path / "seen.npz")["picture"], prepared, atol=2e-4)
