"""Batches whose activations are too large for one run are computed in parts; nothing else about them changes."""

import json
import re

import keras
import numpy as np
import pytest
from PIL import Image

COUNT, SIDE = 16, 512  # one sample's layers take 38 MB, 14 samples fit into a part


def conv_net(*more):
    keras.utils.set_random_seed(5)
    x = given = keras.Input((SIDE, SIDE, 3), name="picture")
    x = keras.layers.Conv2D(16, 3, padding="same", name="conv")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    for layer in more:
        x = layer(x)
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    return keras.Model(given, keras.layers.Dense(5, activation="softmax", name="answer")(x))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A model and a folder of pictures that need two parts."""
    folder = tmp_path_factory.mktemp("large")
    conv_net().save(folder / "net.keras")
    (folder / "pictures").mkdir()
    random = np.random.default_rng(8)
    for number in range(COUNT):
        small = random.integers(0, 256, (16, 16, 3), dtype="uint8")
        Image.fromarray(small).resize((SIDE, SIDE)).save(folder / "pictures" / f"{number}.png", compress_level=1)
    return folder


def planned_batch(kerascope, *arguments):
    return int(re.search(r"\((\d+), ", kerascope(*arguments, "--dump", "plan").stdout)[1])


def test_parts_give_what_one_run_gives(kerascope, large, tmp_path):
    files = large / "net.keras", large / "pictures"
    assert planned_batch(kerascope, "capture", *files) == 14
    done = kerascope("capture", *files, "-o", tmp_path / "all.npz")
    kerascope("capture", *files, "-o", tmp_path / "all", "-q")
    seen = np.load(tmp_path / "all.npz")
    assert seen.files == ["picture", "conv", "norm", "pooled", "answer"]
    for address in seen.files:
        assert planned_batch(kerascope, "capture", *files, "--layer", "pooled") == COUNT
        kerascope("capture", *files, "--layer", address, "-o", tmp_path / "one.npz")
        whole, parts = np.load(tmp_path / "one.npz")[address], seen[address]
        np.testing.assert_array_equal(parts, whole)
        np.testing.assert_array_equal(np.load(tmp_path / "all" / f"{address}.npy"), whole)
        line = next(line for line in done.stdout.splitlines() if line.startswith(address + " "))
        shown = re.sub(r"[HWC](?=\d)", "", line).split()[whole.ndim :]
        np.testing.assert_allclose([float(x) for x in shown[:3]], [whole.min(), whole.max(), whole.mean()], rtol=1e-2)
    assert not list(tmp_path.rglob("*.part"))
    lines = [line for line in done.stdout.splitlines() if line.startswith("predicts")]
    for line, (name, answer) in zip(lines, ((f"{i}.png", row) for i, row in enumerate(seen["answer"])), strict=True):
        assert line.split()[1:4] == [name, "answer:", str(answer.argmax())]


def test_json_tells_of_the_whole_batch(kerascope, large):
    told = json.loads(kerascope("capture", large / "net.keras", large / "pictures", "--json", "-q").stdout)
    assert [layer["shape"][0] for layer in told["layers"]] == [COUNT] * 5


def test_a_sample_alone_is_drawn_as_in_its_batch(kerascope, large, tmp_path):
    files = large / "net.keras", large / "pictures"
    assert planned_batch(kerascope, "show", *files) == 1
    done = kerascope("show", *files, "--sample", 15, "--layer", "conv", "-o", tmp_path / "batch.png")
    assert sum(line.startswith("predicts") for line in done.stdout.splitlines()) == COUNT
    alone = kerascope("show", files[0], files[1] / "15.png", "--layer", "conv", "-o", tmp_path / "alone.png")
    assert (tmp_path / "batch.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert done.stdout.splitlines()[-1].split()[2:] == alone.stdout.splitlines()[-1].split()[1:]


def test_the_training_phase_takes_a_batch_as_one(kerascope, large, tmp_path):
    files = large / "net.keras", large / "pictures"
    assert planned_batch(kerascope, "capture", *files, "--phase", "training") == COUNT
    assert planned_batch(kerascope, "show", *files, "--phase", "training") == COUNT
    kerascope("capture", *files, "--phase", "training", "--layer", "norm", "-o", tmp_path / "norm.npz")
    np.testing.assert_allclose(np.load(tmp_path / "norm.npz")["norm"].mean((0, 1, 2)), np.zeros(16), atol=1e-4)


MIXERS = {
    "a mean over the batch": lambda x: x - keras.ops.mean(x, axis=0, keepdims=True),
    "a softmax over the batch": lambda x: keras.ops.softmax(x, axis=0),
    "a softmax layer over the batch": keras.layers.Softmax(axis=0, name="over_batch"),
    "a batch turned around": lambda x: keras.ops.flip(x, axis=0),
    "statistics of the batch": lambda x: keras.layers.BatchNormalization(name="always")(x, training=True),
}


@pytest.mark.parametrize("mixer", MIXERS.values(), ids=MIXERS)
def test_samples_that_need_each_other_stay_together(kerascope, tmp_path, mixer):
    conv_net(mixer).save(tmp_path / "net.keras")
    np.save(tmp_path / "x.npy", np.zeros((COUNT, SIDE, SIDE, 3), "float32"))
    done = kerascope("capture", tmp_path / "net.keras", tmp_path / "x.npy", "--dump", "plan")
    assert "skipped" not in done.stderr
    assert int(re.search(r"\((\d+), ", done.stdout)[1]) == COUNT


def test_a_damaged_picture_leaves_nothing(kerascope, large, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for picture in (large / "pictures").iterdir():
        (folder / picture.name).write_bytes(picture.read_bytes())
    (folder / "9.png").write_bytes((folder / "9.png").read_bytes()[:5000])
    for out in ("out.npz", "out"):
        done = kerascope("capture", large / "net.keras", folder, "-o", tmp_path / out, check=False)
        assert done.returncode == 1
        assert "error[image-invalid]" in done.stderr and "where: 9.png" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pictures"]
