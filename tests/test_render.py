"""Each kind of picture against a stored one, and what the options of pictures promise, against NumPy and matplotlib.

The stored pictures lie in tests/pictures; each was looked at before it was stored. After a change that is meant to be
seen: `KERASCOPE_UPDATE_PICTURES=1 ./dev test render` stores the new ones, for the eye and for git's diff.
"""

import json
import os
import pathlib

import numpy as np
import pytest
from PIL import Image

PICTURES = pathlib.Path(__file__).parent / "pictures"
UPDATE = os.environ.get("KERASCOPE_UPDATE_PICTURES") == "1"


def waves(*shape):
    """Numbers of both signs in which a picture's direction, order and scale can be seen, the same on every machine."""
    index = np.indices(shape).astype("float64")
    sizes = np.array(shape).reshape(-1, *[1] * len(shape))
    phase = (index * (np.arange(len(shape)) + 1.0).reshape(sizes.shape) * 5.1 / sizes).sum(0)
    return (np.round(1024 * np.sin(phase) * (1 + index[-1])) / 1024).astype("float32")


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """A folder of one model for each shape of input that hands its input on, and of one with every kind of kernel."""
    import keras

    folder = tmp_path_factory.mktemp("render")
    layers = keras.layers
    for name, shape in SHAPES.items():
        keras.Sequential([keras.Input(shape, name="x"), layers.Activation("linear", name="same")]).save(
            folder / f"{name}.keras"
        )
    picture = keras.Input((32, 32, 3), name="picture")
    x = layers.Conv2D(12, 5, name="colors")(picture)
    x = layers.Conv2D(6, 3, name="pairs")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, name="apart")(x)
    x = layers.Conv2D(100, 3, name="many")(x)
    x = layers.Conv2D(20, 1, name="point")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    keras.Model(picture, layers.Dense(10, name="answer")(x)).save(folder / "kernels.keras")
    model = keras.saving.load_model(folder / "kernels.keras")
    for number, variable in enumerate(model.variables):
        variable.assign(waves(*variable.shape) / (1 + number))
    model.save(folder / "kernels.keras")
    return folder


SHAPES = {
    "map": (12, 16, 6),
    "one": (12, 16, 1),
    "wide": (7, 7, 100),
    "v10": (10,),
    "v1000": (1000,),
    "v4096": (4096,),
    "sequence": (500, 64),
    "short": (12, 5),
    "volume": (8, 16, 16, 4),
    "video": (2, 3, 6, 8, 5),
    "pixel": (1, 1, 24),
}

KINDS = {
    "map": ("map",),
    "map-layer-viridis-bar": ("map", "--scale", "layer", "--cmap", "viridis", "--colorbar"),
    "map-symmetric-bar": ("map", "--scale", "symmetric", "--colorbar"),
    "map-percentile-bar": ("map", "--scale", "percentile", "--colorbar", "--numbers"),
    "map-fixed-magma-bar": ("map", "--scale=-2,3.5", "--cmap", "magma", "--colorbar"),
    "map-tile-bar-numbers": ("map", "--colorbar", "--numbers"),
    "map-special-viridis": ("map", "--cmap", "viridis", "--colorbar", "--numbers"),
    "one": ("one", "--numbers"),
    "wide-numbers": ("wide", "--numbers", "--zoom", 1),
    "v10": ("v10", "--colorbar"),
    "v10-numbers": ("v10", "--numbers"),
    "v1000": ("v1000", "--scale", "symmetric"),
    "v4096": ("v4096",),
    "sequence": ("sequence", "--scale", "symmetric", "--colorbar"),
    "short": ("short",),
    "volume": ("volume", "--numbers"),
    "video": ("video", "--cmap", "magma"),
    "pixel": ("pixel", "--numbers"),
    "kernels-colors": ("kernels", "--kernels", "colors", "--numbers"),
    "kernels-colors-tile": ("kernels", "--kernels", "colors", "--scale", "tile"),
    "kernels-colors-diverging": ("kernels", "--kernels", "colors", "--cmap", "diverging"),
    "kernels-pairs": ("kernels", "--kernels", "pairs", "--colorbar"),
    "kernels-one-filter": ("kernels", "--kernels", "pairs:4", "--numbers"),
    "kernels-apart": ("kernels", "--kernels", "apart", "--numbers"),
    "kernels-many": ("kernels", "--kernels", "many"),
    "kernels-point": ("kernels", "--kernels", "point", "--colorbar"),
    "kernels-norm": ("kernels", "--kernels", "norm"),
    "kernels-dense": ("kernels", "--kernels", "answer"),
    "kernels-bias": ("kernels", "--kernels", "answer/bias", "--numbers"),
}


def numbers_of(kind, model):
    numbers = waves(*SHAPES[model])
    if "special" in kind:
        numbers[2, 3, 1], numbers[5, 6, 2], numbers[..., 4] = np.nan, np.inf, 1.5
    return numbers


@pytest.fixture
def picture(kerascope, models, tmp_path):
    """Draws one of the kinds: (pixels, what was printed)."""

    def run(kind, *more):
        model, *options = KINDS[kind] if kind in KINDS else (kind,)
        command = ["show", models / f"{model}.keras", *options, *more, "-o", tmp_path / f"{kind}.png"]
        if model != "kernels":
            np.save(tmp_path / "x.npy", numbers_of(kind, model))
            command += [tmp_path / "x.npy", "--layer", "same"]
        done = kerascope(*command)
        return np.asarray(Image.open(tmp_path / f"{kind}.png").convert("RGB")).astype(int), done

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_picture(picture, tmp_path, kind):
    pixels, _ = picture(kind)
    stored, new = PICTURES / f"{kind}.png", tmp_path / f"{kind}.png"
    if UPDATE:
        PICTURES.mkdir(exist_ok=True)
        Image.open(new).save(stored, optimize=True)
        return
    assert stored.exists(), f"no picture is stored; look at {new}, then set KERASCOPE_UPDATE_PICTURES=1"
    expected = np.asarray(Image.open(stored).convert("RGB")).astype(int)
    if pixels.shape == expected.shape and np.abs(pixels - expected).max() <= 2:
        return
    message = f"old {stored}: {expected.shape}\nnew {new}: {pixels.shape}"
    if pixels.shape == expected.shape:
        difference = tmp_path / f"{kind}-difference.png"
        Image.fromarray(np.clip(8 * np.abs(pixels - expected), 0, 255).astype("uint8")).save(difference)
        message += f"\ndifference, eight times as bright: {difference}"
    pytest.fail(message)


def test_every_stored_picture_is_compared():
    assert {path.stem for path in PICTURES.glob("*.png")} == set(KINDS)
