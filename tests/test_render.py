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
    steps, volume = keras.Input((40, 3), name="steps"), keras.Input((6, 6, 6, 2), name="volume")
    x = layers.Conv1D(6, 9, name="time")(steps)
    y = layers.Conv3D(4, 3, name="space")(volume)
    keras.Model([steps, volume], [layers.DepthwiseConv1D(7, name="alone")(x), y]).save(folder / "kernels-other.keras")
    for name in ("kernels", "kernels-other"):
        model = keras.saving.load_model(folder / f"{name}.keras")
        for number, variable in enumerate(model.variables):
            variable.assign(waves(*variable.shape) / (1 + number))
        model.save(folder / f"{name}.keras")
    # The only layers that attention can come from: a product, and a softmax.
    heads = keras.Input((4, 9, 9), name="x")
    keras.Model(heads, layers.Softmax(name="same")(heads)).save(folder / "attention.keras")
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
    "number": (1,),
    "picture": (12, 16, 3),
    "track": (300, 3),
    "audio": (5000, 1),
    "tokens": (17, 12),
    "patches": (15, 8),
    "cube": (4, 4, 4, 3),
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
    "number": ("number",),
    "picture-rgb": ("picture", "--rgb", "--scale", "layer"),
    "picture-rgb-bar": ("picture", "--rgb", "--colorbar"),
    "map-classes": ("map", "--classes", "--labels", "LABELS"),
    "picture-overlay": ("picture", "--overlay", "--labels", "LABELS"),
    "track": ("track",),
    "track-special": ("track",),
    "track-layer-channel": ("track", "--scale", "layer", "--layer", "same:1"),
    "track-cells": ("track", "--sequence", "cells"),
    "audio": ("audio",),
    "tokens": ("tokens",),
    "tokens-off": ("tokens", "--grid", "off"),
    "patches-grid": ("patches", "--grid", "3x5", "--numbers"),
    "attention": ("attention",),
    "cube": ("cube",),
    "kernels-time": ("kernels-other", "--kernels", "time"),
    "kernels-alone": ("kernels-other", "--kernels", "alone"),
    "kernels-space": ("kernels-other", "--kernels", "space"),
    "kernels-colors-bar": ("kernels", "--kernels", "colors", "--colorbar"),
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
    numbers = waves(*SHAPES.get(model, (4, 9, 9)))
    if kind == "picture-rgb-bar":
        numbers = (numbers - numbers.min()) / (numbers.max() - numbers.min())
    if kind == "track-special":
        numbers[100:103, 0], numbers[:, 1] = np.nan, 2.5
    elif "special" in kind:
        numbers[2, 3, 1], numbers[5, 6, 2], numbers[..., 4] = np.nan, np.inf, 1.5
    return numbers


@pytest.fixture
def picture(kerascope, models, tmp_path):
    """Draws one of the kinds: (pixels, what was printed)."""

    def run(kind, *more):
        model, *options = KINDS[kind] if kind in KINDS else (kind,)
        (tmp_path / "labels").write_text("sky\nroad\n\na bicycle\n")
        options = [tmp_path / "labels" if option == "LABELS" else option for option in options]
        command = ["show", models / f"{model}.keras", *options, *more, "-o", tmp_path / f"{kind}.png"]
        if not model.startswith("kernels"):
            np.save(tmp_path / "x.npy", numbers_of(kind, model))
            command += [tmp_path / "x.npy"] + ([] if "--layer" in options else ["--layer", "same"])
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


# --- scales and colours ---

PLAIN = ("--gap", 0, "--zoom", 1)


