"""`kerascope diff`: distances as NumPy computes them, where two sides part, and what tells files apart."""

import itertools
import json
import re
import shutil

import h5py
import keras
import numpy as np
import pytest
from failures import check_failure, files_below
from PIL import Image
from small_models import edit_archive


def distances(a, b):
    """The definition, in float64: (absolute, relative, cosine)."""
    a, b = a.astype("float64").ravel(), b.astype("float64").ravel()
    apart = np.abs(a - b).max()
    scale = max(np.abs(a).max(), np.abs(b).max())
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    if apart == 0:
        return 0, 0, 1
    return apart, apart / scale, a @ b / lengths if lengths else 0


@pytest.fixture
def arrays():
    random = np.random.default_rng(5)
    names = ["zebra", "conv1", "conv10", "conv2", "base/relu", "answer"]  # an order that is no alphabet's
    return {name: random.normal(size=(2, 5, 4, 3)).astype("float32") for name in names}


def saved(path, arrays):
    np.savez(path, **arrays)
    return path


def table(done):
    """{address: words of the row}, in order."""
    lines = done.stdout.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith("address"))
    rows = {}
    for line in lines[start + 1 :]:
        if not line or re.match(r"(agree|parts|predicts|wrote|missing) ", line):
            break
        rows[line.split()[0]] = line
    return rows


def shown(done):
    """The table's lines, folds among them, by their first word or as they stand."""
    lines = done.stdout.split("\n")
    lines = lines[next(i for i, line in enumerate(lines) if line.startswith("address")) + 1 :]
    lines = itertools.takewhile(lambda line: line and not re.match(r"(agree|parts|predicts) ", line), lines)
    return [line if line.startswith("..") else line.split()[0] for line in lines]


def test_equal_archives_agree(kerascope, tmp_path, arrays):
    a, b = saved(tmp_path / "a.npz", arrays), saved(tmp_path / "b.npz", arrays)
    done = kerascope("diff", a, b, "--all")
    assert list(table(done)) == list(arrays)
    assert done.stdout.endswith("agree     6 of 6 within 0.0001; they are equal\n")


