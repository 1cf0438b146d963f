"""Integers, masks, texts, sequences and shapes that depend on numbers, through the whole program."""

import json

import keras
import numpy as np
import pytest
from keras import layers
from small_models import edit_archive


@pytest.fixture
def captured(kerascope, tmp_path):
    """What a model gives for arrays by input: {address: array}, and what the program prints."""

    def capture(model, *options, **inputs):
        model.save(tmp_path / "model.keras")
        for name, array in inputs.items():
            np.save(tmp_path / f"{name}.npy", array)
            options += ("--input", f"{name}={tmp_path / name}.npy")
        done = kerascope("capture", tmp_path / "model.keras", *options, "-o", tmp_path / "out.npz")
        with np.load(tmp_path / "out.npz") as arrays:
            return dict(arrays), done.stdout

    return capture


def test_whole_numbers_beyond_float32_stay_exact(captured):
    ids = keras.Input((2,), dtype="int64", name="ids")
    given = np.array([[2**40 + 1, -3], [2**53 + 1, 7]])
    arrays, said = captured(keras.Model(ids, keras.ops.add(ids, 1)), ids=given)
    (sum_,) = set(arrays) - {"ids"}
    assert arrays["ids"].dtype == np.int64 and (arrays["ids"] == given).all()
    assert (arrays[sum_] == given + 1).all()
    assert "C2 int64" in said and "loses digits" not in said


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "bool"])
def test_operations_of_whole_numbers_are_exact_and_keep_keras_types(captured, dtype):
    ops = keras.ops
    numbers = {
        "int64": [[[2**40 + 1, -(2**33) - 1, 3], [5, 2**53 + 1, -7]]],
        "int32": [[[2**30 + 1, -(2**25) - 1, 3], [5, 2**24 + 1, -7]]],
        "uint8": [[[255, 254, 0], [5, 200, 7]]],
        "bool": [[[True, False, True], [True, True, False]]],
    }
    ids = keras.Input((2, 3), dtype=dtype, name="ids")
    made = [ops.sum(ids, axis=-1), ops.sum(ids, axis=(1, 2), keepdims=True)]
    if dtype != "bool":
        made += [ops.max(ids, axis=1), ops.min(ids, axis=-1), ops.maximum(ids, 5), ids * 3, ids - 1]
    if dtype.startswith("int"):
        made += [ops.negative(ids), ops.abs(ids), ops.square(ids), ops.clip(ids, 0, 10**9 + 1)]
    model = keras.Model(ids, made)
    given = np.array(numbers[dtype], dtype)
    arrays, _ = captured(model, ids=given)
    for output, expected in zip(model.outputs, model(given)):
        expected, name = ops.convert_to_numpy(expected), output._keras_history.operation.name
        if name not in arrays:
            name = name + "@0"
        # Keras has uint32 for sums of uint8, which Kerascope has not.
        wanted = np.dtype("int32") if expected.dtype == np.uint32 else expected.dtype
        assert arrays[name].dtype == wanted, (name, arrays[name].dtype, wanted)
        assert (arrays[name] == expected).all(), (name, arrays[name], expected)


def test_a_whole_number_beyond_the_type_of_its_tensor_makes_the_type_larger(captured):
    ids = keras.Input((2,), dtype="int8", name="ids")
    arrays, _ = captured(keras.Model(ids, keras.ops.maximum(ids, 1000)), ids=np.array([[3, -4]], "int8"))
    (larger,) = set(arrays) - {"ids"}
    assert arrays[larger].tolist() == [[1000, 1000]]


@pytest.mark.parametrize("dtype", ["float64", "float16"])
def test_floats_of_other_types_are_fed_and_stored_as_they_are(captured, dtype):
    x = keras.Input((3,), dtype=dtype, name="x")
    scaled = layers.Rescaling(2.0, offset=1.0, name="scaled")(x)
    model = keras.Model(x, layers.Dense(4, name="dense")(scaled))
    given = np.random.default_rng(3).normal(size=(2, 3)).astype(dtype)
    arrays, said = captured(model, x=given)
    assert arrays["x"].dtype == given.dtype and (arrays["x"] == given).all()
    assert f"C3 {dtype}" in said
    assert arrays["dense"].dtype == np.float32
    np.testing.assert_allclose(arrays["dense"], model.predict(given, verbose=0), atol=1e-6)


