"""The overview, as a picture and as a page, against what `capture` says and what NumPy makes of its numbers."""

import base64
import hashlib
import html.parser
import io
import json
import math
import os
import pathlib
import subprocess

import keras
import numpy as np
import pytest
from PIL import Image
from small_models import edit_archive, layer

MAGENTA = (255, 0, 255)
LONG = "a_layer_with_a_very_long_name_" * 8
ODD = "<script>alert(1)</script>&\"'`--><img src=x onerror=alert(2)>"


class Page(html.parser.HTMLParser):
    """What stands in the page: rows of texts and pictures with how many tables they lie in, and every attribute."""

    VOID = {"meta", "img"}

    def __init__(self, path):
        super().__init__()
        self.text = path.read_text(encoding="utf-8")
        self.open, self.rows, self.attributes, self.tags = [], [], [], set()
        self.policy = self.style = self.heading = ""
        self.feed(self.text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.add(tag)
        self.attributes += attrs.items()
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy":
            self.policy = attrs["content"]
        if tag == "tr" and self.is_in_body():
            self.rows.append({"depth": self.open.count("table") - 1, "cells": [], "pictures": []})
        if tag in ("td", "th") and self.is_in_body():
            self.rows[-1]["cells"].append("")
        if tag == "img":
            source = attrs["src"]
            assert source.startswith("data:image/png;base64,")
            picture = Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2], validate=True)))
            if "tr" in self.open:
                self.rows[-1]["pictures"].append((attrs["alt"], picture))
        if tag not in self.VOID:
            self.open.append(tag)

    def is_in_body(self):
        return [tag for tag in self.open if tag in ("thead", "tbody")][-1:] == ["tbody"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
        if self.open and self.open[-1] == "h1":
            self.heading += data
        if self.is_in_body() and self.rows and self.rows[-1]["cells"]:
            self.rows[-1]["cells"][-1] += data

    def layers(self):
        return [row for row in self.rows if len(row["cells"]) > 1]


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """Models of other kinds than the shared small ones, and inputs for them."""
    folder = tmp_path_factory.mktemp("overview")
    layers = keras.layers
    keras.utils.set_random_seed(3)

    def save(name, *stack):
        keras.Sequential(list(stack)).save(folder / f"{name}.keras")

    save("vectors", keras.Input((9,), name="x"), layers.Dense(300, activation="relu"), layers.Dense(1, name="answer"))
    save("sequence", keras.Input((40, 3), name="x"), layers.Conv1D(8, 3, name="conv"), layers.Flatten(name="flat"))
    save("names", keras.Input((8, 8, 1), name="x"), layers.Conv2D(2, 3, name=LONG), layers.Conv2D(2, 3, name="overview"))
    save("volume", keras.Input((6, 7, 8, 2), name="x"), layers.Conv3D(4, 3, name="conv"))
    random = np.random.default_rng(1)
    for name, shape in {"vectors": (9,), "sequence": (40, 3), "names": (8, 8, 1), "volume": (6, 7, 8, 2)}.items():
        np.save(folder / f"{name}.npy", random.normal(size=(1, *shape)).astype("float32"))
    return folder


@pytest.fixture
def page(kerascope, tmp_path):
    def make(*arguments):
        path = tmp_path / "page.html"
        kerascope("show", *arguments, "--html", path, "--quiet")
        return Page(path)

    return make


def captured(kerascope, *arguments):
    return json.loads(kerascope("capture", *arguments, "--json").stdout)["layers"]


def rgb(path):
    return np.asarray(Image.open(path).convert("RGB"))


# --- where it goes ---


def test_default_name_overwrites_nothing(kerascope, small, tmp_path):
    for name in ("net-overview.png", "net-overview-2.png"):
        done = kerascope("show", small / "net.keras", small / "picture.png", cwd=tmp_path)
        assert f"wrote     {name}   the overview\n" in done.stdout
        assert Image.open(tmp_path / name).mode == "RGB"
    assert len(list(tmp_path.iterdir())) == 2


def test_single_file_and_standard_output_are_the_same_picture(kerascope, small, tmp_path):
    kerascope("show", small / "nested.keras", small / "picture.png", "-o", tmp_path / "a.png")
    program = pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "kerascope"
    command = [program, "show", small / "nested.keras", small / "picture.png", "-o", "-"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == (tmp_path / "a.png").read_bytes()


def test_page_on_standard_output(kerascope, small, tmp_path):
    arguments = ("show", small / "nested.keras", small / "picture.png")
    kerascope(*arguments, "--html", tmp_path / "a.html")
    assert kerascope(*arguments, "--html", "-").stdout == (tmp_path / "a.html").read_text(encoding="utf-8")
    done = kerascope(*arguments, "--html", "-", "-o", "-", check=False)
    assert done.returncode == 2 and "-o - and --html - both want standard output" in done.stderr


def test_folder_holds_every_layer_the_input_and_the_overview(kerascope, small, tmp_path):
    done = kerascope("show", small / "net.keras", small / "picture.png", "-o", tmp_path / "maps", "--json")
    answer = json.loads(done.stdout)
    written = {path.name for path in (tmp_path / "maps").iterdir()}
    names = ["picture", "conv1", "bn", "pool", "conv2", "drop", "flat", "answer"]
    assert written == {"input.png", "overview.png", *(f"{name}.png" for name in names)}
    assert answer["overview"] == str(tmp_path / "maps/overview.png")
    assert [row["address"] for row in answer["layers"]] == names


def test_a_layer_called_overview_keeps_its_picture(kerascope, models, tmp_path):
    kerascope("show", models / "names.keras", models / "names.npy", "-o", tmp_path)
    assert Image.open(tmp_path / "overview.png").size == (513, 513)
    assert Image.open(tmp_path / "overview_.png").width > 900


def test_named_layers_have_no_overview(kerascope, small, tmp_path):
    kerascope("show", small / "net.keras", small / "picture.png", "--layer", "conv*", "-o", tmp_path / "maps")
    assert {path.name for path in (tmp_path / "maps").iterdir()} == {"input.png", "conv1.png", "conv2.png"}


def test_page_alone_writes_nothing_else(kerascope, small, tmp_path):
    kerascope("show", small / "net.keras", small / "picture.png", "--html", "page.html", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    kerascope("show", small / "net.keras", small / "picture.png", "--html", "page.html", "-o", "a.png", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "page.html"]


def test_page_that_cannot_be_written(kerascope, small, tmp_path):
    (tmp_path / "file").write_text("x")
    done = kerascope("show", small / "net.keras", small / "picture.png", "--html", tmp_path / "file/a.html", check=False)
    assert done.returncode == 1
    assert "error[output-unwritable]" in done.stderr


# --- what it says ---

RUNS = {
    "net": ("net.keras", "batch.npy"),
    "nested": ("nested.keras", "batch.npy"),
    "shared": ("shared.keras", "batch.npy"),
    "h5": ("net.h5", "picture.png"),
}


@pytest.mark.parametrize("run", RUNS)
def test_rows_say_what_capture_says(kerascope, small, page, tmp_path, run):
    paths = [small / name for name in RUNS[run]]
    first_sample = tmp_path / "one.npy"
    if paths[1].suffix == ".npy":
        np.save(first_sample, np.load(paths[1])[:1])
    expected = captured(kerascope, paths[0], first_sample if first_sample.exists() else paths[1])
    found = json.loads(kerascope("show", *paths, "-o", tmp_path / "a.png", "--json").stdout)["layers"]
    rows = page(*paths).layers()
    assert [row["address"] for row in found] == [row["address"] for row in expected]
    assert len(rows) == len(expected)
    for row, entry, want in zip(rows, found, expected):
        assert entry["class"] == want["class"]
        assert entry["shape"] == want["shape"][1:]
        assert entry["axes"] == want["axes"]
        for key in ("min", "max", "mean", "zeros"):
            assert entry[key] == pytest.approx(want[key], rel=1e-5, abs=1e-6)
        name, kind, shape, low, high, mean, zeros, _, _ = row["cells"]
        assert want["address"] == name or want["address"].endswith("/" + name)
        assert kind == want["class"]
        assert shape == " ".join(f"{role}{size}" for role, size in zip(want["axes"], want["shape"][1:]))
        for text, value in ((low, want["min"]), (high, want["max"]), (mean, want["mean"])):
            assert float(text.replace(",", "")) == pytest.approx(value, rel=1e-3, abs=1e-5)
        assert zeros == f"{100 * want['zeros']:.1f}%"


def test_nested_models_are_tables_inside(small, page):
    found = [(row["depth"], row["cells"][0]) for row in page(small / "nested.keras", small / "batch.npy").layers()]
    base = [(1, name) for name in ("base_in", "conv", "relu", "pool")]
    head = [(1, name) for name in ("head_in", "flat", "hidden", "relu")]
    outside = [(0, name) for name in ("picture", "conv", "base", "head", "answer")]
    assert found == [*outside[:3], *base, outside[3], *head, outside[4]]


def test_both_calls_of_a_shared_model_hold_their_layers(small, page):
    found = [(row["depth"], row["cells"][0]) for row in page(small / "shared.keras", small / "batch.npy").layers()]
    tower = [(1, "tower_in"), (1, "inner")]
    assert found[3:9] == [(0, "tower@0"), *tower, (0, "tower@1"), *tower]


def test_several_inputs_are_all_drawn(kerascope, small, models, tmp_path, page):
    np.savez(tmp_path / "in.npz", picture=np.load(small / "batch.npy"), extra=np.ones((2, 1, 1, 3), "float32"))
    found = page(small / "two_inputs.keras", tmp_path / "in.npz")
    assert found.text.count("<figure>") == 2
    assert "<figcaption>extra</figcaption>" in found.text
    kerascope("show", small / "two_inputs.keras", tmp_path / "in.npz", "-o", tmp_path / "a.png")
    assert Image.open(tmp_path / "a.png").height > 300


def test_what_cannot_be_computed_has_a_row_with_the_reason(kerascope, small, page, tmp_path):
    done = kerascope("show", small / "lambda.keras", small / "batch.npy", "-o", tmp_path / "a.png", "--json", check=False)
    assert done.returncode == 3
    rows = {row["address"]: row for row in json.loads(done.stdout)["layers"]}
    assert list(rows) == ["picture", "before", "secret", "after"]
    assert "secret" in rows["secret"]["problem"] and "shape" not in rows["secret"]
    assert "problem" not in rows["before"]
    path = tmp_path / "page.html"
    kerascope("show", small / "lambda.keras", small / "batch.npy", "--html", path, check=False)
    secret = Page(path).layers()[2]
    assert secret["cells"][:2] == ["secret", "Lambda"]
    assert "'secret'" in secret["cells"][-1]
    assert "and 1 more behind it" in secret["cells"][-1] and "after GlobalAveragePooling2D" in secret["cells"][-1]
    assert not secret["pictures"]


def test_layers_that_cannot_be_computed_are_one_row(kerascope, page, tmp_path):
    """161 rows of one reason hide the others; a nested model that can be seen in part keeps its row."""

    def some(layers, count):
        return [layers.Conv2D(3, 1, name=f"c{count}_{i}") for i in range(count)]

    layers = keras.layers
    base = keras.Sequential([keras.Input((8, 8, 3)), *some(layers, 3), keras.layers.Lambda(lambda x: sum([x]), name="gate"),
                             *some(layers, 40)], name="base")  # fmt: skip
    model = keras.Sequential([keras.Input((8, 8, 3), name="x"), base, *some(layers, 5)])
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype("float32"))
    arguments = ("show", tmp_path / "m.keras", tmp_path / "x.npy")
    done = kerascope(*arguments, "--html", tmp_path / "a.html", "-o", tmp_path / "a.png", "--json", check=False)
    assert done.returncode == 3
    rows = [(row["depth"], row["cells"][0]) for row in Page(tmp_path / "a.html").layers()]
    inside = [name for depth, name in rows if depth == 1]
    assert inside[1:] == ["c3_0", "c3_1", "c3_2", "gate"]
    assert [name for depth, name in rows if depth == 0] == ["x", "base", "c5_0"]
    assert Image.open(tmp_path / "a.png").height < 900
    assert len(json.loads(done.stdout)["layers"]) == 1 + 1 + 1 + 3 + 1 + 40 + 5


def colored(path):
    """How many pixels are far from grey, warnings aside."""
    pixels = rgb(path).astype(int)
    return int(((pixels.max(-1) - pixels.min(-1)) > 90).sum())


@pytest.mark.parametrize("activation, is_picture", [("sigmoid", True), ("tanh", True), ("softmax", False), ("relu", False)])
def test_an_output_that_is_a_picture_is_in_colour(kerascope, tmp_path, activation, is_picture):
    """A segmentation's three shares are none, nor are numbers of any size."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((4,), name="code"), layers.Dense(16 * 16 * 3, name="hidden"), layers.Reshape((16, 16, 3), name="shaped"),
        layers.Activation(activation, name="out"),
    ])  # fmt: skip
    model.layers[0].set_weights([np.random.default_rng(1).normal(0, 9, w.shape) for w in model.layers[0].get_weights()])
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", np.ones((1, 4), "float32"))
    done = kerascope("show", tmp_path / "m.keras", tmp_path / "x.npy", "-o", tmp_path / "a.png", "--json")
    rows = {row["address"]: row.get("drawn") for row in json.loads(done.stdout)["layers"]}
    ends = {"sigmoid": "RGB 0 .. 1", "tanh": "RGB -1 .. 1"}
    assert rows == {"code": None, "hidden": None, "shaped": None, "out": ends.get(activation)}
    assert (colored(tmp_path / "a.png") > 300) == is_picture


def test_inputs_and_what_only_scales_them_are_in_colour(kerascope, tmp_path):
    layers = keras.layers
    stack = [keras.Input((16, 16, 3), name="x"), layers.Rescaling(1 / 255, name="unit"), layers.Conv2D(3, 3, name="conv")]
    keras.Sequential([*stack, layers.Flatten(name="flat")]).save(tmp_path / "m.keras")
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (16, 16, 3), "uint8")).save(tmp_path / "x.png")
    done = kerascope("show", tmp_path / "m.keras", tmp_path / "x.png", "-o", tmp_path / "a.png", "--json")
    rows = {row["address"]: row.get("drawn") for row in json.loads(done.stdout)["layers"]}
    assert rows == {"x": "RGB 0 .. 255", "unit": "RGB 0 .. 1", "conv": None, "flat": None}


def test_depth_says_how_far_nested_models_unfold(kerascope, small, tmp_path):
    arguments = ("show", small / "nested.keras", small / "batch.npy")
    done = kerascope(*arguments, "--depth", 1, "-o", tmp_path / "a.png", "--html", tmp_path / "a.html", "--json")
    names = ["picture", "conv", "base", "head", "answer"]
    assert [row["address"] for row in json.loads(done.stdout)["layers"]] == names
    assert [row["cells"][0] for row in Page(tmp_path / "a.html").layers()] == names
    kerascope(*arguments, "-o", tmp_path / "b.png")
    assert Image.open(tmp_path / "a.png").height < Image.open(tmp_path / "b.png").height


def test_chosen_layers_are_an_overview_where_one_is_wanted(kerascope, small, tmp_path):
    arguments = ("show", small / "net.keras", small / "batch.npy", "--layer", "conv*,answer")
    done = kerascope(*arguments, "--overview", "-o", tmp_path / "a.png", "--json")
    assert [row["address"] for row in json.loads(done.stdout)["layers"]] == ["conv1", "conv2", "answer"]
    assert json.loads(done.stdout)["pictures"] == []
    assert Image.open(tmp_path / "a.png").width > 900
    done = kerascope(*arguments, "-o", tmp_path / "b.png", check=False)
    assert done.returncode == 2 and "give a folder: -o maps/, or --overview" in done.stderr
    kerascope(*arguments, "--overview", "-o", tmp_path / "maps")
    written = {path.name for path in (tmp_path / "maps").iterdir()}
    assert written == {"input.png", "conv1.png", "conv2.png", "answer.png", "overview.png"}


def test_predictions_do_not_run_together_on_the_page(small, page):
    found = page(small / "net.keras", small / "picture.png")
    (line,) = [line for line in found.text.splitlines() if "predicts" in line]
    assert line.count("<span>") == 3  # "predicts answer: 0 0.998", "1 0.001", "2 0.001"


def test_the_page_has_no_least_width(small, page):
    """A browser is not here to look at it; nothing in its style is wider than what a small window has."""
    found = page(small / "net.keras", small / "picture.png")
    assert "min-width: 1360px" not in found.style and "@media (max-width: 1100px)" in found.style
    assert ("name", "viewport") in found.attributes
    assert found.text.count('<details class="all">') == len(found.layers())


def test_sample_is_the_one_that_is_asked_for(kerascope, small, page, tmp_path):
    np.save(tmp_path / "second.npy", np.load(small / "batch.npy")[1:])
    alone = page(small / "net.keras", tmp_path / "second.npy").layers()
    chosen = page(small / "net.keras", small / "batch.npy", "--sample", 1)
    assert "sample 1 of a batch of 2" in chosen.text
    for one, other in zip(alone, chosen.layers()):
        assert one["cells"] == other["cells"]
        for (_, first), (_, second) in zip(one["pictures"], other["pictures"]):
            assert np.abs(np.asarray(first).astype(int) - np.asarray(second)).max() <= 1


def test_pattern_chooses_the_rows_of_the_page(small, page):
    rows = page(small / "nested.keras", small / "batch.npy", "--layer", "base/*").layers()
    assert [(row["depth"], row["cells"][0]) for row in rows] == [
        (0, f"base/{name}") for name in ("base_in", "conv", "relu", "pool")
    ]


# --- what it draws ---


def scaled(numbers):
    low, high = numbers.min(), numbers.max()
    return np.round(np.float32(255) * (numbers - low) / (high - low))


def test_tiles_and_grids_are_the_numbers(kerascope, small, page, tmp_path):
    out = tmp_path / "out.npz"
    kerascope("capture", small / "net.keras", small / "batch.npy", "-o", out, "--quiet")
    conv = np.load(out)["conv1"][0]  # 6 x 6, 4 channels
    row = page(small / "net.keras", small / "batch.npy").layers()[1]
    (strip_alt, strip), (grid_alt, grid) = row["pictures"]
    assert (strip_alt, grid_alt) == ("some channels of conv1", "all channels of conv1")
    assert strip.size == (4 * 48 + 3 * 3, 48) and strip.mode == "L"
    assert grid.size == (2 * 6 + 1, 2 * 6 + 1)
    strip, grid = np.asarray(strip).astype(int), np.asarray(grid).astype(int)
    for channel in range(4):
        want = scaled(conv[..., channel])
        left, top, cell = channel * 51, channel // 2 * 7, channel % 2 * 7
        assert np.array_equal(strip[:, left : left + 48], np.kron(want, np.ones((8, 8))))
        assert np.abs(grid[top : top + 6, cell : cell + 6] - want).max() <= 255 / 15 / 2 + 1


def test_large_maps_are_the_means_of_what_each_pixel_covers(kerascope, page, tmp_path):
    keras.Sequential([keras.Input((96, 96, 1), name="x"), keras.layers.ReLU(name="relu")]).save(tmp_path / "m.keras")
    numbers = np.random.default_rng(2).normal(size=(96, 96)).astype("float32")
    np.save(tmp_path / "x.npy", numbers[None, ..., None])
    strip = np.asarray(page(tmp_path / "m.keras", tmp_path / "x.npy").layers()[1]["pictures"][0][1])
    greys = scaled(np.maximum(numbers, 0))
    means = greys.reshape(48, 2, 48, 2).mean((1, 3))
    assert np.abs(strip - means).max() <= 0.51


def test_overview_has_the_tiles_of_the_page_in_its_own_size(kerascope, small, tmp_path):
    kerascope("show", small / "net.keras", small / "batch.npy", "-o", tmp_path / "a.png")
    kerascope("capture", small / "net.keras", small / "batch.npy", "-o", tmp_path / "out.npz", "--quiet")
    pool = scaled(np.load(tmp_path / "out.npz")["pool"][0][..., 1])  # 3 x 3
    picture = rgb(tmp_path / "a.png")[..., 0].astype(float)
    edges = np.round(np.arange(4) * 56 / 3).astype(int)
    tile = np.zeros((56, 56))
    for y in range(3):
        for x in range(3):
            tile[edges[y] : edges[y + 1], edges[x] : edges[x + 1]] = pool[y, x]
    inner = np.ones((56, 56), bool)
    inner[:, edges[1:3] - 1] = inner[:, edges[1:3]] = inner[edges[1:3] - 1] = inner[edges[1:3]] = False
    left = 28 + 264 + 18 + 59
    matches = [
        top
        for top in range(picture.shape[0] - 56)
        if np.abs(picture[top : top + 56, left : left + 56] - tile)[inner].max() < 1
    ]
    assert len(matches) == 1


def test_nan_is_counted_and_magenta(kerascope, small, page, tmp_path):
    numbers = np.load(small / "batch.npy")[:1]
    numbers[0, 4, 4, 1] = math.nan
    np.save(tmp_path / "nan.npy", numbers)
    rows = page(small / "net.keras", tmp_path / "nan.npy").layers()
    assert rows[0]["cells"][7] == "1 of 3 with NaN"
    strip = np.asarray(rows[0]["pictures"][0][1].convert("RGB"))
    assert (strip[4 * 6 + 3, 51 + 4 * 6 + 3] == MAGENTA).all()
    assert not (strip[:, :48] == MAGENTA).all(-1).any()
    kerascope("show", small / "net.keras", tmp_path / "nan.npy", "-o", tmp_path / "a.png")
    assert (rgb(tmp_path / "a.png") == MAGENTA).all(-1).sum() > 49


def test_constant_channels_are_counted_and_hatched(page, tmp_path):
    stack = [keras.Input((8, 8, 3), name="x"), keras.layers.Conv2D(2, 1, name="conv"), keras.layers.ReLU(name="relu")]
    model = keras.Sequential(stack)
    kernel = np.zeros((1, 1, 3, 2), "float32")
    kernel[0, 0, :, 0] = 1
    model.layers[0].set_weights([kernel, np.array([0, -3], "float32")])
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", np.random.default_rng(1).normal(size=(1, 8, 8, 3)).astype("float32"))
    rows = page(tmp_path / "m.keras", tmp_path / "x.npy").layers()
    assert [row["cells"][7] for row in rows] == ["", "1 of 2 constant", "1 of 2 constant (dead)"]
    strip = np.asarray(rows[1]["pictures"][0][1])
    assert sorted(set(strip[:, 51:].ravel())) == [30, 52]


@pytest.mark.parametrize("name", ["vectors", "sequence", "names", "volume"])
def test_other_kinds_of_models(kerascope, models, page, tmp_path, name):
    rows = page(models / f"{name}.keras", models / f"{name}.npy").layers()
    assert all(len(row["pictures"]) == 2 for row in rows)
    assert all(strip.width <= 456 and strip.height <= 48 for row in rows for _, strip in row["pictures"][:1])
    widest = 1024 if name == "sequence" else 512  # lines have small print
    assert all(grid.width <= widest and grid.height <= 1280 for row in rows for _, grid in row["pictures"][1:])
    kerascope("show", models / f"{name}.keras", models / f"{name}.npy", "-o", tmp_path / "a.png")
    width, height = Image.open(tmp_path / "a.png").size
    assert 900 < width < 1200 and height < 900


def test_scale_and_colours_hold_in_the_overview(kerascope, small, page, tmp_path):
    arguments = (small / "net.keras", small / "batch.npy", "--scale", "symmetric")
    found = page(*arguments)
    assert "scale: symmetric (diverging)" in found.text
    assert found.layers()[1]["pictures"][0][1].mode == "RGB"
    kerascope("show", *arguments, "-o", tmp_path / "a.png")
    picture = rgb(tmp_path / "a.png").astype(int)
    assert (np.abs(picture[..., 0] - picture[..., 2]) > 100).any()


# --- the page ---


def test_page_is_whole_and_asks_for_nothing(small, page):
    found = page(small / "nested.keras", small / "batch.npy")
    digest = base64.b64encode(hashlib.sha256(found.style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in found.policy
    assert found.policy.startswith("default-src 'none'; img-src data:;")
    assert not found.tags & {"script", "link", "iframe", "object", "base", "a", "form"}
    assert not [key for key, _ in found.attributes if key.startswith("on") or key in ("style", "href", "srcset")]
    assert "url(" not in found.style and "@import" not in found.style
    assert "prefers-color-scheme: dark" in found.style


def test_names_are_only_text(kerascope, small, page, tmp_path):
    def rename(config):
        layer(config, "conv1")["config"]["name"] = ODD.replace("/", "\\")
        layer(config, "bn")["config"]["name"] = "\x1b[31m\u202e\x00\ud83d\ude00"
        layer(config, "drop")["config"]["name"] = LONG

    model = edit_archive(small / "net.keras", tmp_path / "<b>odd & 'name'.keras", rename)
    found = page(model, small / "batch.npy")
    names = [row["cells"][0] for row in found.layers()]
    assert names[1] == ODD.replace("/", "\\")
    assert names[2].startswith("\\x1b[31m\\u{202e}\\x00")
    assert names[5] == LONG
    assert found.heading == "<b>odd & 'name'.keras"
    assert not found.tags & {"script", "b"}
    assert "onerror" not in dict(found.attributes)
    kerascope("show", model, small / "batch.npy", "-o", tmp_path / "a.png")


# --- a large model ---


def test_resnet50_inside_a_model_keeps_its_bounds(kerascope, tmp_path):
    oracle = pathlib.Path(os.environ["KERASCOPE_ORACLE_DIR"]) / "networks"
    folder = oracle / json.loads((oracle / "manifest.json").read_text())["resnet50_nested"]
    arguments = ("show", folder / "model.h5", folder / "input.npy", "-o", tmp_path / "a.png")
    kerascope(*arguments, "--html", tmp_path / "page.html")
    width, height = Image.open(tmp_path / "a.png").size
    assert width <= 6000 and height <= 4000
    assert (tmp_path / "page.html").stat().st_size < 24e6  # its input is noise, the worst that there is
    rows = Page(tmp_path / "page.html").layers()
    assert len(rows) == 180
    assert sum(row["depth"] for row in rows) == 175