def test_distances_are_numpys(kerascope, tmp_path, arrays):
    random = np.random.default_rng(6)
    other = {
        name: (array + size * random.normal(size=array.shape)).astype("float32")
        for size, (name, array) in zip([0, 1e-7, 1e-6, 1e-3, 0.1, 10], arrays.items())
    }
    a, b = saved(tmp_path / "a.npz", arrays), saved(tmp_path / "b.npz", other)
    done = kerascope("diff", a, b, "--json", check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["first"] == "conv2" and told["agree"] is False
    assert [entry["address"] for entry in told["layers"]] == list(arrays)
    for entry in told["layers"]:
        expected = distances(arrays[entry["address"]], other[entry["address"]])
        np.testing.assert_allclose([entry["absolute"], entry["relative"], entry["cosine"]], expected, rtol=1e-9)
        assert entry["parts"] == (expected[1] > 1e-4)
    done = kerascope("diff", a, b, "--all", check=False)
    rows = table(done)
    assert rows["conv2"].endswith("  parts first") and rows["base/relu"].endswith("  parts")
    assert rows["conv10"].endswith("1.000000")
    assert "parts     first at conv2: relative " in done.stdout and "3 of 6 differ (tolerance 0.0001)" in done.stdout
    place = np.unravel_index(np.abs(arrays["conv2"] - other["conv2"]).argmax(), (2, 5, 4, 3))
    assert f"there     conv2[{', '.join(map(str, place))}] is " in done.stdout
    assert len({len(row.split("  parts")[0]) for row in rows.values()}) == 1, "the columns are not aligned"


@pytest.mark.parametrize("tolerance, exit_code", [("0", 1), ("1e-3", 1), ("0.0101", 0), ("2", 0)])
def test_the_tolerance_decides(kerascope, tmp_path, tolerance, exit_code):
    a, b = np.array([[1.0, 0.5]]), np.array([[1.0, 0.51]])
    done = kerascope("diff", saved(tmp_path / "a.npz", {"x": a}), saved(tmp_path / "b.npz", {"x": b}), "--tol", tolerance,
                     check=False)  # fmt: skip
    assert done.returncode == exit_code, done.stdout


def test_what_only_one_has_parts(kerascope, tmp_path, arrays):
    other = {**arrays, "extra": arrays["zebra"]}
    del other["conv10"]
    other["answer"] = arrays["answer"][:1]
    a, b = saved(tmp_path / "a.npz", arrays), saved(tmp_path / "b.npz", other)
    done = kerascope("diff", a, b, "--all", check=False)
    rows = table(done)
    assert done.returncode == 1 and list(rows) == [*arrays, "extra"]
    assert "\nmissing   1 only in A: conv10\nmissing   1 only in B: extra\n" in done.stdout
    assert rows["conv10"].endswith("  only in A") and rows["extra"].endswith("  only in B")
    assert rows["answer"].endswith("  parts first: A (2, 5, 4, 3), B (1, 5, 4, 3)")
    assert "first at answer: its shapes differ; 3 of 7 differ" in done.stdout
    del other["answer"], other["extra"]
    done = kerascope("diff", a, saved(tmp_path / "c.npz", other), check=False)
    assert done.returncode == 1 and "parts     2 of 6 differ (tolerance 0.0001)\n" in done.stdout


def test_nan_equals_nan_and_nothing_else(kerascope, tmp_path, arrays):
    arrays["conv1"][0, 1, 2] = [np.nan, np.inf, -np.inf]
    other = {name: array.copy() for name, array in arrays.items()}
    a = saved(tmp_path / "a.npz", arrays)
    kerascope("diff", a, saved(tmp_path / "b.npz", other))
    other["conv1"][0, 1, 2] = [np.nan, -np.inf, 3]
    done = kerascope("diff", a, saved(tmp_path / "b.npz", other), check=False)
    assert done.returncode == 1
    assert table(done)["conv1"].endswith("  parts first: 2 NaN or infinite in one only")
    assert "conv1[0, 1, 2, 1] is inf in A, -inf in B" in done.stdout
    told = json.loads(kerascope("diff", a, tmp_path / "b.npz", "--json", check=False).stdout)
    assert told["layers"][1]["unlike"] == 2 and told["layers"][1]["relative"] is None


def test_folders_and_archives_mix(kerascope, small, tmp_path):
    model, batch = small / "nested.keras", small / "batch.npy"
    kerascope("capture", model, batch, "-o", tmp_path / "a.npz")
    kerascope("capture", model, batch, "-o", tmp_path / "folder")
    listed = [entry["address"] for entry in json.loads(kerascope("layers", model, "--json").stdout)["layers"]]
    assert np.load(tmp_path / "a.npz").files == listed, "as `layers` lists them"
    names = [
        "picture", "conv", "base/base_in", "base/conv", "base/relu", "base/pool", "base",
        "head/head_in", "head/flat", "head/hidden", "head/relu", "head", "answer",
    ]  # fmt: skip
    assert sorted(names) == sorted(listed)
    for a, b in [("a.npz", "folder"), ("folder", "a.npz"), ("a.npz", "a.npz")]:
        done = kerascope("diff", tmp_path / a, tmp_path / b, "--all")
        assert list(table(done)) == names, "an archive's order of computation holds on both sides"
    done = kerascope("diff", tmp_path / "folder", tmp_path / "folder", "--all")
    assert "folders keep no order" in done.stderr and sorted(table(done)) == sorted(names)


def test_layers_of_a_folder_are_ordered_by_their_numbers(kerascope, tmp_path):
    for name in ["conv10", "conv2", "a%3Ab", "conv1"]:
        np.save(tmp_path / f"{name}.npy", np.zeros((1, 2)))
    assert list(table(kerascope("diff", tmp_path, tmp_path, "--all"))) == ["a:b", "conv1", "conv2", "conv10"]


@pytest.mark.parametrize("chosen, names", [
    ("conv*", ["conv1", "conv10", "conv2"]),
    ("relu,zebra", ["zebra", "base/relu"]),
    ("base/*", ["base/relu"]),
])  # fmt: skip
def test_arrays_are_chosen_by_name(kerascope, tmp_path, arrays, chosen, names):
    a = saved(tmp_path / "a.npz", arrays)
    assert list(table(kerascope("diff", a, a, "--layer", chosen, "--all"))) == names


def test_other_types_and_orders_are_read(kerascope, tmp_path):
    numbers = np.arange(24).reshape(1, 2, 3, 4)
    np.savez(tmp_path / "a.npz", x=numbers.astype("int64"), y=np.asfortranarray(numbers.astype(">f8")))
    np.savez_compressed(tmp_path / "b.npz", x=numbers.astype("float16"), y=numbers.astype("uint8"))
    assert "they are equal" in kerascope("diff", tmp_path / "a.npz", tmp_path / "b.npz").stdout
    np.save(tmp_path / "a.npy", numbers)
    np.save(tmp_path / "b.npy", numbers + (numbers == 5))
    assert kerascope("diff", tmp_path / "a.npy", tmp_path / "b.npy", check=False).returncode == 1


# --- runs ---


@pytest.fixture
def checkpoints(small, tmp_path):
    """The net, and the net after its second convolution was trained a little more."""
    changed = shutil.copy(small / "net.h5", tmp_path / "changed.h5")
    with h5py.File(changed, "r+") as file:
        file["model_weights/conv2/net/conv2/kernel"][...] *= 1.25
    return small / "net.keras", changed


def test_two_checkpoints_part_at_the_changed_layer(kerascope, small, tmp_path, checkpoints):
    a, b = checkpoints
    batch = small / "batch.npy"
    done = kerascope("diff", a, b, batch, "--all", check=False)
    rows = table(done)
    assert done.returncode == 1 and list(rows)[:5] == ["picture", "conv1", "bn", "pool", "conv2"]
    assert all("parts" not in rows[name] for name in ["picture", "conv1", "bn", "pool"])
    assert rows["conv2"].endswith("  parts first") and "first at conv2: " in done.stdout
    assert "H3 W3 C6" in rows["conv2"]
    assert "predicts  A  answer: " in done.stdout and "predicts  B  answer: " in done.stdout
    told = json.loads(kerascope("diff", a, b, batch, "--json", check=False).stdout)
    for side, model in ("a", a), ("b", b):
        kerascope("capture", model, batch, "-o", tmp_path / f"{side}.npz")
    captured = [np.load(tmp_path / f"{side}.npz") for side in "ab"]
    for entry in told["layers"]:
        expected = distances(*(side[entry["address"]] for side in captured))
        np.testing.assert_allclose([entry["absolute"], entry["relative"], entry["cosine"]], expected, rtol=1e-9)
    assert len(told["predictions"]["a"]) == len(told["predictions"]["b"]) == 1


def test_a_model_still_gives_what_it_gave(kerascope, small, tmp_path, checkpoints):
    batch = small / "batch.npy"
    kerascope("capture", checkpoints[0], batch, "-o", tmp_path / "golden.npz")
    assert "they are equal" in kerascope("diff", tmp_path / "golden.npz", checkpoints[0], batch).stdout
    done = kerascope("diff", tmp_path / "golden.npz", checkpoints[1], batch, check=False)
    assert done.returncode == 1 and "first at conv2: " in done.stdout


def test_two_inputs_part_from_the_start(kerascope, small):
    done = kerascope("diff", small / "net.keras", small / "picture.png", small / "picture.jpg", check=False)
    assert done.returncode == 1 and "parts     from the input on; " in done.stdout
    assert "alike     least at " in done.stdout
    assert done.stderr.split("\n")[0].startswith("A         ") and "picture.png" in done.stderr.split("\n")[0]
    done = kerascope("diff", small / "net.keras", small / "picture.png", small / "picture.png")
    assert done.stdout.endswith("they are equal\n")


def test_inputs_of_a_model_with_several_are_split(kerascope, small, tmp_path):
    np.save(tmp_path / "one.npy", np.ones((2, 1, 1, 3)))
    np.save(tmp_path / "two.npy", np.full((2, 1, 1, 3), 2.0))
    one, two, batch = tmp_path / "one.npy", tmp_path / "two.npy", small / "batch.npy"
    done = kerascope("diff", small / "two_inputs.keras", batch, one, batch, two, check=False)
    assert done.returncode == 1 and "first at extra: relative 0.5" in done.stdout, done.stdout
    done = kerascope("diff", small / "two_inputs.keras", batch, batch, "--input", f"extra={one}")
    assert "they are equal" in done.stdout


def test_options_of_a_run_hold_for_both(kerascope, small):
    model, picture = small / "net.keras", small / "picture.png"
    done = kerascope("diff", model, model, picture, "--phase", "training", "--seed", "3", "--preprocess", "tf", "-l", "drop")
    assert list(table(done)) == ["drop"] and done.stderr.count("tf preprocessing") == 2


def test_what_cannot_be_computed_is_told(kerascope, small):
    done = kerascope("diff", small / "lambda.keras", small / "lambda.h5", small / "batch.npy", check=False)
    assert done.returncode == 3 and "agree     2 of 2" in done.stdout and done.stderr.count("skipped ") == 2


def test_quiet_leaves_the_exit_code(kerascope, tmp_path, arrays):
    a = saved(tmp_path / "a.npz", arrays)
    b = saved(tmp_path / "b.npz", {**arrays, "conv2": arrays["conv2"] + 1})
    done = kerascope("diff", a, b, "-q", "-o", tmp_path / "curve.png", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert (tmp_path / "curve.png").exists()


# --- the order of computation ---


def changed(path, to, *weights):
    """A copy of an archive of Keras 3 in which these weights, "layers/conv2d/vars/0", are others."""
    shutil.copy(path, to)
    model = keras.saving.load_model(to)
    for layer, factor in weights:
        for part in layer.split("/"):
            model_or_layer = (model if part == layer.split("/")[0] else model_or_layer).get_layer(part)
        model_or_layer.set_weights([weight * factor for weight in model_or_layer.get_weights()])
    model.save(to)
    return to


def wirings():
    """{name: (model, the layer that changes, the first address that differs)}"""
    layers = keras.layers
    x = inputs = keras.Input((8, 8, 3), name="in")
    x = layers.Conv2D(4, 3, name="one")(x)
    inner = keras.Model(inputs, layers.ReLU(name="relu")(x), name="inner")
    outer_in = keras.Input((8, 8, 3), name="outer_in")
    outer = keras.Model(outer_in, layers.Conv2D(2, 1, name="two")(inner(outer_in)), name="outer")
    picture = keras.Input((8, 8, 3), name="picture")
    deep = keras.Model(picture, layers.Flatten(name="flat")(outer(picture)))
    yield "deep", deep, "outer/inner/one", "outer/inner/one"
    yield "deep-late", deep, "outer/two", "outer/two"

    # The second call of `conv` stands before `side` in the list and is computed after it.
    picture = keras.Input((8, 8, 3), name="picture")
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    side = layers.Conv2D(3, 1, name="side")
    yield "shared", keras.Model(picture, conv(side(conv(picture)))), "side", "side"

    # A dropout shares its input's numbers, and so does a model of nothing else.
    still_in = keras.Input((8, 8, 3), name="still_in")
    still = keras.Model(still_in, layers.Dropout(0.5, name="drop")(still_in), name="still")
    picture = keras.Input((8, 8, 3), name="picture")
    x = layers.Conv2D(3, 1, name="conv")(still(picture))
    yield "still", keras.Model(picture, still(x)), "conv", "conv"


@pytest.mark.parametrize("name, model, layer, first", [pytest.param(*wiring, id=wiring[0]) for wiring in wirings()])
def test_the_first_is_the_first_that_is_computed(kerascope, small, tmp_path, name, model, layer, first):
    batch = small / "batch.npy"
    model.save(tmp_path / "a.keras")
    changed(tmp_path / "a.keras", tmp_path / "b.keras", (layer, 1.5))
    for side in "ab":
        kerascope("capture", tmp_path / f"{side}.keras", batch, "-o", tmp_path / f"{side}.npz")
    sides = {"a": ["a.keras", "a.npz"], "b": ["b.keras", "b.npz"]}
    for a, b in [(a, b) for a in sides["a"] for b in sides["b"]]:
        if a.endswith("keras") and b.endswith("npz"):
            continue
        words = [tmp_path / a, tmp_path / b, *([batch] if b.endswith("keras") else [])]
        told = json.loads(kerascope("diff", *words, "--json", check=False).stdout)
        assert told["first"] == first, (a, b)
        parting = [entry["address"] for entry in told["layers"] if entry["parts"]]
        assert parting[0] == first, "rows stand as they are computed"
        assert f"first at {first}: " in kerascope("diff", *words, check=False).stdout


def test_a_file_that_lists_layers_the_other_way_round(kerascope, small, tmp_path):
    model = keras.saving.load_model(small / "nested.keras")

    def turn_round(config):
        config["config"]["layers"].reverse()

    edit_archive(small / "nested.keras", tmp_path / "a.keras", turn_round)
    model.get_layer("conv").set_weights([weight * 2 for weight in model.get_layer("conv").get_weights()])
    model.save(tmp_path / "changed.keras")
    edit_archive(tmp_path / "changed.keras", tmp_path / "b.keras", turn_round)
    done = kerascope("diff", tmp_path / "a.keras", tmp_path / "b.keras", small / "batch.npy", check=False)
    assert "first at conv: " in done.stdout and list(table(done))[0] == "picture"


def test_the_curve_goes_by_the_order_of_computation(kerascope, small, tmp_path):
    """The nested model's own output lies in the warm part below, not above what is inside."""
    changed(small / "nested.keras", tmp_path / "b.keras", ("base/conv", 2))
    kerascope("diff", small / "nested.keras", tmp_path / "b.keras", small / "batch.npy", "-o", tmp_path / "c.png", check=False)
    picture = np.asarray(Image.open(tmp_path / "c.png").convert("RGB")).astype(int)
    cool = (picture[..., 2] > 200) & (picture[..., 0] < 120)
    warm = (picture[..., 0] > 220) & (picture[..., 1] < 150) & (picture[..., 2] < 110)
    # The line to the first that differs begins at the last that agrees; rows are 22 pixels apart.
    assert cool.nonzero()[0].max() < warm.nonzero()[0].min() + 15


def test_names_that_keras_counted_on_do_not_matter(kerascope, small, tmp_path):
    """The second model of a session has conv2d_1 and so on where the first has conv2d."""
    layers = keras.layers

    def made(path, count=2):
        convolutions = [layers.Conv2D(3, 3, padding="same") for _ in range(count)]
        keras.Sequential([keras.Input((8, 8, 3)), *convolutions, layers.Flatten(), layers.Dense(2)]).save(path)
        return keras.saving.load_model(path)

    keras.utils.clear_session()
    model = made(tmp_path / "a.keras")
    other = made(tmp_path / "b.keras")
    assert [layer.name for layer in model.layers] != [layer.name for layer in other.layers]
    other.set_weights(model.get_weights())
    other.save(tmp_path / "b.keras")
    for words in ([], [small / "batch.npy"]):
        done = kerascope("diff", tmp_path / "a.keras", tmp_path / "b.keras", *words)
        assert "they are equal" in done.stdout and "the names differ; compared in order, " in done.stderr
    other.layers[1].set_weights([weight * 2 for weight in other.layers[1].get_weights()])
    other.save(tmp_path / "b.keras")
    done = kerascope("diff", tmp_path / "a.keras", tmp_path / "b.keras", small / "batch.npy", check=False)
    assert done.returncode == 1 and f"first at {model.layers[1].name}: " in done.stdout
    made(tmp_path / "b.keras", count=3)  # the first has conv2d, this one conv2d_2 and up
    done = kerascope("diff", tmp_path / "a.keras", tmp_path / "b.keras", check=False)
    assert done.returncode == 1 and "only in B" in done.stdout and "parts     no name is in both; " in done.stdout


# --- folds and the furthest ---


def test_equal_rows_are_folded(kerascope, tmp_path):
    arrays = {f"layer{i}": np.full((1, 2), i + 1.0) for i in range(40)}
    a = saved(tmp_path / "a.npz", arrays)
    done = kerascope("diff", a, a)
    assert shown(done) == [".. 40 layers equal .."] and "agree     40 of 40" in done.stdout
    other = {**arrays, "layer20": arrays["layer20"] * 2, "layer22": arrays["layer22"] * 1.5}
    other["layer30"] = arrays["layer30"] * (1 + 1e-5)
    done = kerascope("diff", a, saved(tmp_path / "b.npz", other), check=False)
    assert shown(done)[:6] == [".. 19 layers equal ..", "layer19", "layer20", "layer21", "layer22", "layer23"]
    assert re.fullmatch(r"\.\. 16 layers within 0\.0001, at most \d\.\d+e-0[56] \.\.", shown(done)[6])
    done = kerascope("diff", a, tmp_path / "b.npz", "--all", check=False)
    assert list(table(done)) == list(arrays)
    told = json.loads(kerascope("diff", a, tmp_path / "b.npz", "--json", check=False).stdout)
    assert len(told["layers"]) == told["compared"] == 40 and told["parted"] == 2


def test_the_furthest_come_first(kerascope, tmp_path):
    arrays = {f"layer{i}": np.full((1, 2), 1.0) for i in range(10)}
    other = {name: array + [0, 3, 1, 0, 7, 0.5, 0, 2, 0, 0][i] for i, (name, array) in enumerate(arrays.items())}
    a, b = saved(tmp_path / "a.npz", arrays), saved(tmp_path / "b.npz", other)
    done = kerascope("diff", a, b, "--top", 3, check=False)
    assert shown(done)[:3] == ["layer4", "layer1", "layer7"] and "\n.. 7 more\n" in done.stdout
    assert "first at layer1: " in done.stdout and "5 of 10 differ" in done.stdout
    told = json.loads(kerascope("diff", a, b, "--top", 3, "--json", check=False).stdout)
    assert [entry["address"] for entry in told["layers"]] == ["layer4", "layer1", "layer7"]
    assert (told["first"], told["compared"], told["parted"]) == ("layer1", 10, 5)


# --- two modes of preparing ---


def test_two_modes_of_one_input(kerascope, small, tmp_path):
    model, picture = small / "net.keras", small / "picture.png"
    done = kerascope("diff", model, picture, "--a-preprocess", "tf", "--b-preprocess", "caffe", "--json", check=False)
    told = json.loads(done.stdout)
    assert done.returncode == 1 and told["first"] == "picture"
    assert told["a"].endswith("picture.png, tf preprocessing") and told["b"].endswith("picture.png, caffe preprocessing")
    for side, mode in ("a", "tf"), ("b", "caffe"):
        kerascope("capture", model, picture, "--preprocess", mode, "-o", tmp_path / f"{side}.npz")
    captured = [np.load(tmp_path / f"{side}.npz") for side in "ab"]
    for entry in told["layers"]:
        expected = distances(*(side[entry["address"]] for side in captured))
        np.testing.assert_allclose(entry["absolute"], expected[0], rtol=1e-9)
    assert "parts     from the input on" in kerascope(
        "diff", model, picture, "--a-preprocess", "tf", "--b-preprocess", "caffe", check=False
    ).stdout  # fmt: skip
    same = ("--a-preprocess", "tf", "--b-preprocess", "tf")
    assert "they are equal" in kerascope("diff", model, picture, *same).stdout
    assert "they are equal" in kerascope("diff", model, picture, "--preprocess", "tf", "--b-preprocess", "tf").stdout
    done = kerascope("diff", model, picture, small / "picture.jpg", *same, check=False)
    assert done.returncode == 1 and done.stderr.count("tf preprocessing") == 4, "two inputs, both prepared so"
    done = kerascope("diff", model, small / "net.h5", picture, "--b-preprocess", "unit", check=False)
    assert done.returncode == 1 and "unit preprocessing" in done.stderr


# --- weights ---


def test_weights_are_compared_without_an_input(kerascope, small, checkpoints):
    a, b = checkpoints
    done = kerascope("diff", a, b, "--all", check=False)
    rows = table(done)
    assert list(rows) == [
        "conv1/kernel", "conv1/bias", "bn/gamma", "bn/beta", "bn/moving_mean", "bn/moving_variance",
        "conv2/kernel", "conv2/bias", "answer/kernel", "answer/bias",
    ]  # fmt: skip
    assert done.returncode == 1 and done.stderr == "" and "predicts" not in done.stdout
    assert [name for name, row in rows.items() if "parts" in row] == ["conv2/kernel"]
    assert "first at conv2/kernel: relative 0.2; 1 of 10 differ" in done.stdout
    assert "(2, 2, 4, 6)" in rows["conv2/kernel"]
    folded = kerascope("diff", a, b, check=False).stdout
    assert ".. 5 weights equal .." in folded
    kernel = keras.saving.load_model(a).get_layer("conv2").get_weights()[0]
    (entry,) = json.loads(kerascope("diff", a, b, "-l", "conv2", "--json", check=False).stdout)["layers"][:1]
    np.testing.assert_allclose(entry["absolute"], np.abs(kernel).max() / 4, rtol=1e-6)
    assert list(table(kerascope("diff", a, b, "--layer", "type:Conv2D", "--all", check=False))) == [
        "conv1/kernel", "conv1/bias", "conv2/kernel", "conv2/bias"
    ]  # fmt: skip


def test_files_of_weights_alone_are_compared(kerascope, small, tmp_path, checkpoints):
    weights = small / "net.weights.h5"
    assert "agree     10 of 10" in kerascope("diff", small / "net.keras", weights).stdout
    assert "agree     10 of 10" in kerascope("diff", weights, small / "net.h5").stdout
    assert "agree     10 of 10" in kerascope("diff", weights, weights).stdout
    done = kerascope("diff", weights, checkpoints[1], check=False)
    assert done.returncode == 1 and "first at conv2/kernel: " in done.stdout
    model = keras.saving.load_model(small / "net.keras")
    model.get_layer("conv2").set_weights([weight * 2 for weight in model.get_layer("conv2").get_weights()])
    model.save_weights(tmp_path / "later.weights.h5")
    done = kerascope("diff", weights, tmp_path / "later.weights.h5", check=False)
    assert done.returncode == 1 and "first at conv2/0: " in done.stdout and "2 of 10 differ" in done.stdout
    assert done.stderr.startswith("note      files of weights alone keep no order of layers; ")
    model = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(3, name=f"dense_{i}") for i in (10, 9, 1))])
    model.save_weights(tmp_path / "dense.weights.h5")
    done = kerascope("diff", tmp_path / "dense.weights.h5", tmp_path / "dense.weights.h5", "-l", "dense*/*", "--all")
    assert list(table(done))[::2] == ["dense_1/0", "dense_9/0", "dense_10/0"]


