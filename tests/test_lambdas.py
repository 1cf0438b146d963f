"""Lambdas: their code is read if it is one expression, and never run; otherwise --lambda says what they compute."""

import importlib
import json
import os
import pathlib

import keras
import lambda_code
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from keras import ops
from small_models import edit_archive, layer

K = tf_keras.backend

PYTHONS = sorted(pathlib.Path(os.path.expanduser("~/.pyenv/versions")).glob("*/bin/python"))
SHAPE = (4, 6, 3)

# Each is the code of a Lambda that is called on one input (4, 6, 3).
LAMBDAS = {
    "centre": lambda x: x / 127.5 - 1,
    "same": lambda x: x,
    "sign": lambda x: -x * 2 + 1,
    "reciprocal": lambda x: 1 / (x * x + 1),
    "power": lambda x: x**2,
    "root": lambda x: abs(x) ** 0.5,
    "channels": lambda x: x[..., ::-1],
    "caffe": lambda x: x[..., ::-1] - [103.939, 116.779, 123.68],
    "array": lambda x: x - np.array([0.485, 0.456, 0.406]),
    "last": lambda x: x[:, -1],
    "part": lambda x: x[:, 1:-1, ::2, 1],
    "new_axis": lambda x: x[:, None],
    "above": lambda x: tf.cast(x > 0.5, tf.float32) * x,
    "tf_mean": lambda x: tf.reduce_mean(x, axis=[1, 2]),
    "tf_mean_last": lambda x: tf.reduce_mean(x, -1, keepdims=True),
    "tf_normal": lambda x: tf.nn.l2_normalize(x, axis=-1),
    "tf_math_normal": lambda x: tf.math.l2_normalize(x, 1),
    "tf_relu": lambda x: tf.nn.relu(x - 0.2),
    "tf_relu6": lambda x: tf.nn.relu6(x * 8),
    "tf_leaky": lambda x: tf.nn.leaky_relu(x, alpha=0.1),
    "tf_sigmoid": lambda x: tf.sigmoid(x) + tf.nn.tanh(x) + tf.math.softplus(x),
    "tf_softmax": lambda x: tf.nn.softmax(x, axis=1),
    "tf_expand": lambda x: tf.expand_dims(x, -1),
    "tf_squeeze": lambda x: tf.squeeze(tf.expand_dims(x, 1), axis=1),
    "tf_abs": lambda x: tf.sqrt(tf.abs(x)) + tf.square(x) + tf.exp(-x) + tf.math.log(tf.abs(x) + 1),
    "tf_binary": lambda x: tf.add(x, 1.5) + tf.multiply(x, x) - tf.subtract(x, 2) / tf.maximum(x, 1) + tf.minimum(x, 0),
    "tf_clip": lambda x: tf.clip_by_value(x, -0.5, 0.5),
    "tf_transpose": lambda x: tf.transpose(x, [0, 2, 1, 3]),
    "tf_concat": lambda x: tf.concat([x, -x], axis=-1),
    "tf_stack": lambda x: tf.stack([x, x * 2], 1),
    "tf_split": lambda x: tf.split(x, 3, axis=-1)[1],
    "tf_difference": lambda x: tf.math.squared_difference(x, 2.0),
    "tf_flip": lambda x: tf.image.flip_left_right(x) + tf.image.flip_up_down(x),
    "tf_depth": lambda x: tf.nn.depth_to_space(tf.concat([x, x * 2, x * 3, x * 4], -1), 2),
    "tf_space": lambda x: tf.nn.space_to_depth(x, 2),
    "tf_grey": lambda x: tf.image.rgb_to_grayscale(x),
    "tf_shape": lambda x: tf.reshape(x, (tf.shape(x)[0], -1)),
    "shape": lambda x: tf.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3])),
    "constant": lambda x: x * tf.constant([1.0, 2.0, 3.0]),
    "pi": lambda x: x * np.pi / 180,
}
# The same for code that only tf_keras runs.
OF_BACKEND = {
    "k_all": lambda x: K.cast(K.all(x > -1, axis=1), "float32") + K.cast(K.any(x > 1, axis=1), "float32"),
    "k_flatten": lambda x: K.batch_flatten(x),
    "k_clip": lambda x: K.clip(x, -0.5, 0.5),
    "k_concatenate": lambda x: K.concatenate([x, x * 2]),
    "k_concatenate_1": lambda x: K.concatenate([x, x * 2], axis=1),
    "k_elu": lambda x: K.elu(x, 0.5),
    "k_epsilon": lambda x: x / (K.abs(x) + K.epsilon()),
    "k_expand": lambda x: K.expand_dims(x) * K.expand_dims(x, axis=-1),
    "k_compare": lambda x: K.cast(K.greater(x, 0.0), "float32") - K.cast(K.less_equal(x, 0.5), "float32"),
    "k_hard_sigmoid": lambda x: K.hard_sigmoid(x * 3),
    "k_shape": lambda x: K.reshape(x, (-1, K.int_shape(x)[1] * 6, 3)),
    "k_normal": lambda x: K.l2_normalize(x, axis=-1),
    "k_normal_all": lambda x: K.l2_normalize(x, (1, 2, 3)),
    "k_log": lambda x: K.log(K.exp(x) + 1) + K.square(x) + K.pow(x, 2),
    "k_extremes": lambda x: K.max(x, axis=1) - K.min(x, axis=1) + K.maximum(x, 0.1)[:, 0] - K.minimum(x, 0.1)[:, 0],
    "k_mean": lambda x: K.mean(x, axis=[1, 2]),
    "k_mean_1": lambda x: K.mean(x, 1, True),
    "k_permute": lambda x: K.permute_dimensions(x, (0, 3, 1, 2)),
    "k_relu": lambda x: K.relu(x, alpha=0.1, max_value=0.8),
    "k_relu_threshold": lambda x: K.relu(x, threshold=0.3),
    "k_reverse": lambda x: K.reverse(x, axes=1) + K.reverse(x, [2, 3]),
    "k_sigmoid": lambda x: K.sigmoid(x) + K.tanh(x) + K.softplus(x) + K.softsign(x),
    "k_softmax": lambda x: K.softmax(x) + K.softmax(x, axis=1),
    "k_sqrt": lambda x: K.sqrt(x),
    "k_squeeze": lambda x: K.squeeze(x[:, :1], 1),
    "k_stack": lambda x: K.stack([x, x], axis=1),
    "k_sum": lambda x: K.sum(K.square(x), axis=-1, keepdims=True),
    "k_var": lambda x: K.var(x, axis=1) + K.std(x, axis=1),
}
OF_OPS = {
    "ops_mean": lambda x: ops.mean(x, axis=(1, 2)),
    "ops_relu": lambda x: ops.relu(x) + keras.ops.nn.relu6(x * 9),
    "ops_expand": lambda x: ops.squeeze(ops.expand_dims(x, 1), 1),
    "ops_numpy": lambda x: keras.ops.numpy.sqrt(ops.absolute(x)) + ops.abs(x) + ops.square(x),
    "ops_shape": lambda x: ops.reshape(x, (ops.shape(x)[0], -1)),
    "ops_concatenate": lambda x: ops.concatenate([x, -x], axis=-1),
    "ops_log_softmax": lambda x: ops.log_softmax(x, axis=1),
    "ops_where": lambda x: ops.where(x > 0, x, -x),
    "ops_clip": lambda x: ops.clip(x, -0.5, 0.5),
}
# Of two inputs (4, 6, 3).
OF_TWO = {
    "distance": lambda pair: tf.sqrt(tf.reduce_sum(tf.square(pair[0] - pair[1]), axis=[1, 2, 3])),
    "scaled": lambda inputs: inputs[0] + inputs[1] * 0.17,
    "joined": lambda pair: tf.concat(pair, axis=-1),
    "stacked": lambda pair: tf.stack(pair[::-1], axis=1),
    "second": lambda pair: pair[-1],
}


