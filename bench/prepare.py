"""What all contenders are given: build/bench/models/NAME/ with model.keras, model.onnx, an input, and Keras's answers.

Usage: prepare.py NAME...
`digits` is the model that is built into Kerascope, `vgg16` a network of build/oracle/networks with Keras's answers,
`resnet50-512` a network for pictures of another side without its classifier, `chain-100` that many layers in a row.
"""

import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/oracle"))

import models  # noqa: E402
import numpy as np  # noqa: E402
import onnx_file  # noqa: E402
from real_keras import keras  # noqa: E402

NETWORKS = ROOT / "build/oracle/networks"
sys.setrecursionlimit(100_000)  # Keras walks a chain of a thousand layers in recursion


def link(place, target):
    place.unlink(missing_ok=True)
    place.symlink_to(target.resolve())


def digits(folder):
    link(folder / "model.keras", ROOT / "src/cli/demo/digits.keras")
    pixels = keras.utils.load_img(ROOT / "src/cli/demo/digit.png", color_mode="grayscale")
    picture = keras.utils.img_to_array(pixels)[np.newaxis]
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    np.savez(folder / "expected.npz", **models.all_outputs(keras, model, [picture]))
    return model, picture


def stored(folder, name):
    source = NETWORKS / json.loads((NETWORKS / "manifest.json").read_text())[name]
    for file in ("model.keras", "model.h5", "expected.npz"):
        link(folder / file, source / file)
    return keras.saving.load_model(folder / "model.keras", compile=False), np.load(source / "input.npy")


def made(folder, name, size):
    """Of random weights; nobody compares its numbers."""
    if name == "chain":
        model = chain(size)
    else:
        make = {"resnet50": keras.applications.ResNet50, "mobilenetv2": keras.applications.MobileNetV2}[name]
        model = make(weights=None, include_top=False, input_shape=(size, size, 3))
    model.save(folder / "model.keras")
    return model, np.random.default_rng(1).uniform(-1, 1, (1, *model.input_shape[1:])).astype("float32")


def chain(count):
    """Convolution, batch normalization, relu, over and over: so small that what a layer costs by itself shows."""
    kinds = (
        lambda: keras.layers.Conv2D(32, 3, padding="same", kernel_initializer="he_normal"),
        keras.layers.BatchNormalization,
        keras.layers.ReLU,
    )
    x = inputs = keras.Input((14, 14, 32))
    for index in range(count):
        x = kinds[index % 3]()(x)
    return keras.Model(inputs, x)


def prepare(folder, name):
    base, _, size = name.partition("-")
    keras.utils.set_random_seed(1)
    if name == "digits":
        model, picture = digits(folder)
    else:
        model, picture = made(folder, base, int(size)) if size else stored(folder, name)
    np.save(folder / "input-1.npy", picture)
    onnx_file.write(model, folder / "model.onnx")


for name in sys.argv[1:]:
    folder = ROOT / "build/bench/models" / name
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        prepare(unfinished, name)
        unfinished.rename(folder)
