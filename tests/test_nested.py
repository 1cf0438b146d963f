"""Nested, shared and partly frozen models, several inputs and outputs, Keras 2's forms: every layer equals real Keras."""

import importlib
import json

import h5py
import numpy as np
import pytest
from conftest import oracle_cases
from whole_models import compare_with_keras


@pytest.mark.parametrize("folder, file", oracle_cases("nested"))
def test_every_layer_equals_keras(kerascope, folder, file, tmp_path, record_property):
    compare_with_keras(kerascope, folder, file, tmp_path / "seen.npz", record_property)


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_what_stands_before_an_unknown_layer_keeps_its_own_weights(kerascope, tmp_path, library):
    """In HDF5 a nested model has one list of weights; with an unknown layer inside only names tell whose is what."""
    keras = importlib.import_module(library)
    layers = keras.layers
    keras.utils.set_random_seed(3)
    inputs = layers.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, name="conv", trainable=False, bias_initializer="random_normal")(inputs)
    x = layers.DepthwiseConv2D(3, name="deep", bias_initializer="random_normal")(x)
    x = layers.BatchNormalization(name="norm", beta_initializer="random_normal", gamma_initializer="random_normal")(x)
    x = layers.Lambda(lambda value: sum([value, value]), name="twice", output_shape=(4, 4, 4))(x)
    base = keras.Model(inputs, layers.Dense(2, name="after")(x), name="base")
    model = keras.Sequential([base, layers.Flatten()])
    model.build((None, 8, 8, 3))
    model.save(tmp_path / "model.h5")
    picture = np.random.default_rng(3).normal(size=(1, 8, 8, 3)).astype("float32")
    np.save(tmp_path / "input.npy", picture)

    done = kerascope("capture", tmp_path / "model.h5", tmp_path / "input.npy", "-o", tmp_path / "seen.npz", check=False)
    assert done.returncode == 3 and "twice" in done.stderr
    seen = np.load(tmp_path / "seen.npz")
    for name in ("conv", "deep", "norm"):
        truth = keras.Model(base.inputs, base.get_layer(name).output).predict(picture, verbose=0)
        np.testing.assert_allclose(seen[f"base/{name}"], truth, atol=1e-5 * np.abs(truth).max())
    assert "base/twice" not in seen.files and "base/after" not in seen.files


def chain(keras, name, *layers):
    x = inputs = keras.Input((4,), name=f"{name}_in")
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x, name=name)


def norm(keras, name):
    return keras.layers.BatchNormalization(name=name)


@pytest.mark.parametrize(
    "flags",
    [
        {"outer": False, "outer_norm": True},
        {"outer": False, "inner": True, "norm": False},
        {"inner": False, "norm": True},
        {"middle": False, "inner": True, "dense": False, "middle_norm": True},
        {"outer": False, "middle": True, "inner": False, "norm2": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_trainable_layers_in_frozen_models(kerascope, tmp_path, library, named, flags):
    """Keras 2 orders a frozen model's weights by the flags inside it, Keras 3 leaves them as they were made; the order
    alone must do, without names of weights that tell it, too."""
    keras = importlib.import_module(library)
    dense = keras.layers.Dense(4, activation="tanh", name="dense")
    inner = chain(keras, "inner", norm(keras, "norm"), dense, norm(keras, "norm2"))
    middle = chain(keras, "middle", norm(keras, "middle_norm"), inner, norm(keras, "middle_norm2"))
    outer = chain(keras, "outer", norm(keras, "outer_norm"), middle, keras.layers.Dense(4, name="outer_dense"))
    model = chain(keras, "whole", outer)
    random = np.random.default_rng(5)
    model.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in model.weights])
    made = {layer.name: layer for part in (outer, middle, inner) for layer in (part, *part.layers)}
    for name, trainable in flags.items():
        made[name].trainable = trainable
    model.save(tmp_path / "model.h5")
    if not named:
        with h5py.File(tmp_path / "model.h5", "r+") as file:
            weights = file["model_weights/outer"]
            names = list(weights.attrs["weight_names"])
            for i, name in enumerate(names):
                weights.move(name, f"w{i}")
            weights.attrs["weight_names"] = [f"w{i}".encode() for i in range(len(names))]
    given = random.normal(size=(3, 4)).astype("float32")
    np.save(tmp_path / "input.npy", given)
    kerascope("capture", tmp_path / "model.h5", tmp_path / "input.npy", "-o", tmp_path / "seen.npz")
    truth = model.predict(given, verbose=0)
    seen = np.load(tmp_path / "seen.npz")
    np.testing.assert_allclose(seen["outer/outer_dense"], truth, atol=1e-5 * np.abs(truth).max())
    listed = json.loads(kerascope("layers", tmp_path / "model.h5", "--json").stdout)
    assert listed["trainable_parameters"] == sum(np.prod(weight.shape) for weight in model.trainable_weights)