def unpacked(pair):
    a, b = pair
    difference = a - b
    return tf.abs(difference) * difference


def of_library(library):
    return LAMBDAS | (OF_OPS if library is keras else OF_BACKEND)


def model_of(library):
    """One input, two Lambdas' worth of everything: each Lambda is an output."""
    layers = library.layers
    a, b = layers.Input(SHAPE, name="a"), layers.Input(SHAPE, name="b")
    outputs = [layers.Lambda(code, name=name)(a) for name, code in of_library(library).items()]
    outputs += [layers.Lambda(code, name=name)([a, b]) for name, code in OF_TWO.items()]
    if library is tf_keras:  # which takes any function for a lambda
        outputs.append(layers.Lambda(unpacked, name="unpacked")([a, b]))
    scale = 3.5
    outputs.append(layers.Lambda(lambda x, factor, shift=1: x * factor + shift, arguments={"factor": 2}, name="arguments")(a))
    outputs.append(layers.Lambda(lambda x: x * scale, name="closure")(a))
    return library.Model([a, b], outputs)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lambdas")
    random = np.random.default_rng(7)
    arrays = [random.normal(size=(3, *SHAPE)).astype("float32") for _ in "ab"]
    for name, array in zip("ab", arrays):
        np.save(folder / f"{name}.npy", array)
    return folder, arrays


