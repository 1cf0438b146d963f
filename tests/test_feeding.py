"""--input LAYER=FILE: outputs of layers that are fed instead of being computed; inputs of one row; batches of files."""

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def seen(kerascope, small, tmp_path_factory):
    """All layers of the small models by their archives."""
    folder = tmp_path_factory.mktemp("seen")
    for name in ("net", "nested", "shared"):
        kerascope("capture", small / f"{name}.keras", small / "batch.npy", "-q", "-o", folder / f"{name}.npz")
    for name in ("net", "nested", "shared"):
        arrays = np.load(folder / f"{name}.npz")
        for key in arrays.files:
            path = folder / name / f"{key}.npy"
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, arrays[key])
    return folder


def fed(kerascope, model, *arguments, tmp_path):
    done = kerascope("capture", model, *arguments, "-o", tmp_path / "fed.npz")
    return done, dict(np.load(tmp_path / "fed.npz"))


PLACES = [
    ("net", "conv1", "conv1"),
    ("net", "3", "conv2"),  # as model.layers counts
    ("net", "-2", "flat"),
    ("net", "bn", "bn"),
    ("nested", "base", "base"),
    ("nested", "base/relu", "base/relu"),
    ("nested", "base/base_in", "base/base_in"),
    ("nested", "2/1", "base/conv"),
    ("nested", "hidden", "head/hidden"),
    ("shared", "conv@1", "conv@1"),
]


@pytest.mark.parametrize("model, place, address", PLACES)
def test_what_lies_behind_a_fed_layer_is_as_if_it_were_computed(kerascope, small, seen, tmp_path, model, place, address):
    expected = np.load(seen / f"{model}.npz")
    given = [small / "batch.npy"] if model == "shared" else []
    file = seen / model / f"{address}.npy"
    done, got = fed(kerascope, small / f"{model}.keras", *given, "--input", f"{place}={file}", tmp_path=tmp_path)
    assert f"fed as the output of layer '{address}'" in done.stderr
    assert "skipped" not in done.stderr
    assert address in got and "answer" in got
    assert ("picture" in got) == bool(given), "what lies before is left out"
    for key, array in got.items():
        np.testing.assert_allclose(array, expected[key], rtol=1e-5, atol=1e-6, err_msg=key)
    # The archive itself serves as well: the array of the layer's address is taken.
    again, other = fed(kerascope, small / f"{model}.keras", *given, "--input", f"{address}={seen / model}.npz", tmp_path=tmp_path)
    assert other.keys() == got.keys() and all(np.array_equal(other[key], got[key]) for key in got)


def test_a_layer_that_cannot_be_computed_is_fed_instead(kerascope, small, tmp_path):
    """Without its shape in the file the array is taken as it is."""
    before = kerascope("capture", small / "lambda.keras", small / "batch.npy", "-o", tmp_path / "b.npz", check=False)
    assert before.returncode == 3
    np.save(tmp_path / "twice.npy", np.load(tmp_path / "b.npz")["before"] * 2)
    for given in ([], [small / "batch.npy"]):
        done, got = fed(kerascope, small / "lambda.keras", *given, "--input", f"secret={tmp_path / 'twice.npy'}", tmp_path=tmp_path)
        np.testing.assert_allclose(got["after"], np.load(tmp_path / "twice.npy").mean(axis=(1, 2)), rtol=1e-5)
        assert list(got) == ["picture", "before", "secret", "after"][0 if given else 2 :]
    # Fed behind the unknown layer: what lies before is no error.
    np.save(tmp_path / "after.npy", got["after"])
    done = kerascope("capture", small / "lambda.keras", small / "batch.npy", "--input", f"after={tmp_path / 'after.npy'}")
    assert "skipped" not in done.stderr and done.stdout.split("\n")[1].startswith("picture")


