"""`kerascope diff`: distances as NumPy computes them, where two sides part, and what tells files apart."""

import json
import re
import shutil

import h5py
import numpy as np
import pytest
from failures import check_failure, files_below
from PIL import Image


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
        if not line or re.match(r"(agree|parts|predicts|wrote) ", line):
            break
        rows[line.split()[0]] = line
    return rows


def test_equal_archives_agree(kerascope, tmp_path, arrays):
    a, b = saved(tmp_path / "a.npz", arrays), saved(tmp_path / "b.npz", arrays)
    done = kerascope("diff", a, b)
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
    done = kerascope("diff", a, b, check=False)
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
    done = kerascope("diff", a, b, check=False)
    rows = table(done)
    assert done.returncode == 1 and list(rows) == [*arrays, "extra"]
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
    names = np.load(tmp_path / "a.npz").files
    for a, b in [("a.npz", "folder"), ("folder", "a.npz")]:
        done = kerascope("diff", tmp_path / a, tmp_path / b)
        assert list(table(done)) == names, "an archive's order holds on both sides"
    done = kerascope("diff", tmp_path / "folder", tmp_path / "folder")
    assert "folders keep no order" in done.stderr and sorted(table(done)) == sorted(names)


def test_layers_of_a_folder_are_ordered_by_their_numbers(kerascope, tmp_path):
    for name in ["conv10", "conv2", "a%3Ab", "conv1"]:
        np.save(tmp_path / f"{name}.npy", np.zeros((1, 2)))
    assert list(table(kerascope("diff", tmp_path, tmp_path))) == ["a:b", "conv1", "conv2", "conv10"]


@pytest.mark.parametrize("chosen, names", [
    ("conv*", ["conv1", "conv10", "conv2"]),
    ("relu,zebra", ["zebra", "base/relu"]),
    ("base/*", ["base/relu"]),
])  # fmt: skip
def test_arrays_are_chosen_by_name(kerascope, tmp_path, arrays, chosen, names):
    a = saved(tmp_path / "a.npz", arrays)
    assert list(table(kerascope("diff", a, a, "--layer", chosen))) == names


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
    done = kerascope("diff", a, b, batch, check=False)
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
    (("net.keras", "net.keras"), "input-missing", ("1 input",), 1),
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