def test_weights_that_one_side_lacks_are_told(kerascope, small, tmp_path):
    layers = keras.layers
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv1"), layers.Conv2D(5, 1, name="conv2"),
                              layers.Conv2D(2, 1, name="new")])  # fmt: skip
    model.save(tmp_path / "b.keras")
    done = kerascope("diff", small / "net.keras", tmp_path / "b.keras", "--all", check=False)
    rows = table(done)
    assert done.returncode == 1 and rows["new/kernel"].endswith("only in B") and rows["bn/gamma"].endswith("only in A")
    assert "A (2, 2, 4, 6), B (1, 1, 4, 5)" in rows["conv2/kernel"]
    assert list(rows).index("new/kernel") == list(rows).index("conv2/bias") + 1, "where it stands in B"
    assert "missing   2 only in B: new/kernel, new/bias\n" in done.stdout


def test_weights_of_nested_models_and_unknown_layers(kerascope, small, tmp_path):
    done = kerascope("diff", small / "nested.keras", small / "nested.keras", "--all")
    assert list(table(done)) == [
        "conv/kernel", "conv/bias", "base/conv/kernel", "base/conv/bias", "head/hidden/kernel", "head/hidden/bias",
        "answer/kernel", "answer/bias",
    ]  # fmt: skip
    done = kerascope("diff", small / "shared.keras", small / "shared.keras", "--all")
    assert set(table(done)) == {"conv/kernel", "conv/bias", "tower@0/inner/kernel", "tower@0/inner/bias"}
    assert "agree     2 of 2" in kerascope("diff", small / "lambda.keras", small / "lambda.h5").stdout


