"""What the commands promise: addresses, pictures, JSON, streams, phases; numbers as NumPy and Keras compute them."""

import json
import math
import shutil
import subprocess

import keras
import numpy as np
import pytest
from PIL import Image
from small_models import edit_h5


@pytest.fixture
def capture(kerascope, small, tmp_path):
    """Captures layers of one of the small models: {address: array}, in the order of the archive."""

    def run(model, *arguments, inputs=("batch.npy",)):
        out = tmp_path / "captured.npz"
        kerascope("capture", small / model, *(small / name for name in inputs), *arguments, "-o", out, "--quiet")
        with np.load(out) as archive:
            return {name: archive[name] for name in archive.files}

    return run


# --- addresses ---

ALL_NESTED = ["picture", "conv", "base", "base/base_in", "base/conv", "base/relu", "base/pool"]
ALL_NESTED += ["head", "head/head_in", "head/flat", "head/hidden", "head/relu", "answer"]
ALL_SHARED = ["picture", "conv@0", "conv@1", "tower@0", "tower@0/tower_in", "tower@0/inner"]
ALL_SHARED += ["tower@1", "tower@1/tower_in", "tower@1/inner", "sum", "answer"]

ADDRESSES = [
    ("net", [], ["picture", "conv1", "bn", "pool", "conv2", "drop", "flat", "answer"]),
    ("net", ["conv2"], ["conv2"]),
    ("net", ["picture"], ["picture"]),
    ("net", ["0"], ["conv1"]),  # a Sequential leaves its InputLayer out
    ("net", ["-1"], ["answer"]),
    ("net", ["-7"], ["conv1"]),
    ("net", ["1..3"], ["bn", "pool", "conv2"]),
    ("net", ["-3..-1"], ["drop", "flat", "answer"]),
    ("net", ["4..4"], ["drop"]),
    ("net", ["conv*"], ["conv1", "conv2"]),
    ("net", ["*o*"], ["conv1", "pool", "conv2", "drop"]),
    ("net", ["????"], ["pool", "drop", "flat"]),
    ("net", ["type:Conv2D"], ["conv1", "conv2"]),
    ("net", ["type:*2D"], ["conv1", "pool", "conv2"]),
    ("net", ["pool,answer,conv1"], ["pool", "answer", "conv1"]),
    ("net", ["pool", "answer", "conv1,pool"], ["pool", "answer", "conv1"]),
    ("net", ["conv*,0,type:Conv2D,conv1"], ["conv1", "conv2"]),
    ("net", ["conv1/pre_activation"], ["conv1/pre_activation"]),
    ("net", ["answer/pre_activation,answer"], ["answer/pre_activation", "answer"]),
    ("net", ["*/pre_activation"], ["conv1/pre_activation", "answer/pre_activation"]),
    ("net", [r"\conv1"], ["conv1"]),
    ("nested", [], ALL_NESTED),
    ("nested", ["conv"], ["conv"]),  # an exact address wins over the one in the base
    ("nested", ["base/conv"], ["base/conv"]),
    ("nested", ["pool"], ["base/pool"]),  # its name occurs once
    ("nested", ["hidden:2"], ["head/hidden:2"]),
    ("nested", ["2"], ["base"]),
    ("nested", ["base/0..2"], ["base/base_in", "base/conv", "base/relu"]),
    ("nested", ["base/-1"], ["base/pool"]),
    ("nested", ["head/1"], ["head/hidden"]),
    ("nested", ["2/1"], ["base/conv"]),  # as `kerascope layers` prints it
    ("nested", ["2/-1,3/1..2"], ["base/pool", "head/hidden", "head/relu"]),
    ("nested", ["relu*"], ["base/relu", "head/relu"]),
    ("nested", ["*/relu"], ["base/relu", "head/relu"]),
    ("nested", ["base/*"], ["base/base_in", "base/conv", "base/relu", "base/pool"]),
    ("nested", ["**"], ALL_NESTED),
    ("nested", ["*"], ALL_NESTED),
    ("nested", ["type:Conv2D"], ["conv", "base/conv"]),
    ("nested", ["type:Functional"], ["base"]),
    ("shared", [], ALL_SHARED),
    ("shared", ["conv"], ["conv@0", "conv@1"]),
    ("shared", ["conv@1"], ["conv@1"]),
    ("shared", ["1"], ["conv@0", "conv@1"]),
    ("shared", ["tower@1/inner"], ["tower@1/inner"]),
    ("shared", ["tower/inner"], ["tower@0/inner", "tower@1/inner"]),
    ("shared", ["inner"], ["tower@0/inner", "tower@1/inner"]),
    ("shared", ["tower@0/*"], ["tower@0/tower_in", "tower@0/inner"]),
    ("shared", ["tower@1/1"], ["tower@1/inner"]),
    ("shared", ["tower/1"], ["tower@0/inner", "tower@1/inner"]),
    ("shared", ["tower"], ["tower@0", "tower@1"]),
]