@pytest.mark.parametrize("command", ["show", "overview", "page", "profile", "graph", "diff"])
def test_every_command_takes_a_fed_layer(kerascope, small, seen, tmp_path, command):
    given = [small / "nested.keras", "--input", f"base/relu={seen / 'nested/base/relu.npy'}"]
    if command == "profile":
        steps = json.loads(kerascope("profile", *given, "--runs", 1, "--json").stdout)["steps"]
        assert "answer" in json.dumps(steps) and "picture" not in json.dumps(steps)
    elif command == "graph":
        assert "base/relu" in kerascope("capture", *given, "--dump", "graph").stdout
    elif command == "diff":
        done = kerascope("diff", small / "nested.keras", *given)
        assert "agree     9 of 9" in done.stdout and "picture" not in done.stdout, done.stdout
    elif command == "show":
        kerascope("show", *given, "-l", "pool", "-o", tmp_path / "fed.png")
        kerascope("show", small / "nested.keras", small / "batch.npy", "-l", "pool", "-o", tmp_path / "whole.png")
        assert (tmp_path / "fed.png").read_bytes() == (tmp_path / "whole.png").read_bytes()
    else:
        output = ["-o", tmp_path / "o.png"] if command == "overview" else ["--html", tmp_path / "o.html"]
        listed = json.loads(kerascope("show", *given, *output, "--json").stdout)["layers"]
        assert [one["address"] for one in listed][0] == "base" and all("problem" not in one for one in listed)
        assert "base/conv" not in [one["address"] for one in listed]


def test_a_fed_batch_is_computed_in_parts(kerascope, small, tmp_path):
    many = np.random.default_rng(5).normal(size=(40, 6, 6, 4)).astype("float32")
    np.save(tmp_path / "many.npy", many)
    _, got = fed(kerascope, small / "net.keras", "--input", f"conv1={tmp_path / 'many.npy'}", tmp_path=tmp_path)
    assert got["answer"].shape == (40, 3)
    np.save(tmp_path / "some.npy", many[17:21])
    _, some = fed(kerascope, small / "net.keras", "--input", f"conv1={tmp_path / 'some.npy'}", tmp_path=tmp_path)
    np.testing.assert_allclose(got["answer"][17:21], some["answer"], rtol=1e-4)
    np.save(tmp_path / "one.npy", many[0])
    done, one = fed(kerascope, small / "net.keras", "--input", f"conv1={tmp_path / 'one.npy'}", tmp_path=tmp_path)
    assert "one.npy (6, 6, 4), as a batch of one, fed as the output of layer 'conv1'" in done.stderr
    assert one["answer"].shape == (1, 3)


def test_preprocessing_leaves_fed_layers_alone(kerascope, small, tmp_path):
    Image.fromarray(np.arange(8 * 8 * 3, dtype="uint8").reshape(8, 8, 3)).save(tmp_path / "p.png")
    random = np.random.default_rng(1).normal(size=(1, 1, 1, 3)).astype("float32")
    np.save(tmp_path / "extra.npy", random)
    given = [small / "two_inputs.keras", tmp_path / "p.png", "--preprocess", "unit"]
    _, got = fed(kerascope, *given, "--input", f"extra={tmp_path / 'extra.npy'}", tmp_path=tmp_path)
    np.testing.assert_allclose(got["extra"], random / 255, rtol=1e-6)
    np.save(tmp_path / "gated.npy", np.full((1, 8, 8, 3), 9, "float32"))
    _, got = fed(kerascope, small / "two_inputs.keras", "--preprocess", "unit", "--input", f"gated={tmp_path / 'gated.npy'}", tmp_path=tmp_path)
    assert list(got) == ["gated", "answer"] and (got["answer"] == 9).all()
    # A picture as the output of a layer of a picture's shape: its numbers as they are.
    done, got = fed(kerascope, small / "two_inputs.keras", "--input", f"gated={tmp_path / 'p.png'}", tmp_path=tmp_path)
    np.testing.assert_array_equal(got["gated"][0], np.asarray(Image.open(tmp_path / "p.png")))
    assert done.stderr.endswith("p.png 8x8, fed as the output of layer 'gated'\n")


def test_inputs_that_are_still_needed_are_asked_for(kerascope, small, tmp_path):
    import keras

    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    first = keras.layers.Dense(4, name="first")(a)
    model = keras.Model([a, b], keras.layers.Add(name="sum")([keras.layers.ReLU(name="relu")(first), b]))
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", np.ones((2, 4), "float32"))
    x = tmp_path / "x.npy"
    done = kerascope("capture", tmp_path / "m.keras", "--input", f"first={x}", check=False)
    assert done.returncode == 1
    assert "error[input-missing]: behind the layers that are fed the model also needs its input 'b'" in done.stderr
    assert "because: the model's inputs are 'a' (4,), 'b' (4,), in this order" in done.stderr
    assert "--input b=FILE" in done.stderr
    _, got = fed(kerascope, tmp_path / "m.keras", "--input", f"first={x}", "--input", f"b={x}", tmp_path=tmp_path)
    assert list(got) == ["first", "relu", "b", "sum"] and (got["sum"] == 2).all()
    _, got = fed(kerascope, tmp_path / "m.keras", "--input", f"first={x}", "-l", "relu", tmp_path=tmp_path)
    assert list(got) == ["relu"], "not needed for what is asked for"
    done = kerascope("capture", tmp_path / "m.keras", "--input", f"first={x}", "-l", "sum", check=False)
    assert done.returncode == 1 and "it needs the model's input 'b', which is not fed" in done.stderr