def tiles_of(pixels, count, height, width):
    columns = pixels.shape[1] // width
    return np.stack(
        [
            pixels[i // columns * height : (i // columns + 1) * height, i % columns * width : (i % columns + 1) * width]
            for i in range(count)
        ]
    )


ENDS = {
    "layer": lambda x: (x.min(), x.max()),
    "symmetric": lambda x: (-np.abs(x).max(), np.abs(x).max()),
    "percentile": lambda x: np.percentile(x, [1, 99]),
    "-2,3.5": lambda x: (-2, 3.5),
}


@pytest.mark.parametrize("scale", ENDS)
def test_one_scale_for_all_tiles_is_numpys(picture, scale):
    pixels, _ = picture("map", f"--scale={scale}", "--cmap", "gray", *PLAIN)
    numbers = waves(*SHAPES["map"]).astype("float64")
    low, high = ENDS[scale](numbers)
    expected = np.round(255 * (np.clip(numbers, low, high) - low) / (high - low))
    seen = tiles_of(pixels[..., 0], 6, 12, 16)
    assert np.abs(seen - expected.transpose(2, 0, 1)).max() <= 1


@pytest.mark.parametrize(
    "cmap, first, last", [("viridis", (68, 1, 84), (253, 231, 37)), ("magma", (0, 0, 4), (252, 253, 191))]
)
def test_colors_go_from_the_maps_first_to_its_last(picture, tmp_path, cmap, first, last):
    pixels, _ = picture("map", "--scale", "layer", "--cmap", cmap, *PLAIN)
    numbers = waves(*SHAPES["map"]).transpose(2, 0, 1)
    seen = tiles_of(pixels, 6, 12, 16)
    assert tuple(seen[np.unravel_index(numbers.argmin(), numbers.shape)]) == first
    assert tuple(seen[np.unravel_index(numbers.argmax(), numbers.shape)]) == last
    assert Image.open(tmp_path / "map.png").mode == "P"


@pytest.mark.parametrize(
    "options, scale, colormap, words",
    [
        ((), "tile", "gray", "3x3 tiles, each scaled alone, range -5.998 .. 5.999"),
        (("--cmap", "grey", "--scale", "layer"), "layer", "gray", "3x3 tiles, one scale, range -5.998 .. 5.999"),
        (("--scale", "symmetric"), "symmetric", "diverging", "symmetric scale -5.999 .. 5.999, range"),
        (("--scale", "symmetric", "--cmap", "magma"), "symmetric", "magma", "magma"),
        (("--scale", "percentile"), "percentile", "gray", "(1st to 99th percentile), range -5.998 .. 5.999"),
        (("--scale", "-1,2"), "-1,2", "gray", "scale -1 .. 2, range -5.998 .. 5.999"),
    ],
)
def test_the_scale_is_always_told(picture, options, scale, colormap, words):
    assert words in picture("map", *options)[1].stdout
    (told,) = json.loads(picture("map", *options, "--json")[1].stdout)["pictures"]
    assert (told["scale"], told["colormap"]) == (scale, colormap)
    assert ("ends" in told) == (scale != "tile")


def test_zoom_for_the_numbers_is_told(picture):
    assert "numbers   drawn with zoom 4, so that they have room" in picture("wide-numbers")[1].stderr
    assert "numbers   none: 500 steps across, 64 channels down" in picture("sequence", "--numbers")[1].stderr


# --- what a thing is ---


def test_time_runs_across_in_every_form(picture):
    """A sequence whose last step alone is not zero."""
    pixels, _ = picture("short", "--sequence", "cells", *PLAIN)
    expected = waves(*SHAPES["short"]).astype("float64").T
    expected = np.round(255 * (expected - expected.min()) / (expected.max() - expected.min()))
    assert np.abs(pixels[..., 0] - expected).max() <= 1
    assert "5 lines of 12 steps, each scaled alone" in picture("short")[1].stdout


def test_a_channel_of_a_sequence_is_a_line_and_no_square(picture):
    pixels, done = picture("track-layer-channel")
    assert "1 line of 300 steps" in done.stdout
    assert pixels.shape[1] > 3 * pixels.shape[0]


def test_a_picture_is_drawn_as_it_is(kerascope, models, tmp_path):
    for low, high, words in ((0, 1, "0 .. 1"), (-1, 1, "-1 .. 1"), (0, 255, "0 .. 255")):
        levels = np.random.default_rng(3).integers(0, 256, (12, 16, 3))
        np.save(tmp_path / "x.npy", (low + levels / 255 * (high - low)).astype("float32"))
        arguments = ("show", models / "picture.keras", tmp_path / "x.npy", "-l", "same", "--rgb", *PLAIN)
        done = kerascope(*arguments, "-o", tmp_path / "a.png")
        assert f"in colour from {words}," in done.stdout
        assert np.abs(np.asarray(Image.open(tmp_path / "a.png")).astype(int) - levels).max() <= 1
    told = json.loads(kerascope(*arguments, "-o", tmp_path / "a.png", "--json").stdout)["pictures"][0]
    assert told["rgb"] and told["ends"] == [0, 255]
    np.save(tmp_path / "x.npy", waves(*SHAPES["map"]))
    done = kerascope("show", models / "map.keras", tmp_path / "x.npy", "-l", "same", "--rgb", "-o", tmp_path / "a.png")
    assert "rgb       not for same: it has no three channels of a picture" in done.stderr


def test_classes_are_the_largest_channels(kerascope, models, tmp_path):
    numbers = waves(*SHAPES["map"])
    np.save(tmp_path / "x.npy", numbers)
    (tmp_path / "labels").write_text("a\nb\nc\nd\ne\nf\n")
    done = kerascope("show", models / "map.keras", tmp_path / "x.npy", "--classes", "--labels", tmp_path / "labels",
                     "-o", tmp_path / "a.png", "--json")  # fmt: skip
    (told,) = json.loads(done.stdout)["pictures"]
    best = numbers.argmax(-1)
    assert told["address"] == "same"
    assert {one["index"]: one["share"] for one in told["classes"]} == {
        int(i): pytest.approx((best == i).mean()) for i in np.unique(best)
    }
    assert [one["name"] for one in told["classes"]] == ["abcdef"[one["index"]] for one in told["classes"]]
    pixels = np.asarray(Image.open(tmp_path / "a.png"))[16:, 16:]
    zoom = -(-512 // 16)
    colors = {}
    for y in range(12):
        for x in range(16):
            color = tuple(pixels[y * zoom + zoom // 2, x * zoom + zoom // 2])
            assert colors.setdefault(int(best[y, x]), color) == color
    assert len(set(colors.values())) == len(colors)


def test_tokens_are_the_maps_of_their_numbers(picture):
    pixels, done = picture("tokens", *PLAIN)
    assert "4x4 tokens without the class token before them, 4x4 tiles" in done.stdout
    maps = waves(*SHAPES["tokens"])[1:].reshape(4, 4, 12).astype("float64").transpose(2, 0, 1)
    low, high = maps.min((1, 2), keepdims=True), maps.max((1, 2), keepdims=True)
    assert np.abs(tiles_of(pixels[..., 0], 12, 4, 4) - np.round(255 * (maps - low) / (high - low))).max() <= 1


def test_tokens_are_not_guessed_in_a_model_of_time(kerascope, tmp_path):
    import keras

    layers = [keras.Input((19, 2), name="x"), keras.layers.Conv1D(8, 3, name="conv"), keras.layers.ReLU(name="relu")]
    keras.Sequential(layers).save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", waves(19, 2))
    done = kerascope("show", tmp_path / "m.keras", tmp_path / "x.npy", "-l", "relu", "-o", tmp_path / "a.png")
    assert "8 lines of 17 steps" in done.stdout
    done = kerascope("show", tmp_path / "m.keras", tmp_path / "x.npy", "-l", "relu", "--grid", "4x4", "-o", tmp_path / "a.png")
    assert "4x4 tokens without the class token before them, 3x3 tiles" in done.stdout


# --- kernels ---


@pytest.fixture(scope="session")
def weights(models):
    import keras

    model = keras.saving.load_model(models / "kernels.keras")
    model.save(models / "kernels.h5")
    return {f"{layer.name}/{v.name}": np.array(v) for layer in model.layers for v in layer.variables}


@pytest.mark.parametrize("file", ["kernels.keras", "kernels.h5"])
def test_kernels_are_the_files_numbers(kerascope, models, weights, tmp_path, file):
    def drawn(address, *more):
        options = ("--scale", "layer", "--cmap", "gray", *PLAIN)
        out = tmp_path / "x.png"
        done = kerascope("show", models / file, "--kernels", address, *options, *more, "-o", out)
        return np.asarray(Image.open(out).convert("L")).astype(int), done.stdout

    def gray(numbers):
        return np.round(255 * (numbers - numbers.min()) / (numbers.max() - numbers.min()))

    kernel = weights["pairs/kernel"]
    pixels, told = drawn("pairs")
    expected = gray(kernel.astype("float64")).transpose(2, 0, 3, 1).reshape(12 * 3, 6 * 3)
    assert np.abs(pixels - expected).max() <= 1
    assert "Shape of pairs/kernel: (3, 3, 12, 6)" in told and "12 input channels down, 6 filters across" in told
    pixels, _ = drawn("pairs:4")
    expected = gray(kernel.astype("float64"))[..., 4].transpose(2, 0, 1)
    assert np.abs(tiles_of(pixels, 12, 3, 3) - expected).max() <= 1
    pixels, _ = drawn("apart")
    expected = gray(weights["apart/kernel"].astype("float64")).reshape(3, 3, 12).transpose(2, 0, 1)
    assert np.abs(tiles_of(pixels, 12, 3, 3) - expected).max() <= 1
    for address in ("point", "answer"):
        expected = gray(weights[f"{address}/kernel"].astype("float64"))
        pixels, _ = drawn(address)
        assert np.abs(pixels - expected.reshape(expected.shape[-2:])).max() <= 1
    assert "wrote" in drawn("norm/moving_mean")[1]


def test_kernels_as_json(kerascope, models, weights, tmp_path):
    told = json.loads(kerascope("show", models / "kernels.keras", "--kernels", "*", "-o", tmp_path, "--json").stdout)
    assert [one["address"] for one in told["pictures"]] == [
        name for name in weights if name.split("/")[1] == "kernel" or name.startswith("norm")
    ]
    for one in told["pictures"]:
        numbers = weights[one["address"]]
        assert one["shape"] == list(numbers.shape)
        if one["address"] != "many/kernel":  # not all of it is drawn
            assert (one["min"], one["max"]) == pytest.approx((numbers.min(), numbers.max()))
        assert one["scale"] == ("symmetric" if numbers.min() < 0 else "layer")
        Image.open(one["path"]).verify()


def test_kernels_of_nested_and_shared_layers(kerascope, small, tmp_path):
    for model, address in (("nested", "base/conv"), ("nested", "head/hidden"), ("shared", "conv"), ("shared", "inner")):
        kerascope("show", small / f"{model}.keras", "--kernels", address, cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "nested-base-conv-kernel.png",
        "nested-head-hidden-kernel.png",
        "shared-conv-kernel.png",
        "shared-tower@0-inner-kernel.png",
    ]


def test_a_weight_is_found_as_its_layer_is(kerascope, small, tmp_path):
    """`hidden` lies in a nested model; its weights need no more of the path than it does."""
    for address in ("hidden", "hidden/kernel", "hidden/bias", "h*/bias"):
        done = kerascope("show", small / "nested.keras", "--kernels", address, "-o", tmp_path / "a.png")
        assert f"Shape of head/hidden/{'bias' if 'bias' in address else 'kernel'}: " in done.stdout
    done = kerascope("show", small / "nested.keras", "--kernels", "relu/bias", check=False, cwd=tmp_path)
    assert done.returncode == 1 and "layer 'base/relu' (ReLU) has no 'bias'" in done.stderr


@pytest.mark.parametrize("file", ["m.keras", "m.h5"])
def test_kernels_of_what_cannot_be_computed_are_as_the_file_has_them(kerascope, tmp_path, file):
    """An unknown layer, at the top and in a nested model, and what lies behind it."""
    import keras

    @keras.saving.register_keras_serializable("render")
    class Gate(keras.layers.Layer):
        def build(self, shape):
            self.mask = self.add_weight(name="mask", shape=(5, shape[-1]))
            self.shift = self.add_weight(name="shift", shape=(shape[-1],))

        def call(self, x):
            return x + self.shift

    layers = keras.layers
    base = keras.Sequential([keras.Input((8, 8, 3)), Gate(name="inner"), layers.Conv2D(4, 3, name="behind")], name="base")
    stack = [keras.Input((8, 8, 3)), base, Gate(name="gate"), layers.Flatten(), layers.Dense(2, name="tail")]
    model = keras.Sequential(stack)
    for number, variable in enumerate(model.variables):
        variable.assign(waves(*variable.shape) / (1 + number))
    model.save(tmp_path / file)
    names = ("0", "1") if file == "m.keras" else ("mask", "shift")
    expected = {
        "gate": {f"gate/{name}": v for name, v in zip(names, model.layers[1].variables)},
        f"gate/{names[1]}": {f"gate/{names[1]}": model.layers[1].shift},
        "inner": {f"base/inner/{name}": v for name, v in zip(names, base.layers[0].variables)},
        "behind": {"base/behind/kernel": base.layers[1].kernel},
        "behind/bias": {"base/behind/bias": base.layers[1].bias},
        "tail": {"tail/kernel": model.layers[-1].kernel},
    }
    for address, weights in expected.items():
        arguments = ("show", tmp_path / file, "--kernels", address, "-o", tmp_path / "a.png", "--json")
        told = json.loads(kerascope(*arguments).stdout)["pictures"]
        assert [one["address"] for one in told] == list(weights), address
        for one, variable in zip(told, weights.values()):
            numbers = np.array(variable)
            assert one["shape"] == list(numbers.shape)
            assert (one["min"], one["max"]) == pytest.approx((numbers.min(), numbers.max()))


# --- wrong uses ---

WRONG = [
    (("--scale", "symetric"), 2, "there is no scale 'symetric'", "did you mean 'symmetric'?"),
    (("--scale", "2,1"), 2, "the scale '2,1' is not two finite numbers", "where: --scale=2,1"),
    (("--scale", "0,inf"), 2, "the scale '0,inf'", "where: --scale=0,inf"),
    (("--scale", "1,2,3"), 2, "the scale '1,2,3'", "as in -1,1"),
    (("--cmap", "virdis"), 2, "there is no colour map 'virdis'", "did you mean 'viridis'?"),
    (("--cmap", "jet"), 2, "there is no colour map 'jet'", "gray, viridis, magma or diverging"),
    (("--kernels", "pairs", "--scale", "x"), 2, "there is no scale 'x'", ""),
    (("--kernels", "pair"), 1, "the model has no layer 'pair'", "did you mean 'pairs'?"),
    (("--kernels", "mean"), 1, "layer 'mean' (GlobalAveragePooling2D) holds no weights", "kerascope layers"),
    (("--kernels", "picture"), 1, "layer 'picture' (InputLayer) holds no weights", ""),
    (("--kernels", "pairs:6"), 1, "there is no filter 6, a weight of shape (3, 3, 12, 6) has 6, 0 to 5", ""),
    (("--kernels", "pairs[1,2]:3"), 2, "'pairs[1,2]:3' names one place of an output", "--kernels pairs:3"),
    (("--kernels", "pairs", "x.npy"), 2, "--kernels draws weights without a run", "show MODEL"),
    (("--kernels", "pairs", "--html", "a.html"), 2, "without a run, and --html is given", ""),
    (("--kernels", "pairs", "--sort", "mean"), 2, "without a run, and --sort is given", ""),
    (("--kernels", "pairs/kernell"), 1, "layer 'pairs' (Conv2D) has no 'kernell'", "did you mean 'kernel'?"),
    (("--kernels", "pairs", "--overview"), 2, "without a run, and --overview is given", ""),
    (("--grid", "8"), 2, "the grid '8' is not ROWSxCOLUMNS", "where: --grid=8"),
    (("--sequence", "curves"), 2, "--sequence is 'curves'", ""),
    (("--depth", "1"), 2, "--depth says how many levels of nested models an overview shows", "--overview draws one"),
    (("--rgb", "--classes"), 2, "--rgb draws a picture and --classes a segmentation", ""),
    (("--rgb", "--overview"), 2, "--rgb draws layers, and only an overview is wanted", "-o FOLDER"),
    (("--html", "a.png"), 2, "--html is 'a.png', and a page is no picture", "-o a.png"),
    (("-o", "maps.jpg"), 2, "-o is 'maps.jpg', and pictures are written as .png", "-o maps.png"),
    (("-o", "maps.html"), 2, "-o is 'maps.html', and pictures are written as .png", "--html maps.html"),
    (("--kernels", "pairs", "--layer", "pairs"), 2, "and --layer is given", ""),
    (("--kernels", "pairs,apart", "-o", "one.png"), 2, "takes one picture, and 2 layers are chosen", "give a folder"),
]


@pytest.mark.parametrize("options, code, what, hint", WRONG, ids=lambda value: str(value))
def test_wrong_use(kerascope, models, tmp_path, options, code, what, hint):
    layer = () if "--kernels" in options else ("--layer", "pairs")
    done = kerascope("show", models / "kernels.keras", *options, *layer, check=False, cwd=tmp_path)
    assert done.returncode == code and what in done.stderr and hint in done.stderr, done.stderr
    assert not list(tmp_path.iterdir())


def test_a_models_own_name_names_its_layers(kerascope, small, tmp_path):
    done = kerascope("show", small / "nested.keras", "--kernels", "base", check=False, cwd=tmp_path)
    assert done.returncode == 1 and "try: --kernels 'base/*'" in done.stderr
    assert "Shape of base/conv/kernel" in kerascope(
        "show", small / "nested.keras", "--kernels", "base/*", cwd=tmp_path
    ).stdout