# --- the curve ---


def test_the_curve_marks_where_they_part(kerascope, small, tmp_path, checkpoints):
    done = kerascope("diff", *checkpoints, small / "batch.npy", "-o", tmp_path / "curve.png", check=False)
    assert done.returncode == 1 and f"wrote     {tmp_path / 'curve.png'}   " in done.stdout
    picture = np.asarray(Image.open(tmp_path / "curve.png").convert("RGB")).astype(int)
    warm = (picture[..., 0] > 200) & (picture[..., 1] < 150) & (picture[..., 2] < 120)
    cool = (picture[..., 2] > 200) & (picture[..., 0] < 120)
    assert cool.any() and warm.any()
    assert cool.nonzero()[0].min() < warm.nonzero()[0].min() - 50, "what agrees lies above what parts"
    assert cool.nonzero()[1].mean() < warm.nonzero()[1].mean(), "what is further apart lies to the right"


@pytest.mark.parametrize("count", [1, 30, 3000])
def test_the_curve_holds_any_number_of_layers(kerascope, tmp_path, count):
    arrays = {f"layer{i}": np.full((1, 2), i + 1.0) for i in range(count)}
    a = saved(tmp_path / "a.npz", arrays)
    b = saved(tmp_path / "b.npz", {name: array + 0.01 for name, array in arrays.items()})
    kerascope("diff", a, b, "-o", tmp_path / "curve.png", check=False)
    width, height = Image.open(tmp_path / "curve.png").size
    assert 800 < width < 1300 and height < 200 + 22 * count and height < 16_000


