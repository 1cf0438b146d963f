"""keract's functions: names, order and numbers as keract 4.5 gave them with Keras 2."""

import collections

import keras
import kerascope as ks
import matplotlib
import numpy as np
import pytest
from keras import layers
from kerascope import keract


def two_inputs():
    i1, i2 = keras.Input((10,), name="i1"), keras.Input((10,), name="i2")
    joined = layers.concatenate([layers.Dense(1, name="fc1")(i1), layers.Dense(1, name="fc2")(i2)], name="concat")
    return keras.Model([i1, i2], layers.Dense(1, name="out")(joined))


def nested():
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(4, name="fc1"), layers.Dense(3, name="fc2")], name="inner")
    x = keras.Input((6,), name="x")
    return keras.Model(x, layers.Dense(2, name="last")(inner(x)))


def test_the_example_of_its_readme():
    x = [np.random.uniform(size=(32, 10)), np.random.uniform(size=(32, 10))]
    model = two_inputs()
    activations = keract.get_activations(model, x, auto_compile=True)
    assert isinstance(activations, collections.OrderedDict)
    assert [(name, array.shape) for name, array in activations.items()] == [
        ("i1", (32, 10)), ("i2", (32, 10)), ("fc1", (32, 1)), ("fc2", (32, 1)), ("concat", (32, 2)), ("out", (32, 1))]
    np.testing.assert_allclose(activations["out"], model.predict(x, verbose=0), atol=1e-5)


def test_chosen_layers_numbers_and_tensors():
    model, x = two_inputs(), [np.ones((2, 10)), np.ones((2, 10))]
    assert list(keract.get_activations(model, x, layer_names="fc2")) == ["fc2"]
    assert list(keract.get_activations(model, x, layer_names=["fc2", "concat"])) == ["fc2", "concat"]
    assert list(keract.get_activations(model, x, output_format="numbered")) == [0, 1, 2, 3, 4, 5]
    tensor = model.get_layer("concat").output
    given = keract.get_activations(model, x, nodes_to_evaluate=[tensor])
    assert list(given) == [tensor.name] and given[tensor.name].shape == (2, 2)
    with pytest.raises(KeyError):
        keract.get_activations(model, x, layer_names="nothing")
    with pytest.raises(ValueError):
        keract.get_activations(model, x, layer_names="fc1", nodes_to_evaluate=[tensor])


def test_nested_models_as_one_or_in_depth():
    model, x = nested(), np.ones((1, 6))
    assert list(keract.get_activations(model, x)) == ["x", "inner", "last"]
    assert list(keract.get_activations(model, x, nested=True)) == ["x", "inner/fc1", "inner/fc2", "last"]


def test_json_keeps_them(tmp_path):
    given = keract.get_activations(nested(), np.ones((1, 6)))
    keract.persist_to_json_file(given, tmp_path / "a.json")
    again = keract.load_activations_from_json_file(tmp_path / "a.json")
    assert list(again) == list(given) and all((again[name] == given[name]).all() for name in given)


def test_gradients_are_left_to_a_later_release():
    with pytest.raises(ks.Error, match="later release"):
        keract.get_gradients_of_activations(nested(), np.ones((1, 6)), np.ones((1, 2)))


def test_figures_are_saved_by_index_and_name(tmp_path):
    matplotlib.use("agg")
    x = keras.Input((8, 8, 3), name="x")
    y = layers.Dense(5, name="fc")(layers.Flatten(name="flat")(layers.Conv2D(4, 3, name="conv")(x)))
    given = keract.get_activations(keras.Model(x, y), np.random.uniform(size=(1, 8, 8, 3)))
    keract.display_activations(given, save=True, directory=str(tmp_path / "maps"), fig_size=(3, 3))
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == ["0_x.png", "1_conv.png", "2_flat.png", "3_fc.png"]
    keract.display_heatmaps(given, np.random.uniform(0, 255, (1, 8, 8, 3)), directory=str(tmp_path / "heat"), save=True, merge_filters=True)
    assert sorted(path.name for path in (tmp_path / "heat").iterdir()) == ["0_x.png", "1_conv.png"]
