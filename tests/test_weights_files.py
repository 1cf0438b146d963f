"""Weights beside a model: with layers that are not known, by name, that do not fit; and files of weights alone."""

import json
import shutil
import zipfile

import h5py
import numpy as np
import pytest
from small_models import SHAPE


@pytest.fixture(scope="module")
def unknown(tmp_path_factory):
    """A model with a layer of a user's own, which has a weight, in every kind of file."""
    import keras

    @keras.saving.register_keras_serializable("zoo")
    class WeightedPooling(keras.layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(name="kernel", shape=shape[1:])

        def call(self, x):
            return keras.ops.sum(x * self.kernel, axis=(1, 2))

    folder = tmp_path_factory.mktemp("unknown")
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(4, 3, name="c1"),
            layers.BatchNormalization(name="bn"),
            layers.Conv2D(5, 3, name="c2"),
            WeightedPooling(name="own"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(3, name="answer"),
        ]
    )
    random = np.random.default_rng(5)
    model.set_weights([random.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    model.save(folder / "whole.keras")
    model.save(folder / "whole.h5")
    model.save_weights(folder / "only.weights.h5")
    (folder / "model.json").write_text(model.to_json())
    with h5py.File(folder / "whole.h5") as whole, h5py.File(folder / "only.h5", "w") as file:
        for name, group in whole["model_weights"].items():
            whole.copy(group, file, name)
        for name, value in whole["model_weights"].attrs.items():
            file.attrs[name] = value
    return folder


FILES = ("whole.keras", "whole.h5", "only.weights.h5", "only.h5")


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("file", FILES)
def test_weights_beside_a_model_with_an_unknown_layer(kerascope, small, unknown, tmp_path, file, by_name):
    options = ["--by-name"] if by_name else []
    together = [unknown / "model.json", "--weights", unknown / file, *options]
    inputs = small / "batch.npy"
    for out, model in (("whole.npz", [unknown / "whole.keras"]), ("beside.npz", together)):
        done = kerascope("capture", *model, inputs, "-o", tmp_path / out, check=False)
        assert done.returncode == 3, done.stderr
    whole, beside = np.load(tmp_path / "whole.npz"), np.load(tmp_path / "beside.npz")
    assert beside.files == whole.files and "c2" in beside.files
    for name in whole.files:
        assert np.array_equal(whole[name], beside[name]), name
    # The unknown layer has its weights, too, and is counted.
    listed = json.loads(kerascope("layers", *together, "--json").stdout)
    assert {row["address"]: row["parameters"] for row in listed["layers"]}["own"] == 4 * 4 * 5
    assert listed["parameters"] == 4 * 28 + 16 + 5 * 37 + 80 + 18


def list_other_layers(file):
    """Neither places nor names are those of the model."""
    names = [name.decode() if isinstance(name, bytes) else name for name in file.attrs["layer_names"]]
    kept = [name for name in names if name != "drop"]
    for name in kept:
        file.move(name, f"z_{name}")
    file.attrs["layer_names"] = [f"z_{name}" for name in kept]


def test_what_may_belong_to_an_unknown_layer_or_not_is_an_error(kerascope, unknown, tmp_path):
    shutil.copy(unknown / "only.h5", tmp_path / "other.h5")
    with h5py.File(tmp_path / "other.h5", "r+") as file:
        list_other_layers(file)
    done = kerascope("layers", unknown / "model.json", "--weights", tmp_path / "other.h5", check=False)
    assert done.returncode == 1 and "error[weights-ambiguous]: neither places nor names tell" in done.stderr


def test_mismatches_are_a_list_of_lines(kerascope, small, unknown):
    done = kerascope("layers", small / "net.keras", "--weights", unknown / "whole.keras", check=False)
    assert done.returncode == 1 and "error[weights-mismatch]" in done.stderr
    lines = done.stderr.splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("  because: "))
    last = next(i for i, line in enumerate(lines) if line.startswith("  try: "))
    assert last - first >= 3 and all(line.startswith(" " * 11) for line in lines[first + 1 : last])
    assert max(map(len, lines)) < 250


def test_by_name_needs_weights_and_tells_what_is_left(kerascope, small, unknown):
    done = kerascope("layers", small / "net.keras", "--by-name", check=False)
    assert done.returncode == 2 and "--weights" in done.stderr
    # Only `bn` has its name and shapes in both.
    done = kerascope("layers", small / "net.keras", "--weights", unknown / "whole.h5", "--by-name", check=False)
    assert done.returncode == 1 and "'answer'" in done.stderr  # of another shape


# --- files of weights alone ---


def test_a_file_of_weights_is_listed(kerascope, small, unknown):
    done = kerascope("layers", small / "net.weights.h5")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{small / 'net.weights.h5'}   weights without a model, 4 layers, ")
    assert any(line.split() == ["layers/conv2d_1", "(conv2)", "vars/0", "2", "x", "2", "x", "4", "x", "6", "96"] for line in lines)
    assert "MODEL.json --weights" in done.stderr
    listed = json.loads(kerascope("layers", small / "net.weights.h5", "--json").stdout)
    assert listed["format"] == "weights" and listed["parameters"] == sum(
        weight["numbers"] for layer in listed["layers"] for weight in layer["weights"]
    )
    by_layer = json.loads(kerascope("layers", unknown / "only.h5", "--json").stdout)
    assert [layer["name"] for layer in by_layer["layers"]] == ["c1", "bn", "c2", "own", "answer"]
    assert by_layer["layers"][0]["weights"][0]["shape"] == [3, 3, 3, 4]


def test_other_commands_say_what_a_file_of_weights_lacks(kerascope, small, tmp_path):
    done = kerascope("capture", small / "net.weights.h5", small / "batch.npy", check=False)
    assert done.returncode == 1 and "error[weights-only]: the file holds weights but no model" in done.stderr
    assert "MODEL.json --weights FILE" in done.stderr


def test_an_unpacked_archive_opens(kerascope, small, tmp_path):
    with zipfile.ZipFile(small / "net.keras") as archive:
        archive.extractall(tmp_path / "net")
    for out, model in (("packed.npz", small / "net.keras"), ("folder.npz", tmp_path / "net")):
        kerascope("capture", model, small / "batch.npy", "-o", tmp_path / out)
    packed, folder = np.load(tmp_path / "packed.npz"), np.load(tmp_path / "folder.npz")
    assert packed.files == folder.files and all(np.array_equal(packed[n], folder[n]) for n in packed.files)
    kerascope("layers", small / "net.keras", "--weights", tmp_path / "net")
    kerascope("diff", small / "net.keras", tmp_path / "net", small / "batch.npy")
    (tmp_path / "net" / "model.weights.h5").unlink()
    done = kerascope("layers", tmp_path / "net", check=False)
    assert done.returncode == 1 and "a configuration but no weights" in done.stderr
