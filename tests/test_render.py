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
    assert "numbers   none: 500 steps down, 64 channels across" in picture("sequence", "--numbers")[1].stderr


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
    (("--kernels", "pairs/kernell"), 1, "the model has no layer 'pairs/kernell'", "did you mean 'pairs/kernel'?"),
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