def test_a_picture_is_fed_to_an_input_of_half_precision(kerascope, tmp_path):
    x = keras.Input((4, 4, 3), dtype="float16", name="x")
    keras.Model(x, layers.Flatten()(x)).save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", np.arange(48.0).reshape(4, 4, 3) / 255)
    kerascope("show", tmp_path / "model.keras", tmp_path / "x.npy", "-o", tmp_path / "all.png")
    kerascope("capture", tmp_path / "model.keras", tmp_path / "x.npy", "--preprocess", "unit")


def test_a_fraction_is_no_id(kerascope, tmp_path):
    ids = keras.Input((2,), dtype="int32", name="ids")
    keras.Model(ids, layers.Embedding(9, 2)(ids)).save(tmp_path / "model.keras")
    for number, code in ((0.5, "input-type"), (9, "index-out-of-range"), (-1, "index-out-of-range")):
        np.save(tmp_path / "ids.npy", np.array([[number, 1]]))
        done = kerascope("capture", tmp_path / "model.keras", tmp_path / "ids.npy", check=False)
        assert code in done.stderr, done.stderr


def test_texts_are_read_looked_up_and_stored(captured, kerascope, tmp_path):
    words = keras.Input((2,), dtype="string", name="words")
    numbers = layers.StringLookup(vocabulary=["red", "grün", "blue"], name="numbers")(words)
    again = layers.StringLookup(vocabulary=["red", "grün", "blue"], invert=True, name="again")(numbers)
    arrays, said = captured(keras.Model(words, again), words=np.array([["red", "grün"], ["pink", "blue"]]))
    assert arrays["numbers"].tolist() == [[1, 2], [0, 3]]
    assert arrays["again"].tolist() == [["red", "grün"], ["[UNK]", "blue"]]
    assert "'[UNK]'" in said
    done = kerascope("show", tmp_path / "model.keras", tmp_path / "words.npy", "--layer", "again", "-o", tmp_path / "again.png", check=False)
    assert "texts have no picture" in done.stderr
    kerascope("show", tmp_path / "model.keras", tmp_path / "words.npy", "-o", tmp_path / "all.png")


def test_masks_go_through_a_sequential_and_a_nested_model(captured):
    random = np.random.default_rng(1)
    ids = random.integers(1, 9, (3, 6))
    ids[0, 2:] = ids[1, 5:] = 0
    inside = keras.Sequential([keras.Input((6, 4)), layers.Dense(3), layers.LSTM(5)], name="inside")
    model = keras.Sequential([keras.Input((6,), dtype="int32", name="ids"), layers.Embedding(9, 4, mask_zero=True), inside, layers.Dense(2, name="last")])
    arrays, _ = captured(model, ids=ids)
    np.testing.assert_allclose(arrays["last"], model.predict(ids, verbose=0), atol=1e-6)


def test_gates_and_states_are_those_of_the_cell(captured):
    x = keras.Input((5, 3), name="x")
    lstm = layers.LSTM(4, return_sequences=True, name="lstm")
    model = keras.Model(x, lstm(x))
    given = np.random.default_rng(2).normal(size=(2, 5, 3)).astype("float32")
    names = ("input_gate", "forget_gate", "candidate", "output_gate", "cell_state", "hidden_state")
    asked = [option for name in names for option in ("--layer", f"lstm/{name}")]
    arrays, _ = captured(model, "--layer", "lstm", *asked, x=given)
    gates = {name: arrays[f"lstm/{name}"] for name in names}
    h = c = np.zeros((2, 4), "float32")
    for step in range(5):
        _, (h, c) = lstm.cell(given[:, step], [h, c])
        np.testing.assert_allclose(gates["cell_state"][:, step], c, atol=1e-6)
        np.testing.assert_allclose(gates["hidden_state"][:, step], h, atol=1e-6)
        before = gates["cell_state"][:, step - 1] if step else 0
        np.testing.assert_allclose(gates["forget_gate"][:, step] * before + gates["input_gate"][:, step] * gates["candidate"][:, step], c, atol=1e-6)
        np.testing.assert_allclose(gates["output_gate"][:, step] * np.tanh(c), h, atol=1e-6)
    assert (arrays["lstm"] == gates["hidden_state"]).all()


