"""Networks of keras.applications at their natural sizes, alone and nested, by real Keras.  Usage: networks.py OUT_DIR

Each network's folder holds model.h5, model.keras, input.npy and expected.npz: every layer's output by its address.
"""

import pathlib
import sys

import cache
import numpy as np

HERE = pathlib.Path(__file__)
# The smallest of each family, at its natural size.
SIDES = {
    "VGG16": 224,
    "ResNet50": 224,
    "ResNet50V2": 224,
    "MobileNet": 224,
    "MobileNetV2": 224,
    "MobileNetV3Small": 224,
    "InceptionV3": 299,
    "InceptionResNetV2": 299,
    "Xception": 299,
    "DenseNet121": 224,
    "EfficientNetB0": 224,
    "EfficientNetV2B0": 224,
    "NASNetMobile": 224,
    "ConvNeXtTiny": 224,
}
NESTED = ("VGG16", "ResNet50", "MobileNetV2", "MobileNetV3Small", "InceptionV3", "EfficientNetB0", "ConvNeXtTiny")
SCALE_THEMSELVES = ("EfficientNet", "MobileNetV3", "ConvNeXt")


def whole(keras, name):
    return getattr(keras.applications, name)(weights=None)


def fine_tuned(keras, name):
    """As a user fine-tunes: the base, half of it frozen, is one layer of a new model."""
    shape = (SIDES[name], SIDES[name], 3)
    base = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=shape)
    for layer in base.layers[: len(base.layers) // 2]:
        layer.trainable = False
    return keras.Sequential(
        [
            keras.Input(shape),
            base,
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(5, activation="softmax", name="flowers"),
        ]
    )


def answer(folder, keras, question):
    import models

    make, name = question
    keras.utils.set_random_seed(1)
    model = make(keras, name)
    low, high = (0, 255) if name.startswith(SCALE_THEMSELVES) else (-1, 1)  # what the network's own preprocessing gives
    pictures = np.random.default_rng(1).uniform(low, high, (5, SIDES[name], SIDES[name], 3)).astype("float32")
    models.enliven(model, pictures[1:], seed=1)
    outputs = models.all_outputs(keras, model, [pictures[:1]])
    models.check_alive(outputs)
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    np.save(folder / "input.npy", pictures[:1])
    np.savez(folder / "expected.npz", **outputs)


QUESTIONS = {name.lower(): (whole, name) for name in SIDES}
QUESTIONS |= {f"{name.lower()}_nested": (fine_tuned, name) for name in NESTED}
cache.answer_all([HERE, HERE.with_name("models.py")], QUESTIONS, answer, pathlib.Path(sys.argv[1]))