# --- wrong uses ---


@pytest.mark.parametrize("arguments, code, shown, exit_code", [
    (("a.npz", "b.npz"), "file-missing", ("there is no file",), 1),
    (("a.npz", "picture.png"), "format-unknown", ("neither a model", "picture.png", "diff MODEL_A MODEL_B INPUT"), 1),
    (("picture.png", "a.npz"), "format-unknown", ("neither a model", "picture.png"), 1),
    (("empty", "a.npz"), "array-invalid", ("no array", "empty"), 1),
    (("text.txt", "a.npz"), "format-unknown", ("neither a model", "text.txt"), 1),
    (("a.npz", "short.npz"), "zip-invalid", ("short.npz",), 1),
    (("a.npz", "objects.npz"), "array-pickled", ("'x.npy' in", "objects.npz"), 1),
    (("a.npz", "a.npz", "--layer", "conv3"), "layer-not-found", ("no array is named 'conv3'", "did you mean"), 1),
    (("a.npz", "a.npz", "picture.png"), "usage", ("a third file is given: ", "picture.png"), 2),
    (("a.npz", "a.npz", "--phase", "training"), "usage", ("--phase says how a model is run",), 2),
    (("net.keras", "picture.png"), "usage", ("1 input cannot be split",), 2),
    (("net.keras", "net.keras", "--phase", "training"), "usage", ("--phase says", "weights are compared without"), 2),
    (("net.keras", "net.keras", "--layer", "conv1:2"), "usage", ("'conv1:2' is a channel",), 2),
    (("net.keras", "net.keras", "--layer", "flat"), "weights-missing", ("no weights to compare",), 1),
    (("a.npz", "net.keras", "picture.png", "--a-preprocess", "tf"), "usage", ("A holds arrays",), 2),
    (("a.npz", "a.npz", "--top", "0"), "usage", ("--top is '0'",), 2),
    (("a.npz", "a.npz", "--tol", "nan"), "usage", ("--tol is 'nan'",), 2),
    (("a.npz", "a.npz", "--tol", "-1"), "usage", ("--tol is '-1'",), 2),
    (("a.npz", "a.npz", "-o", "curve.jpg"), "usage", ("curve.jpg", "-o curve.png"), 2),
])  # fmt: skip
def test_wrong_use(kerascope, small, tmp_path, arrays, arguments, code, shown, exit_code):
    bad, out = tmp_path / "bad", tmp_path / "out"
    (bad / "empty").mkdir(parents=True)
    out.mkdir()
    saved(bad / "a.npz", arrays)
    (bad / "short.npz").write_bytes((bad / "a.npz").read_bytes()[:-30])
    (bad / "text.txt").write_text("conv1 0.5\n")
    np.savez(bad / "objects.npz", x=np.array([{}], dtype=object))
    for name in ("net.keras", "picture.png"):
        shutil.copy(small / name, bad)
    given = [bad / word if "." in word and "curve" not in word or word == "empty" else word for word in arguments]
    check_failure(kerascope("diff", *given, check=False, cwd=out), code, shown, exit_code, out)
    assert files_below(out) == []


def test_damaged_archives_are_errors(kerascope, tmp_path, arrays):
    whole = saved(tmp_path / "a.npz", arrays).read_bytes()
    random = np.random.default_rng(1)
    for _ in range(60):
        content = bytearray(whole)
        for place in random.integers(0, len(whole), 3):
            content[place] = random.integers(256)
        (tmp_path / "b.npz").write_bytes(content[: random.integers(1, len(whole))] if random.random() < 0.3 else content)
        done = kerascope("diff", tmp_path / "a.npz", tmp_path / "b.npz", check=False)
        assert done.returncode in (0, 1) and "unexpected" not in done.stderr, done.stderr