@pytest.mark.parametrize("library, file", [(keras, "m.keras"), (keras, "m.h5"), (tf_keras, "m.h5"), (tf_keras, "m.keras")],
                         ids=lambda one: getattr(one, "__name__", one))  # fmt: skip
def test_lambdas_compute_what_keras_does(kerascope, tmp_path, inputs, library, file):
    folder, arrays = inputs
    model = model_of(library)
    model.save(tmp_path / file)
    truth = dict(zip([one.name for one in model.layers[2:]], model.predict(arrays, verbose=0)))
    done = kerascope("capture", tmp_path / file, folder / "a.npy", folder / "b.npy", "-o", tmp_path / "seen.npz", check=False)
    assert done.returncode == 0, done.stderr
    seen = np.load(tmp_path / "seen.npz")
    assert len(truth) >= 50
    for name, expected in truth.items():
        assert seen[name].shape == expected.shape, name
        assert seen[name].dtype == expected.dtype, name
        np.testing.assert_allclose(seen[name], expected, rtol=2e-5, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.parent.parent.name)
def test_code_of_each_python_is_read(kerascope, tmp_path, python):
    """As in python_code_test.cc, of the Pythons that are here now."""
    sources = [source for source, _, _ in lambda_code.CASES]
    _, codes = lambda_code.codes_of(python, sources)
    layers = [{"class_name": "InputLayer", "config": {"batch_shape": [None, 4, 6, 3], "name": "x"}}]
    for number, (code, (_, _, given)) in enumerate(zip(codes, lambda_code.CASES)):
        function = [code, given.get("defaults"), given.get("closure")]
        config = {"name": f"l{number}", "function": function, "function_type": "lambda", "arguments": given.get("arguments", {})}
        layers.append({"class_name": "Lambda", "config": config})
    (tmp_path / "m.json").write_text(json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": layers},
                                                 "keras_version": "2.3.1"}))  # fmt: skip
    told = json.loads(kerascope("layers", tmp_path / "m.json", "--json").stdout)["layers"]
    for entry, (source, meaning, _) in zip(told[1:], lambda_code.CASES):
        assert entry.get("expression") == meaning, source


# --- --lambda ---


def scaled(x):
    return x * 2


@pytest.fixture(scope="module")
def opaque(tmp_path_factory):
    """Two Lambdas whose code calls what no file holds, one of them in a nested model."""
    folder = tmp_path_factory.mktemp("opaque")
    layers = keras.layers
    inner = keras.Sequential([layers.Input(SHAPE, name="in"), layers.Lambda(lambda x: scaled(x), name="gate")], name="inner")
    a, b = layers.Input(SHAPE, name="a"), layers.Input(SHAPE, name="b")
    both = layers.Lambda(lambda pair: scaled(pair[0]) + pair[1], name="both")([inner(a), b])
    keras.Model([a, b], layers.Flatten(name="flat")(both)).save(folder / "m.keras")
    return folder / "m.keras"


