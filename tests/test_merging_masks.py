"""Merging layers whose inputs have masks, as each version of Keras computes them, and what the mask of the result does."""

import json
import zipfile

import keras
import kerascope as ks
import numpy as np
import pytest
import tf_keras

RANDOM = np.random.default_rng(4)
MERGES = {
    name: (lambda layers, name=name: getattr(layers, name)(name="merged"))
    for name in ("Add", "Average", "Maximum", "Minimum", "Multiply", "Concatenate")
}
# Which of the inputs are masked; the last input of "ranks" has fewer axes.
INPUTS = {"both": (True, True), "first": (True, False), "second": (False, True), "three": (True, True, True), "two-of-three": (True, False, True)}


def masked(keras_of, merge, which, folder):
    """A model of `merge` and of a layer that its mask reaches, and what it is fed with: steps of 0 do not count."""
    layers = keras_of.layers
    inputs = [keras_of.Input((5, 2), name=f"x{k}") for k in range(len(which))]
    parts = [layers.Masking(name=f"masking{k}")(x) if mask else x for k, (x, mask) in enumerate(zip(inputs, which, strict=True))]
    merged = MERGES[merge](layers)(parts)
    summed = layers.GRU(3, name="summed", use_bias=True, bias_initializer="random_normal")(merged)
    keras_of.Model(inputs, [merged, summed]).save(folder / "model.h5" if keras_of is tf_keras else folder / "model.keras")
    numbers = RANDOM.normal(size=(len(which), 4, 5, 2)).astype("float32")
    numbers[RANDOM.random((len(which), 4, 5)) < 0.5] = 0
    return keras_of.Model(inputs, [merged, summed]), {f"x{k}": array for k, array in enumerate(numbers)}


@pytest.mark.parametrize("keras_of", [keras, tf_keras], ids=["keras", "tf_keras"])
@pytest.mark.parametrize("which", INPUTS)
@pytest.mark.parametrize("merge", MERGES)
def test_masks(merge, which, keras_of, tmp_path):
    model, numbers = masked(keras_of, merge, INPUTS[which], tmp_path)
    wanted = model(list(numbers.values()))
    seen = ks.load(next(tmp_path.iterdir())).run(numbers)
    for address, expected in zip(("merged", "summed"), wanted, strict=True):
        np.testing.assert_allclose(seen[address], np.asarray(expected), rtol=0, atol=2e-6, err_msg=address)


@pytest.mark.parametrize("version,changed", [("3.3.3", False), ("3.4.0", True), ("3.10.0", True)])
@pytest.mark.parametrize("merge,function", [("Maximum", np.maximum), ("Minimum", np.minimum), ("Multiply", np.multiply)])
def test_masks_mean_this_since_keras_3_4(merge, function, version, changed, tmp_path):
    _, numbers = masked(keras, merge, (True, True), tmp_path)
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members["metadata.json"] = json.dumps({**json.loads(members["metadata.json"]), "keras_version": version})
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    plain = function(numbers["x0"], numbers["x1"])
    assert np.array_equal(ks.load(path).run(numbers)["merged"], plain) != changed