REFUSED = [
    ("conv1=batch.npy", "input-shape", "the array has shape (2, 8, 8, 3), layer 'conv1' gives (6, 6, 4) with or without a batch axis"),
    ("conv9=batch.npy", "input-unknown", "the model has no input 'conv9', and no layer of that name"),
    ("conv1:2=batch.npy", "input-unknown", "'conv1:2' is not the whole output of a layer"),
    ("conv1/pre_activation=batch.npy", "input-unknown", "'conv1/pre_activation' is not the whole output of a layer"),
    ("conv*=batch.npy", "usage", "--input conv*= means 2 places: conv1, conv2"),
]  # fmt: skip


@pytest.mark.parametrize("pair, code, what", REFUSED)
def test_what_cannot_be_fed(kerascope, small, pair, code, what):
    done = kerascope("capture", small / "net.keras", "--input", pair, check=False, cwd=small)
    assert done.returncode == (2 if code == "usage" else 1)
    assert f"error[{code}]: {what}" in done.stderr, done.stderr


def test_hints_for_what_cannot_be_fed(kerascope, small):
    run = lambda *arguments: kerascope("capture", *arguments, check=False, cwd=small).stderr  # noqa: E731
    assert "did you mean 'conv1'?" in run(small / "net.keras", "--input", "conv9=batch.npy")
    assert "try: --input conv1=batch.npy" in run(small / "net.keras", "--input", "conv1:2=batch.npy")
    assert "means 2 places: conv@0, conv@1" in run(small / "shared.keras", "--input", "conv=batch.npy")


# --- inputs of one row ---


def test_a_row_takes_a_picture_of_its_size_or_a_square(kerascope, tmp_path):
    import keras

    random = np.random.default_rng(2)
    for numbers in (784, 2352, 3072, 12 * 10):
        keras.Sequential([keras.Input((numbers,), name="row"), keras.layers.Dense(3, name="d")]).save(tmp_path / f"{numbers}.keras")
    grey, colour = random.integers(0, 256, (28, 28), dtype="uint8"), random.integers(0, 256, (28, 28, 3), dtype="uint8")
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(colour).save(tmp_path / "colour.png")
    Image.fromarray(random.integers(0, 256, (10, 12), dtype="uint8")).save(tmp_path / "wide.png")
    luma = np.asarray(Image.open(tmp_path / "colour.png").convert("L"))
    resized = keras.utils.load_img(tmp_path / "grey.png", target_size=(32, 32))
    for numbers, file, expected, said in [
        (784, "grey.png", grey, "28x28, grey, in one row (784,)"),
        (784, "colour.png", luma, "28x28, grey, in one row (784,)"),
        (2352, "colour.png", colour, "28x28, RGB, in one row (2352,)"),
        (3072, "grey.png", np.asarray(resized), "28x28 -> 32x32 (nearest, as load_img), RGB, in one row (3072,)"),
        (120, "wide.png", np.asarray(Image.open(tmp_path / "wide.png")), "12x10, grey, in one row (120,)"),
    ]:
        done, got = fed(kerascope, tmp_path / f"{numbers}.keras", tmp_path / file, "-l", "row", tmp_path=tmp_path)
        np.testing.assert_array_equal(got["row"], expected.reshape(1, -1))
        assert said in done.stderr
    _, got = fed(kerascope, tmp_path / "2352.keras", tmp_path / "colour.png", "--preprocess", "caffe", "-l", "row", tmp_path=tmp_path)
    expected = colour[..., ::-1] - np.array([103.939, 116.779, 123.68], "float32")
    np.testing.assert_allclose(got["row"], expected.reshape(1, -1), rtol=1e-6)
    done = kerascope("capture", tmp_path / "120.keras", tmp_path / "grey.png", check=False)
    assert done.returncode == 1 and "'row' has the shape (120,), which a picture does not fit" in done.stderr