def test_a_lambda_is_given_a_meaning(kerascope, tmp_path, inputs, opaque):
    folder, (a, b) = inputs
    run = ("capture", opaque, folder / "a.npy", folder / "b.npy", "-o", tmp_path / "seen.npz")
    done = kerascope(*run, check=False)
    assert done.returncode == 3
    assert "layer 'gate' has the type 'Lambda', which Kerascope cannot compute" in done.stderr
    assert "--lambda 'inner/gate=x / 127.5 - 1'" in done.stderr
    told = json.loads(kerascope("layers", opaque, "--json").stdout)["layers"]
    assert not any("expression" in entry for entry in told)
    by_name = ("--lambda", "inner/gate=2 * x", "--lambda", "both=x[0]*2+x[1]")
    kerascope(*run, *by_name)
    seen = np.load(tmp_path / "seen.npz")
    np.testing.assert_allclose(seen["inner/gate"], a * 2)
    np.testing.assert_allclose(seen["both"], a * 4 + b, rtol=1e-6)
    listed = kerascope("layers", opaque, *by_name).stdout
    assert "Lambda  2 * x " in listed and "Lambda  x[0] * 2 + x[1] " in listed and "!" not in listed
    told = json.loads(kerascope("layers", opaque, *by_name, "--json").stdout)["layers"]
    assert {entry["address"]: entry["expression"] for entry in told if "expression" in entry} == {
        "inner/gate": "2 * x", "both": "x[0] * 2 + x[1]"}  # fmt: skip
    one = kerascope("layers", opaque, *by_name, "-l", "both").stdout
    assert "computes  x[0] * 2 + x[1]\n" in one
    # By a pattern; what is given later holds.
    kerascope(*run, "--lambda", "type:Lambda=x[0]", "--lambda", "*/gate=mean(x, axis=-1, keepdims=True) * x")
    seen = np.load(tmp_path / "seen.npz")
    np.testing.assert_allclose(seen["inner/gate"], a.mean(-1, keepdims=True) * a, rtol=1e-5)
    np.testing.assert_array_equal(seen["both"], seen["inner/gate"])


def test_each_command_takes_a_meaning(kerascope, tmp_path, inputs, opaque):
    folder, _ = inputs
    given = ("--lambda", "gate=x", "--lambda", "both=x[0] - x[1]")
    files = (folder / "a.npy", folder / "b.npy")
    kerascope("show", opaque, *files, *given, "-o", tmp_path / "maps")
    assert (tmp_path / "maps/both.png").exists()
    kerascope("profile", opaque, *given, "--runs", "1")
    assert "subtract" in kerascope("layers", opaque, *given, "--dump", "graph").stdout
    kerascope("diff", opaque, opaque, *files, *given)


@pytest.mark.parametrize(
    "given, code, said, returncode",
    [
        ("both=x +", "expression-invalid", "at character 4: something is missing", 1),
        ("both=meen(x[0], axis=1)", "expression-invalid", "did you mean 'mean'?", 1),
        ("both=os.system('ls')", "expression-invalid", "'os.system' is no function", 1),
        ("both", "usage", "--lambda is 'both', not LAYER=EXPRESSION", 2),
        ("flat=x", "lambda-invalid", "layer 'flat' is no Lambda but a Flatten", 1),
        ("type:Flatten=x", "lambda-invalid", "none of them is a Lambda", 1),
        ("bath=x", "layer-not-found", "did you mean", 1),
    ],
)
def test_wrong_meanings_are_refused_before_anything_runs(kerascope, opaque, given, code, said, returncode):
    done = kerascope("layers", opaque, "--lambda", given, check=False)
    assert done.returncode == returncode
    assert f"error[{code}]" in done.stderr and said in done.stderr


@pytest.mark.parametrize(
    "meaning, said",
    [
        ("x", "a list"),
        ("x[2]", "is part 2 of 2"),
        ("3", "gives no tensor"),
        ("[x[0], 1]", "gives no tensor"),
        ("x[0][0, 0, 0, 0, 0]", "axes"),
        ("x[0][x[1]]", "is no whole number"),
        ("x[0] + x[1][..., 0]", "do not broadcast"),
        ("mean(x[0], axes=1)", "'axes'"),
        ("K.mean(x[0], axes=1)", "'axes'"),
        ("K.clip(x[0], 1)", "lacks the argument 'max_value'"),
        ("x[0] * (1 / 0)", "is no number"),
        ("x[0] * np.array([1, 2], dtype='int8')", "is no constant of floats"),
        ("reshape(x[0], [7, -1])", "makes"),
    ],
)
def test_a_meaning_that_does_not_fit_is_the_problem_of_its_layer(kerascope, opaque, meaning, said):
    done = kerascope("layers", opaque, "--lambda", "gate=x", "--lambda", f"both={meaning}", "--json")
    both = json.loads(done.stdout)["layers"][-2]
    if meaning == "x":  # two outputs: the inputs
        assert both["address"] == "both#1"
        return
    assert both["address"] == "both" and not both["computable"]
    assert said in both["problem"]["what"], both["problem"]