@pytest.mark.parametrize(
    "model, asked, chosen", ADDRESSES, ids=lambda value: ",".join(value) if isinstance(value, list) else value
)
def test_address(capture, model, asked, chosen):
    layers = [word for text in asked for word in ("--layer", text)]
    seen = capture(f"{model}.keras", *layers)
    assert list(seen) == chosen


def test_channels_and_units_are_slices(capture):
    seen = capture("net.keras", "-l", "conv1,conv1:3,conv1[2,5]:1,bn:0,answer:2,0:1,flat:17")
    conv = seen["conv1"]
    np.testing.assert_array_equal(seen["conv1:3"], conv[..., 3:4])
    np.testing.assert_array_equal(seen["conv1[2,5]:1"], conv[:, 2:3, 5:6, 1:2])
    np.testing.assert_array_equal(seen["conv1:1"], conv[..., 1:2])
    assert list(seen) == ["conv1", "conv1:3", "conv1[2,5]:1", "bn:0", "answer:2", "conv1:1", "flat:17"]
    whole = capture("net.keras", "-l", "bn,answer,flat")
    np.testing.assert_array_equal(seen["bn:0"], whole["bn"][..., :1])
    np.testing.assert_array_equal(seen["answer:2"], whole["answer"][:, 2:3])
    np.testing.assert_array_equal(seen["flat:17"], whole["flat"][:, 17:18])


def test_what_lies_inside_a_layer(capture):
    seen = capture("net.keras", "-l", "conv1/pre_activation,conv1,answer/pre_activation,answer")
    assert seen["conv1/pre_activation"].min() < 0
    np.testing.assert_array_equal(np.maximum(seen["conv1/pre_activation"], 0), seen["conv1"])
    powers = np.exp(seen["answer/pre_activation"])
    np.testing.assert_allclose(powers / powers.sum(-1, keepdims=True), seen["answer"], rtol=1e-5)


def test_what_is_asked_for_alone_equals_all_at_once(capture):
    everything = capture("net.keras")
    for name, numbers in everything.items():
        np.testing.assert_allclose(capture("net.keras", "-l", name)[name], numbers, rtol=1e-5, atol=1e-6)


# --- pictures ---


