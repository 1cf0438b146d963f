"""keract's functions: names, order, numbers and files as keract 4.5 gives them."""

import collections
import importlib
import inspect
import json
import subprocess
import sys

import keras
import kerascope as ks
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import tf_keras
from kerascope import keract
from PIL import Image

matplotlib.use("agg")
both = pytest.mark.parametrize("kit", [tf_keras, keras], ids=["2", "3"])


def random(*shape):
    return np.random.default_rng(0).normal(size=shape)


def two_inputs(kit, **options):
    i1, i2 = kit.Input((10,), name="i1"), kit.Input((10,), name="i2")
    layers = kit.layers
    joined = layers.concatenate([layers.Dense(1, name="fc1")(i1), layers.Dense(1, name="fc2")(i2)], name="concat")
    return kit.Model([i1, i2], layers.Dense(1, name="out")(joined), **options), [random(32, 10), random(32, 10)]


def nested(kit):
    """Two models within a model; the first layer is called twice."""
    dense = kit.layers.Dense
    core = kit.Sequential([kit.layers.InputLayer((4,)), dense(5, name="deep"), dense(4, name="up")], name="core")
    i = kit.Input((4,), name="i")
    inner = kit.Model(i, dense(3, name="fc")(core(i)), name="inner")
    a, b, shared = kit.Input((6,), name="a"), kit.Input((6,), name="b"), dense(4, name="shared")
    joined = kit.layers.Subtract(name="minus")([shared(a), shared(b)])
    return kit.Model([a, b], dense(2, name="last")(inner(joined))), [random(2, 6), random(2, 6) + 1]


