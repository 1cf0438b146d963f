"""Trains the built-in model on scikit-learn's handwritten digits and writes it, a test picture and its accuracy to src/cli/demo.

The 8x8 digits are scaled up to 64x64. The model takes raw pixels 0..255. About five minutes on 2 cores.
"""

import json
import os
import pathlib

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import sklearn.datasets
import sklearn.model_selection
from keras import layers
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[1] / "src/cli/demo"
SIDE = 64
EPOCHS = 40
SHIFT_PX = 3


def pictures():
    """(pixels (N, 64, 64, 1) of 0..255, digits (N)) for training and for the test, which training never sees."""
    digits = sklearn.datasets.load_digits()
    small = (digits.images * (255 / 16)).round().astype("uint8")
    large = [np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR)) for picture in small]
    pixels = np.stack(large)[..., None].astype("float32")
    return sklearn.model_selection.train_test_split(
        pixels, digits.target, test_size=0.2, random_state=0, stratify=digits.target
    )


def network():
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 1), name="pixels"),
            layers.Rescaling(1 / 255, name="unit"),
            layers.Conv2D(64, 3, padding="same", name="conv1"),
            layers.Activation("relu", name="conv1out"),
            layers.MaxPooling2D(name="pool1"),
            layers.Conv2D(128, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pool2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            layers.MaxPooling2D(name="pool3"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv4"),
            layers.GlobalAveragePooling2D(name="average"),
            layers.Dense(10, activation="softmax", name="digit"),
        ],
        name="digits",
    )


def main():
    keras.utils.set_random_seed(0)
    train_x, test_x, train_y, test_y = pictures()
    model = network()
    # A higher rate gets there faster and leaves most channels dead, which nobody wants to look at.
    rate = keras.optimizers.schedules.CosineDecay(8e-4, EPOCHS * -(-len(train_x) // 32))
    model.compile(keras.optimizers.AdamW(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    random = np.random.default_rng(0)
    for epoch in range(EPOCHS):
        shifts = random.integers(-SHIFT_PX, SHIFT_PX + 1, (len(train_x), 2))
        shifted = np.stack([np.roll(picture, shift, (0, 1)) for picture, shift in zip(train_x, shifts)])
        model.fit(shifted, train_y, batch_size=32, initial_epoch=epoch, epochs=epoch + 1, verbose=2)

    answer = model.predict(test_x, verbose=0)
    accuracy = float((answer.argmax(1) == test_y).mean())
    shown = int(answer[test_y == 3].max(1).argmax())
    picture = test_x[test_y == 3][shown, :, :, 0].astype("uint8")

    OUT.mkdir(parents=True, exist_ok=True)
    plain = network()  # without the optimizer's state
    plain.set_weights(model.get_weights())
    plain.save(OUT / "digits.keras")
    Image.fromarray(picture).save(OUT / "digit.png")
    report = {"test_accuracy": round(accuracy, 4), "test_pictures": len(test_y), "training_pictures": len(train_y)}
    (OUT / "accuracy.json").write_text(json.dumps(report, indent=2) + "\n")
    print(f"test accuracy {accuracy:.2%} on {len(test_y)} pictures; digits.keras {(OUT / 'digits.keras').stat().st_size} bytes")


main()