def plain_grid(sample):
    """(H, W, C) as the rule says: ceil(sqrt(C)) rows and columns, each channel from its minimum to its maximum."""
    height, width, channels = sample.shape
    side = math.ceil(math.sqrt(channels))
    grid = np.zeros((side * height, side * width))
    tiles = np.zeros(grid.shape, bool)
    for c in range(channels):
        tile = sample[..., c].astype("float64")
        place = np.s_[c // side * height : (c // side + 1) * height, c % side * width : (c % side + 1) * width]
        grid[place] = np.round(255 * (tile - tile.min()) / (tile.max() - tile.min()))
        tiles[place] = True
    return grid, tiles


@pytest.mark.parametrize("sample", [0, 1])
@pytest.mark.parametrize("name", ["picture", "conv1", "bn", "pool", "conv2"])
def test_the_plain_grid_equals_numpys(kerascope, small, capture, tmp_path, name, sample):
    kerascope(
        "show",
        small / "net.keras",
        small / "batch.npy",
        "-l",
        name,
        "--gap",
        0,
        "--zoom",
        1,
        "--sample",
        sample,
        "-o",
        tmp_path / "x.png",
    )
    grid, tiles = plain_grid(capture("net.keras", "-l", name)[name][sample])
    seen = np.asarray(Image.open(tmp_path / "x.png").convert("L")).astype(int)
    assert seen.shape == grid.shape
    varied = np.abs(seen - grid)[tiles]
    assert varied.max() <= 1


def test_zoom_repeats_pixels_and_gap_parts_tiles(kerascope, small, tmp_path):
    base = ("show", small / "net.keras", small / "batch.npy", "-l", "conv1", "-o", tmp_path / "x.png")
    read = lambda: np.asarray(Image.open(tmp_path / "x.png").convert("L"))
    kerascope(*base, "--gap", 0, "--zoom", 1)
    plain = read()
    kerascope(*base, "--gap", 0, "--zoom", 3)
    np.testing.assert_array_equal(read(), plain.repeat(3, 0).repeat(3, 1))
    kerascope(*base, "--gap", 2, "--zoom", 1)
    np.testing.assert_array_equal(read()[:6, :6], plain[:6, :6])
    np.testing.assert_array_equal(read()[8:, 8:], plain[6:, 6:])
    kerascope(*base)
    assert read().shape[1] >= 512


def test_a_folder_holds_each_layer_and_the_input(kerascope, small, tmp_path):
    done = kerascope("show", small / "nested.keras", small / "picture.png", "-o", tmp_path / "maps")
    written = {str(path.relative_to(tmp_path / "maps")) for path in (tmp_path / "maps").rglob("*.png")}
    assert written == {f"{address}.png" for address in ALL_NESTED} | {"input.png", "overview.png"}
    assert "Shape of base/conv: (6, 6, 4)" in done.stdout
    for path in written:
        assert str(tmp_path / "maps" / path) in done.stdout
    sizes = Image.open(tmp_path / "maps" / "input.png").size
    assert sizes[0] == sizes[1] and sizes[0] % 8 == 0


def test_several_inputs_have_a_picture_each(kerascope, small, tmp_path):
    np.save(tmp_path / "extra.npy", np.ones((2, 1, 1, 3), "float32"))
    kerascope("show", small / "two_inputs.keras", small / "batch.npy", tmp_path / "extra.npy", "-o", tmp_path / "maps")
    assert (tmp_path / "maps" / "input-picture.png").exists() and (tmp_path / "maps" / "input-extra.png").exists()


def test_automatic_names_never_overwrite_and_given_ones_do(kerascope, small, tmp_path):
    arguments = ("show", small / "net.keras", small / "batch.npy", "-l", "conv1")
    for expected in ("net-conv1.png", "net-conv1-2.png", "net-conv1-3.png"):
        assert f"wrote     {expected}" in kerascope(*arguments, cwd=tmp_path).stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net-conv1-2.png", "net-conv1-3.png", "net-conv1.png"]
    (tmp_path / "mine.png").write_text("older")
    kerascope(*arguments, "-o", "mine.png", cwd=tmp_path)
    assert Image.open(tmp_path / "mine.png").size[0] >= 512
    kerascope("show", small / "nested.keras", small / "batch.npy", "-l", "base/conv", cwd=tmp_path)
    assert (tmp_path / "nested-base-conv.png").exists()


# --- .npz, folders ---


def test_a_folder_of_arrays_equals_the_archive(kerascope, small, capture, tmp_path):
    kerascope("capture", small / "nested.keras", small / "batch.npy", "-o", tmp_path / "arrays")
    archive = capture("nested.keras")
    paths = {str(path.relative_to(tmp_path / "arrays")) for path in (tmp_path / "arrays").rglob("*.npy")}
    assert paths == {f"{address}.npy" for address in archive}
    for address, numbers in archive.items():
        np.testing.assert_array_equal(np.load(tmp_path / "arrays" / f"{address}.npy"), numbers)
        assert numbers.dtype == np.float32 and numbers.shape[0] == 2


# --- JSON and streams ---


def test_what_is_inside_layers_is_listed(kerascope, tmp_path):
    x = keras.Input((6, 3), name="steps")
    y = keras.layers.Bidirectional(keras.layers.LSTM(5), name="both")(x)
    keras.Model(x, keras.layers.Dense(2, activation="softmax", name="answer")(y)).save(tmp_path / "model.keras")
    plain = kerascope("layers", tmp_path / "model.keras").stdout.splitlines()
    listed = kerascope("layers", tmp_path / "model.keras", "--verbose").stdout.splitlines()
    inside = [line.split() for line in listed if line.split()[0].startswith(("both/", "answer/"))]
    assert ["both/backward_layer/forget_gate", "T6", "C5"] in inside and ["answer/pre_activation", "C2"] in inside
    assert [line.split() for line in listed if line.split() not in inside] == [line.split() for line in plain]

    layers = json.loads(kerascope("layers", tmp_path / "model.keras", "-v", "--json").stdout)["layers"]
    assert {"address": "answer/pre_activation", "output": [None, 2], "axes": "C"} in layers[-1]["inside"]
    addresses = [entry["address"] for layer in layers for entry in layer.get("inside", [])]
    assert addresses == [words[0] for words in inside]
    details = kerascope("layers", tmp_path / "model.keras", "--layer", "both").stdout
    assert "inside    both/forward_layer/input_gate     T6 C5" in details
    np.save(tmp_path / "x.npy", np.zeros((1, 6, 3), "float32"))
    told = kerascope("capture", tmp_path / "model.keras", tmp_path / "x.npy", "--json", *[f"--layer={one}" for one in addresses])
    assert [layer["address"] for layer in json.loads(told.stdout)["layers"]] == addresses  # each can be asked for


def test_layers_as_json(kerascope, small):
    listed = json.loads(kerascope("layers", small / "net.keras", "--json").stdout)
    model = keras.saving.load_model(small / "net.keras")
    assert listed["format"] == "Keras archive" and listed["kind"] == "sequential"
    assert listed["keras_version"] == keras.__version__
    assert listed["parameters"] == model.count_params()
    assert listed["trainable_parameters"] == sum(math.prod(v.shape) for v in model.trainable_variables)
    rows = {row["address"]: row for row in listed["layers"]}
    assert rows["picture"]["index"] is None
    for index, layer in enumerate(model.layers):
        row = rows[layer.name]
        assert row["index"] == str(index) and row["class"] == type(layer).__name__
        assert tuple(row["output"]) == layer.output.shape and row["parameters"] == layer.count_params()
        assert row["computable"] is True


def test_depth_folds_nested_models(kerascope, small):
    addresses = lambda *more: [
        row["address"]
        for row in json.loads(kerascope("layers", small / "nested.keras", "--json", *more).stdout)["layers"]
    ]
    assert addresses() == ALL_NESTED
    assert addresses("--depth", 1) == ["picture", "conv", "base", "head", "answer"]
    assert addresses("--depth", 2) == ALL_NESTED


def test_capture_as_json_holds_the_statistics(kerascope, small, capture):
    told = json.loads(kerascope("capture", small / "net.keras", small / "batch.npy", "--json").stdout)
    seen = capture("net.keras")
    assert [row["address"] for row in told["layers"]] == list(seen)
    for row in told["layers"]:
        numbers = seen[row["address"]].astype("float64")
        assert row["shape"] == list(numbers.shape)
        for key, truth in (
            ("min", numbers.min()),
            ("max", numbers.max()),
            ("mean", numbers.mean()),
            ("zeros", (numbers == 0).mean()),
        ):
            assert row[key] == pytest.approx(truth, rel=1e-5, abs=1e-6), (row["address"], key)
    answer = seen["answer"][0]
    (prediction,) = told["predictions"]
    assert [one["index"] for one in prediction["largest"]] == list(np.argsort(-answer))
    assert [one["value"] for one in prediction["largest"]] == pytest.approx(np.sort(answer)[::-1])


def test_show_as_json(kerascope, small, capture, tmp_path):
    told = json.loads(
        kerascope(
            "show", small / "net.keras", small / "batch.npy", "-l", "conv*", "-o", tmp_path / "maps", "--json"
        ).stdout
    )
    seen = capture("net.keras", "-l", "conv*")
    pictures = [picture for picture in told["pictures"] if "input" not in picture]
    assert [picture["address"] for picture in pictures] == list(seen)
    for picture in told["pictures"]:
        Image.open(picture["path"]).verify()
    for picture in pictures:
        numbers = seen[picture["address"]][0]
        assert picture["shape"] == list(numbers.shape) and picture["axes"] == "HWC"
        assert (picture["min"], picture["max"]) == pytest.approx((numbers.min(), numbers.max()))


def test_labels_name_the_predictions(kerascope, small, tmp_path):
    (tmp_path / "labels.txt").write_text("ant\nbee\ncow\n")
    (tmp_path / "labels.json").write_text('{"0": ["n0", "ant"], "1": ["n1", "bee"], "2": ["n2", "cow"]}')
    for name in ("labels.txt", "labels.json"):
        told = json.loads(
            kerascope("capture", small / "net.keras", small / "batch.npy", "--json", "--labels", tmp_path / name).stdout
        )
        for one in told["predictions"][0]["largest"]:
            assert one["label"] == ["ant", "bee", "cow"][one["index"]]


def test_quiet_prints_nothing(kerascope, small, tmp_path):
    for arguments in (
        ("layers", small / "net.keras"),
        ("show", small / "net.keras", small / "picture.png", "-o", tmp_path / "maps"),
        ("capture", small / "net.keras", small / "picture.png", "-o", tmp_path / "x.npz"),
        ("demo", "-o", tmp_path / "demo"),
    ):
        done = kerascope(*arguments, "--quiet")
        assert (done.stdout, done.stderr) == ("", "")
    assert "error[" in kerascope("layers", small / "none.keras", "--quiet", check=False).stderr


def test_results_and_messages_have_a_stream_each(kerascope, small, tmp_path):
    done = kerascope("capture", small / "net.keras", small / "picture.png", "-o", tmp_path / "x.npz")
    assert done.stderr.startswith("input ") and "9x11 -> 8x8 (nearest, as load_img)" in done.stderr
    assert "input " not in done.stdout and "address" in done.stdout and "predicts  answer:" in done.stdout
    done = kerascope("capture", small / "net.keras", small / "picture.png", "--json")
    json.loads(done.stdout)
    assert done.stderr.startswith("input ")


def test_standard_output_takes_one_result(kerascope, small, capture, tmp_path):
    program = kerascope("--version").args[0]
    for target in ("-", "/dev/stdout"):
        done = subprocess.run(
            [program, "show", small / "net.keras", small / "batch.npy", "-l", "conv1", "-o", target],
            capture_output=True,
            check=True,
        )
        kerascope("show", small / "net.keras", small / "batch.npy", "-l", "conv1", "-o", tmp_path / "x.png")
        assert (done.stdout, done.stderr) == ((tmp_path / "x.png").read_bytes(), b"")
        done = subprocess.run(
            [program, "capture", small / "net.keras", small / "batch.npy", "-o", target],
            capture_output=True,
            check=True,
        )
        (tmp_path / "piped.npz").write_bytes(done.stdout)
        assert np.load(tmp_path / "piped.npz").files == list(capture("net.keras")) and done.stderr == b""


@pytest.mark.parametrize("piped", [True, False])
@pytest.mark.parametrize("name", ["net.keras", "net.h5"])
def test_the_model_from_standard_input(kerascope, small, capture, tmp_path, name, piped):
    program, out = kerascope("--version").args[0], tmp_path / "x.npz"
    command = [program, "capture", "-", small / "batch.npy", "-o", out]
    with open(small / name, "rb") as model:
        given = {"input": model.read()} if piped else {"stdin": model}
        done = subprocess.run(command, capture_output=True, check=True, **given)
    assert b"predicts  answer:" in done.stdout
    for address, numbers in capture("net.keras").items():
        np.testing.assert_array_equal(np.load(out)[address], numbers)


@pytest.mark.parametrize("name", ["batch.npy", "picture.png"])
def test_the_input_from_standard_input(kerascope, small, capture, tmp_path, name):
    program, out = kerascope("--version").args[0], tmp_path / "x.npz"
    command = [program, "capture", small / "net.keras", "-", "-o", out]
    subprocess.run(command, input=(small / name).read_bytes(), capture_output=True, check=True)
    for address, numbers in capture("net.keras", inputs=(name,)).items():
        np.testing.assert_array_equal(np.load(out)[address], numbers)


def test_bad_standard_input_is_named_so(kerascope, small):
    program = kerascope("--version").args[0]
    done = subprocess.run([program, "layers", "-"], input=b"", capture_output=True)
    assert done.returncode == 1 and b"the file is empty" in done.stderr and b"standard input" in done.stderr
    done = subprocess.run(
        [program, "show", "-", small / "batch.npy", "-l", "conv1"],
        cwd=small.parent,
        capture_output=True,
        input=(small / "net.keras").read_bytes(),
    )
    assert done.returncode == 0 and (small.parent / "model-conv1.png").exists()


# --- several inputs ---


def test_inputs_by_order_by_name_and_in_an_archive_are_the_same(kerascope, small, tmp_path):
    batch, extra = np.load(small / "batch.npy"), np.arange(6, dtype="float32").reshape(2, 1, 1, 3)
    np.save(tmp_path / "extra.npy", extra)
    np.savez(tmp_path / "both.npz", extra=extra, picture=batch)
    for number, inputs in enumerate(
        [
            (small / "batch.npy", tmp_path / "extra.npy"),
            ("--input", f"extra={tmp_path / 'extra.npy'}", "--input", f"picture={small / 'batch.npy'}"),
            ("--input", f"extra={tmp_path / 'extra.npy'}", small / "batch.npy"),
            (tmp_path / "both.npz",),
        ]
    ):
        out = tmp_path / f"{number}.npz"
        kerascope("capture", small / "two_inputs.keras", *inputs, "-o", out)
        np.testing.assert_array_equal(np.load(out)["extra"], extra)
        np.testing.assert_allclose(np.load(out)["gated"], batch * extra, rtol=1e-6)


def test_a_sequential_that_is_a_list(kerascope, small, capture, tmp_path):
    """As Keras 2.0 to 2.2.2 wrote it: the layers are the config itself, and the first one says the input's shape."""

    def change(file):
        config = json.loads(file.attrs["model_config"])
        picture, *layers = config["config"]["layers"]
        layers[0]["config"]["batch_input_shape"] = picture["config"]["batch_shape"]
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": layers})

    kerascope(
        "capture",
        edit_h5(small / "net.h5", tmp_path / "list.h5", change),
        small / "batch.npy",
        "-o",
        tmp_path / "x.npz",
    )
    for address, numbers in capture("net.h5").items():
        address = "conv1_input" if address == "picture" else address
        np.testing.assert_array_equal(np.load(tmp_path / "x.npz")[address], numbers)


def test_one_sample_without_batch_axis_is_a_batch_of_one(kerascope, small, tmp_path):
    np.save(tmp_path / "one.npy", np.load(small / "batch.npy")[1])
    done = kerascope("capture", small / "net.keras", tmp_path / "one.npy", "-o", tmp_path / "x.npz")
    assert "as a batch of one" in done.stderr
    assert np.load(tmp_path / "x.npz")["conv1"].shape == (1, 6, 6, 4)


# --- the training phase ---


def test_training_phase_equals_kerass(small, capture):
    """Batch statistics; dropout keeps still with --seed off."""
    seen = capture("net.keras", "--phase", "training", "--seed", "off")
    model = keras.saving.load_model(small / "net.keras")
    x = np.load(small / "batch.npy")
    for layer in model.layers:
        x = layer(x, training=layer.name == "bn") if layer.name in ("bn", "drop") else layer(x)
        truth = np.asarray(x)
        assert np.abs(seen[layer.name] - truth).max() <= 1e-5 * np.abs(truth).max(), layer.name
    assert np.abs(seen["bn"] - capture("net.keras")["bn"]).max() > 0.1


def test_dropout_drops_the_share_and_scales_the_rest(kerascope, small, tmp_path):
    rate, count = 0.4, 400
    np.save(tmp_path / "many.npy", np.random.default_rng(3).normal(size=(count, 8, 8, 3)).astype("float32"))
    kerascope("capture", small / "net.keras", tmp_path / "many.npy", "--phase", "training", "-o", tmp_path / "x.npz")
    before, after = (np.load(tmp_path / "x.npz")[name] for name in ("conv2", "drop"))
    kept = after != 0
    np.testing.assert_allclose(after[kept], before[kept] / (1 - rate), rtol=1e-5)
    deviation = math.sqrt(rate * (1 - rate) / after.size)
    assert abs((~kept).mean() - rate) < 5 * deviation
    # No channel, place or sample is dropped more than others.
    for axis in range(4):
        shares = (~kept).mean(tuple(other for other in range(4) if other != axis))
        assert np.abs(shares - rate).max() < 6 * math.sqrt(rate * (1 - rate) * shares.size / after.size)


def test_random_numbers_depend_on_the_seed_alone(capture):
    training = lambda *more: capture("net.keras", "--phase", "training", *more)
    first = training("--seed", 5)
    for more in (("--threads", 1), ("--threads", 2), ("-l", "drop"), ("-l", "drop,conv1", "--threads", 1)):
        np.testing.assert_array_equal(training("--seed", 5, *more)["drop"], first["drop"])
    np.testing.assert_array_equal(training()["drop"], training("--seed", 0)["drop"])
    assert (training("--seed", 6)["drop"] != first["drop"]).mean() > 0.2
    np.testing.assert_array_equal(capture("net.keras", "--seed", 5)["drop"], capture("net.keras")["conv2"])


# --- demo ---


def test_demo_writes_what_its_next_command_needs(kerascope, tmp_path):
    done = kerascope("demo", cwd=tmp_path)
    folder = tmp_path / "kerascope-demo"
    assert (folder / "digits.keras").exists() and (folder / "digit.png").exists()
    assert (folder / "maps" / "input.png").exists()
    *_, last = done.stdout.strip().split("\n")
    words = last.split()
    assert words[1] == "show"
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    assert Image.open(tmp_path / "conv1out.png").size[0] >= 512
    shutil.rmtree(folder)
