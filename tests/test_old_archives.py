"""Archives of Keras 2.12 to 2.15 and of Keras 3: each layer gets its own weights, or there is an error."""

import json
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import old_archives
import pytest

VERSIONS = ("2.12", "2.13", "2.14", "2.15")
WIRINGS = (
    "flat branches sequentials deep in_two_outer_first in_two_inner_first base_in_two nothing_new frozen".split()
)


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """Each wiring in every version's layout, with the input and Keras's outputs, made in a process of its own."""
    folder = tmp_path_factory.mktemp("old")
    subprocess.run([sys.executable, __file__, folder], check=True)
    return folder


def make_all(folder):
    import tf_keras
    from tf_keras.src.utils.generic_utils import to_snake_case

    inputs = np.random.default_rng(7).normal(size=(2, 12, 12, 4)).astype("float32")
    np.save(folder / "inputs.npy", inputs)
    for name, model in old_archives.models(tf_keras).items():
        np.save(folder / f"{name}.npy", model(inputs, training=False).numpy())
        (folder / f"{name}.json").write_text(model.to_json())
        for version in VERSIONS:
            old_archives.write_archive(model, folder / f"{name}-{version}.keras", version, to_snake_case, folder)
            old_archives.write_weights(model, folder / f"{name}-{version}.weights.h5", version, to_snake_case)


def check(kerascope, folder, name, out, *model):
    kerascope("capture", *model, folder / "inputs.npy", "-o", out / "seen.npz")
    seen, truth = np.load(out / "seen.npz"), np.load(folder / f"{name}.npy")
    last = seen[seen.files[-1]]
    assert last.shape == truth.shape and np.abs(last - truth).max() <= 1e-5 * np.abs(truth).max()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", WIRINGS)
def test_archives_of_old_walks(kerascope, old, tmp_path, name, version):
    check(kerascope, old, name, tmp_path, old / f"{name}-{version}.keras")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", WIRINGS)
def test_weights_of_old_walks_beside_an_architecture(kerascope, old, tmp_path, name, version):
    """The JSON is of another version and says no more than that this is Keras 2."""
    check(kerascope, old, name, tmp_path, old / f"{name}.json", "--weights", old / f"{name}-{version}.weights.h5")


@pytest.mark.parametrize("version", VERSIONS)
def test_weights_by_name_from_an_old_archive(kerascope, old, tmp_path, version):
    weights = ["--weights", old / f"branches-{version}.keras", "--by-name"]
    check(kerascope, old, "branches", tmp_path, old / "branches.json", *weights)
    # Without the configuration nothing says how the layers are named.
    weights = ["--weights", old / f"branches-{version}.weights.h5", "--by-name"]
    done = kerascope("layers", old / "branches.json", *weights, check=False)
    assert done.returncode == 1 and "error[weights-unnamed]" in done.stderr


def regroup(path, target, change):
    """Copies an archive and has `change` alter its open weights."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as copy:
        for member in source.namelist():
            content = source.read(member)
            if member == "model.weights.h5":
                weights = target.parent / "weights.h5"
                weights.write_bytes(content)
                with h5py.File(weights, "r+") as file:
                    change(file)
                content = weights.read_bytes()
            copy.writestr(member, content)
    return target


@pytest.mark.parametrize("version", VERSIONS)
def test_groups_that_no_walk_gives_are_an_error(kerascope, old, tmp_path, version):
    def drop(file):
        layers = file[old_archives.OLD_CONTAINER if version != "2.15" else "layers"]
        del layers[sorted(name for name in layers if name.startswith("conv2d"))[2]]

    model = regroup(old / f"branches-{version}.keras", tmp_path / "model.keras", drop)
    done = kerascope("layers", model, check=False)
    if version == "2.15":  # may be a layer without weights; then the later ones are found, and the third has none
        assert "conv2d" not in done.stderr or done.returncode == 1
        done = kerascope("capture", model, old / "inputs.npy", "-l", "br2", check=False)
        assert done.returncode == 1 and "error[weight-missing]" in done.stderr
    else:
        assert done.returncode == 1 and "error[weights-mismatch]" in done.stderr
        assert "stores weights of 4 layers of the class Conv2D, the model has 5" in done.stderr


# --- Keras 3, which writes the layers' names beside their weights ---


@pytest.fixture(scope="module")
def new(tmp_path_factory):
    import keras

    folder = tmp_path_factory.mktemp("new")
    inputs = np.random.default_rng(7).normal(size=(2, 12, 12, 4)).astype("float32")
    np.save(folder / "inputs.npy", inputs)
    for name, model in old_archives.models(keras).items():
        np.save(folder / f"{name}.npy", np.asarray(model(inputs, training=False)))
        model.save(folder / f"{name}.keras")
        model.save_weights(folder / f"{name}.weights.h5")
        (folder / f"{name}.json").write_text(model.to_json())
    return folder


@pytest.mark.parametrize("name", WIRINGS)
def test_archives_of_keras_3(kerascope, new, tmp_path, name):
    check(kerascope, new, name, tmp_path, new / f"{name}.keras")
    check(kerascope, new, name, tmp_path, new / f"{name}.json", "--weights", new / f"{name}.weights.h5")


def swap_names(file):
    one, two = file["layers/conv2d/vars"].attrs, file["layers/conv2d_1/vars"].attrs
    one["name"], two["name"] = two["name"], one["name"]


def test_names_that_disagree_are_an_error(kerascope, new, tmp_path):
    """Two layers of one shape: nothing but the names shows that their weights were exchanged."""
    model = regroup(new / "branches.keras", tmp_path / "model.keras", swap_names)
    done = kerascope("layers", model, check=False)
    assert done.returncode == 1 and "error[weights-mismatch]" in done.stderr
    assert "the weights that 'br0' would get are named 'br1'" in done.stderr
    weights = tmp_path / "weights.h5"
    done = kerascope("layers", new / "branches.json", "--weights", weights, check=False)
    assert done.returncode == 1 and "error[weights-mismatch]" in done.stderr
    assert "because: the weights that 'br0' would get are named 'br1'" in done.stderr and "--by-name" in done.stderr
    kerascope("layers", new / "branches.json", "--weights", weights, "--by-name")


def rename(json_file, target, names):
    text = json_file.read_text()
    for old_name, new_name in names.items():
        text = text.replace(f'"{old_name}"', f'"{new_name}"')
    target.write_text(text)
    return target


def test_names_may_have_changed_since(kerascope, new, tmp_path):
    """Keras counts the layers of a session, and users give other names; neither is a mistake."""
    made_up = {f"br{i}": f"conv2d_{i + 7}" for i in range(5)}
    check(
        kerascope,
        new,
        "branches",
        tmp_path,
        rename(new / "branches.json", tmp_path / "renamed.json", made_up),
        "--weights",
        new / "branches.weights.h5",
    )


def test_a_registered_name_that_is_not_the_class_s(kerascope, tmp_path):
    """Groups are named after the class in Python."""
    import keras

    @keras.saving.register_keras_serializable("zoo", "Lion")
    class Tiger(keras.layers.Dense):
        pass

    model = keras.Sequential([keras.Input((4,)), Tiger(3, name="a"), Tiger(3, name="b"), keras.layers.Dense(2, name="c")])
    model.save(tmp_path / "model.keras")
    listed = json.loads(kerascope("layers", tmp_path / "model.keras", "--json").stdout)
    assert [row["parameters"] for row in listed["layers"] if row["address"] in "abc"] == [15, 12, 8]


if __name__ == "__main__":
    import pathlib

    make_all(pathlib.Path(sys.argv[1]))