def test_a_file_may_not_hold_what_only_a_user_says(kerascope, tmp_path, opaque):
    """An expression in the file's place for code is read as carefully as an option."""

    def change(config):
        layer(config, "both")["config"]["function"] = {"class_name": "__expression__", "config": "x +"}

    done = kerascope("layers", edit_archive(opaque, tmp_path / "m.keras", change), "--lambda", "gate=x")
    assert "layer 'both' has the type 'Lambda'" in done.stdout


def test_masks_of_a_lambda_are_code_too(kerascope, tmp_path):
    x = tf_keras.layers.Input((4,))
    y = tf_keras.layers.Lambda(lambda x: x * 2, mask=lambda x, mask: mask, name="masked")(x)
    tf_keras.Model(x, y).save(tmp_path / "m.h5")
    assert "!" in kerascope("layers", tmp_path / "m.h5").stdout
    assert "x * 3" in kerascope("layers", tmp_path / "m.h5", "--lambda", "masked=x * 3").stdout


def test_scaling_by_a_lambda_is_the_models_own(kerascope, tmp_path):
    """A picture is not preprocessed twice."""
    from PIL import Image

    Image.fromarray(np.full((8, 8, 3), 200, "uint8")).save(tmp_path / "p.png")
    for name, code, scales in [("own", lambda x: x[..., ::-1] / 127.5 - 1, True), ("none", lambda x: x[..., ::-1], False)]:
        x = keras.Input((8, 8, 3))
        y = keras.layers.Conv2D(2, 3, name="conv")(keras.layers.Lambda(code, name="centre")(x))
        keras.Model(x, y).save(tmp_path / f"{name}.keras")
        done = kerascope("capture", tmp_path / f"{name}.keras", tmp_path / "p.png", "--preprocess", "tf", "-o", tmp_path / "o.npz")
        assert ("centre" in done.stderr) == scales, done.stderr


@pytest.mark.parametrize("library", [keras, tf_keras], ids=lambda one: one.__name__)
def test_lambdas_of_integers_and_masks(kerascope, tmp_path, library):
    """Integers stay what TensorFlow makes of them; a mask ends at a Lambda."""
    layers = library.layers
    ids = layers.Input((5,), dtype="int32", name="ids")
    codes = {
        "whole": lambda x: x * 2 + 1,
        "less": lambda x: 3 - x,
        "cast": lambda x: tf.cast(x, tf.float32) / 255.0,
        "above": lambda x: x > 2,
        "part": lambda x: x[:, ::-2],
        "sum": lambda x: tf.reduce_sum(x, axis=1),
    }
    outputs = [layers.Lambda(code, name=name)(ids) for name, code in codes.items()]
    embedded = layers.Embedding(9, 4, mask_zero=True, name="embedding")(ids)
    doubled = layers.Lambda(lambda x: x * 2, name="doubled")(embedded)
    outputs += [doubled, layers.GlobalAveragePooling1D(name="pooled")(doubled), layers.LSTM(3, name="lstm")(doubled)]
    model = library.Model(ids, outputs)
    model.save(tmp_path / "m.keras")
    array = np.array([[1, 2, 3, 0, 0], [8, 0, 0, 0, 0]], "int32")
    np.save(tmp_path / "ids.npy", array)
    kerascope("capture", tmp_path / "m.keras", tmp_path / "ids.npy", "-o", tmp_path / "seen.npz")
    seen = np.load(tmp_path / "seen.npz")
    for name, expected in zip([*codes, "doubled", "pooled", "lstm"], model.predict(array, verbose=0)):
        assert seen[name].dtype == expected.dtype, name
        np.testing.assert_allclose(seen[name], expected, rtol=1e-5, atol=1e-6, err_msg=name)