def own(kit):
    """A layer and a model of a user's own in a model."""
    layers = kit.layers

    class Block(layers.Layer):
        def __init__(self, **options):
            super().__init__(**options)
            self.fc, self.relu = layers.Dense(4, name="fc"), layers.ReLU(name="relu")

        def call(self, x):
            return self.relu(self.fc(x))

    class Part(kit.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.first, self.second = layers.Dense(3, name="first"), layers.Dense(3, name="second")

        def call(self, x):
            return self.second(self.first(x))

    x = kit.Input((6,), name="x")
    return kit.Model(x, layers.Dense(2, name="last")(Part(name="part")(Block(name="block")(x)))), random(2, 6)


def recurrent(kit):
    x = kit.Input((5, 4), name="x")
    _, state, _ = kit.layers.LSTM(3, return_sequences=True, return_state=True, name="lstm")(x)
    return kit.Model(x, kit.layers.Dense(2, name="last")(state)), random(2, 5, 4)


@both
def test_the_inputs_and_then_the_layers(kit):
    model, x = two_inputs(kit)
    activations = keract.get_activations(model, x, auto_compile=True)
    assert isinstance(activations, collections.OrderedDict)
    assert [(name, array.shape) for name, array in activations.items()] == [
        ("i1", (32, 10)), ("i2", (32, 10)), ("fc1", (32, 1)), ("fc2", (32, 1)), ("concat", (32, 2)), ("out", (32, 1))]
    np.testing.assert_allclose(activations["out"], model.predict(x, verbose=0), atol=1e-5)
    assert activations["i1"] is x[0] and activations["i2"] is x[1]
    activations["out"][:] = 0  # the caller's own


@both
def test_the_layers_that_are_named(kit):
    model, x = two_inputs(kit)
    assert list(keract.get_activations(model, x, layer_names="fc2")) == ["fc2"]
    assert list(keract.get_activations(model, x, ["concat", "fc2", "i2"])) == ["i2", "fc2", "concat"]
    assert list(keract.get_activations(model, x, ["fc2", "unknown"])) == ["fc2"]
    with pytest.raises(KeyError, match="did you mean 'fc1'"):
        keract.get_activations(model, x, layer_names="fc11")
    for wrong in ({"layer_names": []}, {"nodes_to_evaluate": []}, {"layer_names": "fc1", "nodes_to_evaluate": model.inputs}):
        with pytest.raises(ks.Error):
            keract.get_activations(model, x, **wrong)
    with pytest.raises(TypeError):
        keract.get_activations("fc1", x)


def test_keys_are_layers_tensors_or_numbers():
    model, x = two_inputs(tf_keras)
    assert list(keract.get_activations(model, x, output_format="numbered")) == [0, 1, 2, 3, 4, 5]
    full = keract.get_activations(model, x, output_format="full")
    assert list(full) == ["i1", "i2", "fc1/BiasAdd:0", "fc2/BiasAdd:0", "concat/concat:0", "out/BiasAdd:0"]
    assert list(keract.get_activations(model, x, "fc2/BiasAdd:0", output_format="full")) == ["fc2/BiasAdd:0"]
    model, x = two_inputs(keras)
    tensors = [*model.inputs, *(layer.output for layer in model.layers[2:])]
    assert list(keract.get_activations(model, x, output_format="full")) == [tensor.name for tensor in tensors]


@both
def test_nested_models_as_one_or_in_depth(kit):
    model, x = nested(kit)
    assert list(keract.get_activations(model, x)) == ["a", "b", "shared", "minus", "inner", "last"]
    deep = keract.get_activations(model, x, nested=True)
    assert list(deep) == ["a", "b", "shared", "minus", "inner/core/deep", "inner/core/up", "inner/fc", "last"]
    assert list(keract.get_activations(model, x, ["inner/core", "inner/fc"], nested=True)) == ["inner/core", "inner/fc"]
    np.testing.assert_allclose(deep["shared"], model.get_layer("shared")(x[0].astype("float32")), atol=1e-5)  # its first call


@both
def test_layers_of_ones_own_in_depth(kit):
    model, x = own(kit)
    assert list(keract.get_activations(model, x)) == ["x", "block", "part", "last"]
    deep = keract.get_activations(model, x, nested=True)
    assert list(deep) == ["x", "block/fc", "block/relu", "part/first", "part/second", "last"]
    np.testing.assert_allclose(deep["last"], model.predict(x, verbose=0), atol=1e-5)
    part = model.get_layer("part")
    assert list(keract.get_activations(part, random(2, 4).astype("float32"))) == ["first", "second"]  # it has no graph


def test_layers_that_do_not_compute_zeros():
    """Kerascope asks for the shapes of a user's layer with zeros; Keras does not."""
    class Normalized(keras.layers.Layer):
        def call(self, x):
            if hasattr(x, "numpy") and not x.numpy().any():
                raise ValueError("zeros have no direction")
            return x / keras.ops.norm(x)

    x = keras.Input((4,), name="x")
    model = keras.Model(x, Normalized(name="normalized")(x))
    assert list(keract.get_activations(model, random(2, 4))) == ["x", "normalized"]


@both
def test_several_outputs_are_a_list(kit):
    model, x = recurrent(kit)
    sequence, state, _ = keract.get_activations(model, x, output_format="full")["lstm"]
    assert sequence.shape == (2, 5, 3) and np.array_equal(sequence[:, -1], state)
    outputs = model.get_layer("lstm").output
    given = keract.get_activations(model, x, nodes_to_evaluate=[list(outputs), outputs[1]])
    name = "_".join(tensor.name for tensor in outputs)
    assert list(given) == [name, outputs[1].name] and np.array_equal(given[name][1], given[outputs[1].name])


@both
def test_nodes_are_tensors_and_variables(kit):
    model, x = nested(kit)
    shared, inner, last = (model.get_layer(name) for name in ("shared", "inner", "last"))
    second = model.get_layer("minus").input[1]
    nodes = [second, inner.get_layer("fc").output, model.inputs[1], last.kernel, model.outputs[0]]
    given = keract.get_activations(model, x, nodes_to_evaluate=nodes, output_format="numbered")
    np.testing.assert_allclose(given[0], shared(x[1].astype("float32")), atol=1e-5)
    np.testing.assert_allclose(given[1] @ given[3] + last.get_weights()[1], given[4], atol=1e-5)
    np.testing.assert_allclose(given[2], x[1], atol=1e-6)
    assert list(keract.get_activations(model, x, nodes_to_evaluate=[last.kernel]))[0] in ("last/kernel:0", "last/kernel")
    twice = kit.Model(model.inputs, kit.layers.Add()([inner(shared(model.inputs[0])), inner(shared(model.inputs[1]))]))
    given = keract.get_activations(twice, x, nodes_to_evaluate=[inner.get_layer("fc").output], output_format="numbered")
    np.testing.assert_allclose(given[0], inner(shared(x[0].astype("float32"))), atol=1e-5)  # the first call
    elsewhere = kit.Model(model.inputs[0], kit.layers.ReLU(name="relu")(shared(model.inputs[0])))
    assert list(keract.get_activations(elsewhere, x[0])) == ["a", "shared", "relu"]
    with pytest.raises(KeyError, match="another model"):
        keract.get_activations(model, x, nodes_to_evaluate=[elsewhere.get_layer("relu").input])


def test_a_sequential_has_its_input_too():
    for kit, name in ((tf_keras, "fc_input"), (keras, "input_layer")):
        model = kit.Sequential([kit.layers.Dense(3, name="fc", input_shape=(4,))])
        activations = keract.get_activations(model, random(2, 4))
        assert len(activations) == 2 and next(iter(activations)).startswith(name)
        tensor = model.layers[0].output
        assert list(keract.get_activations(model, random(2, 4), nodes_to_evaluate=[tensor])) == [tensor.name]


def test_names_with_slashes_are_no_nesting(tmp_path):
    x = tf_keras.Input((4,), name="x")
    model = tf_keras.Model(x, tf_keras.layers.ReLU(name="block/relu")(tf_keras.layers.Dense(3, name="block/fc")(x)))
    model.save(tmp_path / "model.keras")
    for one in (model, ks.load(tmp_path / "model.keras")):
        for nested_too in (False, True):
            assert list(keract.get_activations(one, random(2, 4), nested=nested_too)) == ["x", "block/fc", "block/relu"]


@both
def test_operations_are_layers(kit):
    x = kit.Input((4,), name="x")
    model = kit.Model(x, kit.layers.Dense(3, name="fc")(x) * 2)
    activations = list(keract.get_activations(model, random(2, 4)).items())
    assert [name for name, _ in activations[:2]] == ["x", "fc"] and np.array_equal(activations[2][1], 2 * activations[1][1])


@both
def test_the_model_is_compiled_or_that_is_an_error(kit):
    def is_compiled(model):
        return getattr(model, "compiled", None) or getattr(model, "_is_compiled", False)

    model, x = two_inputs(kit)
    with pytest.raises(ks.Error, match="not compiled"):
        keract.get_activations(model, x, auto_compile=False)
    keract.get_activations(model, x)
    assert is_compiled(model)
    keract.get_activations(model, x, auto_compile=False)
    model, x = two_inputs(kit, name="vgg16")
    keract.get_activations(model, x, auto_compile=False)
    assert is_compiled(model) and model.loss == "categorical_crossentropy"


@both
@pytest.mark.parametrize("nested_too", [False, True])
def test_a_file_gives_the_same(kit, nested_too, tmp_path):
    model, x = nested(kit)
    model.save(tmp_path / "model.keras")
    live = keract.get_activations(model, x, nested=nested_too)
    loaded = ks.load(tmp_path / "model.keras")
    read = keract.get_activations(loaded, x, nested=nested_too)
    assert list(read) == list(live) and all(np.array_equal(read[name], live[name]) for name in live)
    assert list(keract.get_activations(loaded, x, "inner", nested=nested_too)) == ["inner"]
    tensor = loaded.layer("last").output
    assert np.array_equal(keract.get_activations(loaded, x, nodes_to_evaluate=[tensor])[tensor.name], live["last"])


def test_without_eager_execution():
    """Keras 2's graphs give the same names and numbers; Keras 3 has none, and that is said."""
    source = f"""
import keras, numpy as np, tensorflow as tf, tf_keras
tf.compat.v1.disable_eager_execution()
from kerascope import keract
random = lambda *shape: np.random.default_rng(0).normal(size=shape)
{"".join(inspect.getsource(make) for make in (nested, own, recurrent))}
model, x = nested(tf_keras)
seen = keract.get_activations(model, x, nested=True)
assert list(seen) == ["a", "b", "shared", "minus", "inner/core/deep", "inner/core/up", "inner/fc", "last"], list(seen)
np.testing.assert_allclose(seen["last"], model.predict(x), atol=1e-5)
np.testing.assert_allclose(keract.get_activations(model, x)["inner"], seen["inner/fc"])
assert list(keract.get_activations(model, x, "a", output_format="full")) == ["a:0"]
given = keract.get_activations(model, x, nodes_to_evaluate=[model.inputs[1], model.layers[-1].kernel, model.outputs[0]])
assert list(given) == ["b:0", "last/kernel:0", "last/BiasAdd:0"], list(given)
np.testing.assert_allclose(given["last/BiasAdd:0"], seen["inner/fc"] @ given["last/kernel:0"], atol=1e-5)
model, x = own(tf_keras)
full = keract.get_activations(model, x, nested=True, output_format="full")
assert list(full)[1:4] == ["block/fc/BiasAdd:0", "block/relu/Relu:0", "part/first/BiasAdd:0"], list(full)
for other, code in ((model.get_layer("part"), "model-opaque"), (recurrent(keras)[0], "eager-missing")):
    try:
        keract.get_activations(other, x)
    except ValueError as problem:
        assert problem.code == code, problem
    else:
        raise AssertionError(code)
model, x = recurrent(tf_keras)
assert [part.shape for part in keract.get_activations(model, x)["lstm"]] == [(2, 5, 3), (2, 3), (2, 3)]
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_gradients_are_left_to_a_later_release():
    model, x = two_inputs(keras)
    for call in (keract.get_gradients_of_activations, keract.get_gradients_of_trainable_weights):
        with pytest.raises(ks.Error, match="later release"):
            call(model, x, random(32, 1))


def test_json_keeps_them(tmp_path):
    given = keract.get_activations(*nested(keras))
    keract.persist_to_json_file(given, tmp_path / "a.json")
    assert list(json.loads((tmp_path / "a.json").read_text())) == list(given)
    again = keract.load_activations_from_json_file(tmp_path / "a.json")
    assert list(again) == list(given) and all((again[name] == given[name]).all() for name in given)


@pytest.fixture
def shown(monkeypatch):
    """The figures that were shown: the arrays of each."""
    figures = []

    def show():
        figures.append([[image.get_array() for image in axis.images] for axis in plt.gcf().axes if axis.images])

    monkeypatch.setattr(plt, "show", show)
    return figures


def test_figures_are_saved_by_index_and_name(tmp_path, capsys):
    given = {"x": random(1, 8, 8, 3), "two": random(2, 8, 8, 3), "conv/Relu:0": random(1, 6, 6, 4), "fc": random(1, 5),
             "states": [random(1, 3, 2), random(1, 2)]}
    keract.display_activations(given, save=True, directory=str(tmp_path / "new" / "maps"), fig_size=(3, 3))
    names = ["0_x.png", "1_conv.png", "2_fc.png", "3_states.png", "4_states.png"]
    assert sorted(path.name for path in (tmp_path / "new" / "maps").iterdir()) == names
    assert "two (2, 8, 8, 3) is passed over" in capsys.readouterr().out
    assert not plt.get_fignums()


def test_a_subplot_per_channel(shown):
    channels_first = random(1, 5, 6, 7)
    keract.display_activations({0: channels_first}, data_format="channels_first", fig_size=(3, 3))
    (drawn,) = shown
    assert [np.array_equal(image[0], channel) for image, channel in zip(drawn, channels_first[0])] == [True] * 5
    shown.clear()
    sequence, vector, volume = random(1, 9, 2), random(1, 12), random(1, 2, 3, 4, 5)
    for given in (sequence, vector, volume):
        keract.display_activations({"x": given}, fig_size=(3, 3))
    keract.display_activations({"x": vector}, fig_size=(3, 3), reshape_1d_layers=True)
    shapes = [[image[0].shape for image in figure] for figure in shown]
    assert shapes == [[(1, 9)] * 2, [(1, 12)], [(6, 4)] * 5, [(4, 3)]]
    with pytest.raises(ks.Error, match="channels_middle"):
        keract.display_activations({"x": sequence}, data_format="channels_middle")


def test_heatmaps_lie_over_the_picture(shown, tmp_path, capsys):
    maps, vector = random(1, 6, 7, 3).astype("float32"), random(1, 5)
    for picture in (np.full((1, 12, 16, 3), 51, "uint8"), np.full((12, 16, 1), 0.2)):
        former = picture.copy()
        keract.display_heatmaps({"conv": maps, "fc": vector}, picture)
        assert np.array_equal(picture, former)  # the caller's
    for drawn in shown:
        assert len(drawn) == 3 and all(below.max() == 0.2 and heat.shape == (12, 16) for below, heat in drawn)
    assert "fc (1, 5) is passed over" in capsys.readouterr().out
    shown.clear()
    keract.display_heatmaps({"conv": maps, "constant": np.ones_like(maps)}, picture, merge_filters=True)
    ((_, merged),), ((_, nothing),) = shown
    low, high = maps.min(axis=(0, 1, 2)), maps.max(axis=(0, 1, 2))
    tiny = Image.fromarray(((maps[0] - low) / (high - low)).sum(axis=-1)).resize((16, 12), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(merged, tiny, atol=1e-5)
    assert not nothing.any()
    keract.display_heatmaps({"conv": maps}, picture, directory=str(tmp_path), save=True)
    assert [path.name for path in tmp_path.iterdir()] == ["0_conv.png"]
    with pytest.raises(ks.Error, match="over a picture"):
        keract.display_heatmaps({"volume": random(1, 2, 3, 4, 5)}, picture)


def test_heatmaps_follow_keras_where_the_channels_are(shown, monkeypatch):
    backend = importlib.import_module("tf_keras.backend")
    monkeypatch.setattr(backend, "image_data_format", lambda: "channels_first")
    keract.display_heatmaps({"conv": random(1, 5, 6, 7).astype("float32")}, np.ones((12, 16)))
    assert len(shown[0]) == 5


def test_gradients_as_a_grid(shown, tmp_path, capsys):
    kernel = random(3, 3, 2, 4)
    keract.display_gradients_of_trainable_weights({"bias": random(4), "kernel": kernel})
    (drawn,) = shown
    assert [np.array_equal(drawn[2 * row + column][0], kernel[:, :, column, row]) for row in range(4) for column in range(2)] == [True] * 8
    assert "bias (4,) is passed over" in capsys.readouterr().out
    keract.display_gradients_of_trainable_weights({"bias": random(4), "c/kernel:0": kernel}, str(tmp_path), True)
    assert [path.name for path in tmp_path.iterdir()] == ["0_c.png"]