def test_scores_of_attention_are_kerass_own(captured):
    x = keras.Input((5, 8), name="x")
    attention = layers.MultiHeadAttention(2, 3, name="attention")
    model = keras.Model(x, attention(x, x))
    given = np.random.default_rng(3).normal(size=(2, 5, 8)).astype("float32")
    arrays, _ = captured(model, "--layer", "attention", "--layer", "attention/scores", x=given)
    answer, scores = attention(given, given, return_attention_scores=True)
    np.testing.assert_allclose(arrays["attention/scores"], scores, atol=1e-6)
    np.testing.assert_allclose(arrays["attention"], answer, atol=1e-5)


def test_shapes_may_depend_on_numbers(captured, kerascope, tmp_path):
    x = keras.Input((4,), name="x")
    rows, columns = keras.ops.nonzero(x > 0)
    model = keras.Model(x, [rows, keras.ops.cast(columns, "float32") * 2])
    given = np.array([[1, -1, 2, 0], [-1, -1, -1, 5]], "float32")
    arrays, _ = captured(model, x=given)
    seen = [array.tolist() for array in arrays.values()]
    assert [0, 0, 1] in seen and [0, 2, 3] in seen and [0.0, 4.0, 6.0] in seen
    listed = json.loads(kerascope("layers", "--json", tmp_path / "model.keras").stdout)["layers"]
    problems = {entry["address"]: entry.get("problem", {}).get("code") for entry in listed}
    assert "shape-by-numbers" in problems.values()


def test_numbers_that_cannot_be_computed_decide_no_shape(kerascope, tmp_path):
    """Behind an unknown layer, whose shape the file tells, and behind weights that are not there."""
    x = keras.Input((4,), name="x")
    hidden = layers.Dense(4, name="hidden")(x)
    keras.Model(x, [hidden, keras.ops.nonzero(hidden > 0)[1]]).save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", np.ones((2, 4), "float32"))

    def rename(config):
        (dense,) = (layer for layer in config["config"]["layers"] if layer["class_name"] == "Dense")
        dense |= {"class_name": "Gate", "module": "mine", "registered_name": "mine>Gate"}

    def widen(config):
        (dense,) = (layer for layer in config["config"]["layers"] if layer["class_name"] == "Dense")
        dense["config"]["units"] = 5

    for change, why in ((rename, "layer-unknown"), (widen, "weight-shape")):
        edit_archive(tmp_path / "model.keras", tmp_path / "changed.keras", change)
        listed = json.loads(kerascope("layers", "--json", tmp_path / "changed.keras", check=False).stdout)["layers"]
        assert why in [entry.get("problem", {}).get("code") for entry in listed]
        done = kerascope("capture", tmp_path / "changed.keras", tmp_path / "x.npy", check=False)
        assert done.returncode == 3 and "internal" not in done.stderr, done.stderr
        assert done.stdout.splitlines()[1].startswith("x "), done.stdout


def test_a_large_batch_of_sequences_is_taken_in_parts(captured):
    """40 samples are more than are computed at a time: a scan keeps them apart."""
    x = keras.Input((7, 3), name="x")
    model = keras.Model(x, layers.Bidirectional(layers.LSTM(4), name="both")(x))
    given = np.random.default_rng(4).normal(size=(40, 7, 3)).astype("float32")
    arrays, _ = captured(model, x=given)
    np.testing.assert_allclose(arrays["both"], model.predict(given, verbose=0), atol=1e-6)


def test_layers_within_layers_end_somewhere(kerascope, tmp_path):
    """Each Bidirectional builds what it holds twice: forty of them would never end."""
    x = keras.Input((5, 3), name="x")
    keras.Model(x, layers.Bidirectional(layers.LSTM(2), name="both")(x)).save(tmp_path / "model.keras")

    def nest(config):
        (both,) = (layer for layer in config["config"]["layers"] if layer["name"] == "both")
        for _ in range(40):
            both["config"] = {"name": "both", "layer": {"class_name": "Bidirectional", "config": both["config"]}}

    edit_archive(tmp_path / "model.keras", tmp_path / "deep.keras", nest)
    done = kerascope("layers", tmp_path / "deep.keras", check=False)
    assert "lies in 12 others" in done.stdout, done.stdout
