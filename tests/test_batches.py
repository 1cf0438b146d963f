"""Batches whose activations are too large for one run are computed in parts; nothing else about them changes."""

import json
import re

import keras
import kerascope as ks
import numpy as np
import pytest
import tensorflow
import tf_keras
from PIL import Image

COUNT, SIDE = 16, 512  # one sample's layers take 38 MB, 14 samples fit into a part


def conv_net(*more, kit=keras):
    kit.utils.set_random_seed(5)
    x = given = kit.layers.Input((SIDE, SIDE, 3), name="picture")
    x = kit.layers.Conv2D(16, 3, padding="same", name="conv")(x)
    x = kit.layers.BatchNormalization(name="norm")(x)
    for layer in more:
        x = layer(x)
    x = kit.layers.GlobalAveragePooling2D(name="pooled")(x)
    return kit.Model(given, kit.layers.Dense(5, activation="softmax", name="answer")(x))


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
}


@pytest.mark.parametrize("mixer", MIXERS.values(), ids=MIXERS)
def test_samples_that_need_each_other_stay_together(kerascope, tmp_path, mixer):
    conv_net(mixer).save(tmp_path / "net.keras")
    np.save(tmp_path / "x.npy", np.zeros((COUNT, SIDE, SIDE, 3), "float32"))
    done = kerascope("capture", tmp_path / "net.keras", tmp_path / "x.npy", "--dump", "plan")
    assert "skipped" not in done.stderr
    assert int(re.search(r"\((\d+), ", done.stdout)[1]) == COUNT


@pytest.mark.parametrize("kit, phase", [(tf_keras, "inference"), (keras, "as-called")], ids=["2", "3"])
def test_statistics_of_the_batch_keep_samples_together(kerascope, tmp_path, kit, phase):
    """In a model of Keras 2 the `training` that a call stores holds at inference, too."""
    always = lambda x: kit.layers.BatchNormalization(name="always")(x, training=True)
    conv_net(always, kit=kit).save(tmp_path / "net.h5")
    np.save(tmp_path / "x.npy", np.zeros((COUNT, SIDE, SIDE, 3), "float32"))
    assert planned_batch(kerascope, "capture", tmp_path / "net.h5", tmp_path / "x.npy", "--phase", phase) == COUNT


def test_a_damaged_picture_is_left_out(kerascope, large, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for picture in (large / "pictures").iterdir():
        (folder / picture.name).write_bytes(picture.read_bytes())
    (folder / "9.png").write_bytes((folder / "9.png").read_bytes()[:5000])
    for out in ("out.npz", "out"):
        done = kerascope("capture", large / "net.keras", folder, "-o", tmp_path / out, check=False)
        assert done.returncode == 3
        assert "9.png: the PNG picture cannot be decoded" in done.stderr
    assert np.load(tmp_path / "out.npz")["conv"].shape[0] == COUNT - 1
    assert np.load(tmp_path / "out" / "answer.npy").shape == (COUNT - 1, 5)


def test_a_batch_whose_size_is_a_number_is_computed_at_once(tmp_path):
    x = tf_keras.Input((64, 64, 3), name="picture")
    y = tf_keras.layers.GlobalAveragePooling2D()(tf_keras.layers.Conv2D(64, 3, padding="same")(x))
    size = tensorflow.cast(tensorflow.shape(y)[0], "float32")
    model = tf_keras.Model(x, tf_keras.layers.Activation("linear", name="answer")(y * size))
    model.save(tmp_path / "net.h5")
    batch = np.random.default_rng(3).normal(size=(40, 64, 64, 3)).astype("float32")
    wanted = model.predict(batch, batch_size=len(batch), verbose=0)
    got = ks.load(tmp_path / "net.h5").predict(batch)
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-4 * np.abs(wanted).max())
