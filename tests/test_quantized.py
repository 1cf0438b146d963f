"""Quantised layers, as each mode of Keras 3 writes them, against what Keras computes with them."""

import io
import zipfile

import h5py
import keras
import kerascope as ks
import numpy as np
import pytest
from keras import layers, quantizers
from small_models import edit_archive, layer

RANDOM = np.random.default_rng(5)


def functional(shape, build, dtype="float32"):
    """A model of what `build` makes of its input, and numbers for the input."""
    x = keras.Input(shape, dtype=dtype)
    numbers = RANDOM.integers(0, 11, (3, *shape)) if dtype == "int32" else RANDOM.normal(size=(3, *shape))
    return keras.Model(x, build(x)), numbers.astype(dtype)


def dense(x):
    return layers.Dense(5, use_bias=False, name="last")(layers.Dense(7, activation="relu", name="first")(x))


def attention_like(x):
    x = layers.EinsumDense("abc,cde->abde", (None, 3, 5), bias_axes="de", name="heads")(x)
    return layers.EinsumDense("abde,deg->abg", (None, 7), bias_axes="g", activation="tanh", name="joined")(x)


def embedded(x):
    return layers.Dense(3, name="dense")(layers.Embedding(11, 9, name="words")(x))


def reversible(x, tied):
    words = layers.ReversibleEmbedding(11, 9, tie_weights=tied, logit_soft_cap=None if tied else 30.0, name="words")
    return words(layers.Dense(9, name="dense")(words(x)), reverse=True)


MODELS = {
    "dense": lambda: functional((6,), dense),
    "wide": lambda: functional((300,), lambda x: layers.Dense(257, activation="tanh", name="first")(x)),
    "sequence": lambda: functional((4, 8), lambda x: layers.Dense(5, name="first")(x)),
    "einsum": lambda: functional((4, 6), attention_like),
    "embedding": lambda: functional((4,), embedded, "int32"),
    "tied": lambda: functional((4,), lambda x: reversible(x, True), "int32"),
    "untied": lambda: functional((4,), lambda x: reversible(x, False), "int32"),
}
MODES = {
    "int8": ("int8", None),
    "int8-weights": ("int8", lambda: quantizers.Int8QuantizationConfig(activation_quantizer=None)),
    "int8-rounded": ("int8", lambda: quantizers.Int8QuantizationConfig(
        activation_quantizer=quantizers.AbsMaxQuantizer(value_range=(-50, 50), epsilon=0.1))),
    "int4": ("int4", None),
    "int4-channels": ("int4", lambda: quantizers.Int4QuantizationConfig(block_size=-1)),
    "int4-rounded": ("int4", lambda: quantizers.Int4QuantizationConfig(
        block_size=-1, activation_quantizer=quantizers.AbsMaxQuantizer())),
    "int4-groups": ("int4", lambda: quantizers.Int4QuantizationConfig(block_size=4)),
    "float8": ("float8", None),
}


def randomize(model):
    for weight in model.weights:
        weight.assign(RANDOM.normal(0, 0.5, weight.shape))


def assert_equal(path, model, numbers):
    """To 1e-3 of the largest value: a number halfway between two steps may be rounded otherwise."""
    seen = ks.load(path).run(numbers)
    for one in model.layers:
        for call, node in enumerate(one._inbound_nodes):
            address = f"{one.name}@{call}" if len(one._inbound_nodes) > 1 else one.name
            expected = keras.Model(model.inputs, node.output_tensors[0])(numbers)
            limit = 1e-3 * float(np.abs(expected).max())
            np.testing.assert_allclose(seen[address], expected, rtol=0, atol=limit, err_msg=address)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("model", MODELS)
def test_modes(model, mode, ending, tmp_path):
    model, numbers = MODELS[model]()
    randomize(model)
    name, config = MODES[mode]
    model.quantize(name, config=config and config())
    for weight in model.weights:  # real ones after float8 training
        if name == "float8" and weight.path.endswith(("inputs_scale", "kernel_scale")):
            weight.assign(RANDOM.uniform(0.001, 0.1))
    model.save(tmp_path / f"model.{ending}")
    assert_equal(tmp_path / f"model.{ending}", model, numbers)


def calibrated(mode, bits, group, one):
    """`one` as GPTQ or AWQ leaves it, with numbers of any size."""
    options = {"dataset": ["-"], "tokenizer": list, "group_size": group}
    if mode == "gptq":
        config = quantizers.GPTQConfig(**options, weight_bits=bits)
    else:
        config = quantizers.AWQConfig(**options)
    one.quantize(mode, config=config)
    byte = 256 if bits in (4, 8) else 2**bits  # four bits are stored two numbers in a byte
    one.quantized_kernel.assign(RANDOM.integers(0, byte, one.quantized_kernel.shape).astype("uint8"))
    one.kernel_zero.assign(RANDOM.integers(0, 2**bits, one.kernel_zero.shape).astype("uint8"))
    one.kernel_scale.assign(RANDOM.uniform(0.01, 0.1, one.kernel_scale.shape))
    groups = one.kernel_scale.shape[1]
    one.g_idx.assign(RANDOM.permutation(np.arange(one.g_idx.shape[0]) % groups).astype("float32"))
    one.bias.assign(RANDOM.normal(size=one.bias.shape))
    if mode == "awq":
        one.awq_scales.assign(RANDOM.uniform(0.5, 2, one.awq_scales.shape))
    setattr(one, f"is_{mode}_calibrated", True)


def write_all_variables(model, one, path):
    """Keras 3.15 leaves `kernel_zero` out when it saves, and cannot load what it saved; others have it in its place."""
    model.save(path)
    content = zipfile.ZipFile(path).read("model.weights.h5")
    weights = io.BytesIO(content)
    with h5py.File(weights, "r+") as file:
        group = next(group for name, group in file["layers"].items() if name.startswith(("dense", "einsum")))["vars"]
        for name in list(group):
            del group[name]
        for number, name in enumerate(one.variable_serialization_spec[one.quantization_mode]):
            group[str(number)] = np.asarray(getattr(one, name))
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()} | {"model.weights.h5": weights.getvalue()}
    with zipfile.ZipFile(path, "w") as new:
        for name, member in members.items():
            new.writestr(name, member)


@pytest.mark.parametrize("mode,bits,group", [("gptq", 2, 4), ("gptq", 3, -1), ("gptq", 4, 4), ("gptq", 8, 3), ("awq", 4, 4), ("awq", 4, -1)])
@pytest.mark.parametrize("kind", ["dense", "query", "output"])
def test_calibrated(mode, bits, group, kind, tmp_path):
    one, shape = {
        "dense": lambda: (layers.Dense(7, name="one"), (10,)),
        "query": lambda: (layers.EinsumDense("abc,cde->abde", (None, 3, 5), bias_axes="de", name="one"), (4, 10)),
        "output": lambda: (layers.EinsumDense("abcd,cde->abe", (None, 11), bias_axes="e", name="one"), (4, 2, 5)),
    }[kind]()
    model, numbers = functional(shape, one)
    calibrated(mode, bits, group, one)
    path = tmp_path / "model.keras"
    write_all_variables(model, one, path)
    wanted = keras.models.load_model(path)(numbers)  # Keras agrees that such a file is whole
    np.testing.assert_allclose(ks.load(path).predict(numbers), wanted, rtol=0, atol=1e-4 * float(np.abs(wanted).max()))


@pytest.fixture(scope="module")
def quantised_dense(tmp_path_factory):
    model, numbers = MODELS["dense"]()
    path = tmp_path_factory.mktemp("quantised") / "model.keras"
    model.quantize("int4", config=quantizers.Int4QuantizationConfig(block_size=4))
    model.save(path)
    return path, numbers


REFUSED = {
    "mode": (lambda dtype: dtype["config"].update(mode="int3"), "quantised in a way that Kerascope does not know: int3"),
    "block": (lambda dtype: dtype["config"].update(mode="int4/0"), "does not know: int4/0"),
    "block-text": (lambda dtype: dtype["config"].update(mode="int4/many"), "does not know: int4/many"),
    "other-block": (lambda dtype: dtype["config"].update(mode="int4/2"), "has shape (2, 7), its config needs (3, 7)"),
    "bits": (lambda dtype: dtype["config"].update(mode="awq/4"), "does not know: awq/4"),
    "map": (lambda dtype: dtype.update(class_name="DTypePolicyMap", config={"policy_map": {"a": {"config": {"mode": "int8"}}}}),
            "does not know: its dtype is a DTypePolicyMap"),
    "history": (lambda dtype: dtype["config"].update(mode="float8", amax_history_length=0),
                "'amax_history_length' of layer 'first' (Dense) is 0, not at least 1"),
}


@pytest.mark.parametrize("change", REFUSED)
def test_unknown_quantizations_are_refused(change, quantised_dense, tmp_path):
    path, numbers = quantised_dense
    change, message = REFUSED[change]
    changed = edit_archive(path, tmp_path / "changed.keras", lambda config: change(layer(config, "first")["config"]["dtype"]))
    with pytest.raises(ks.Error) as told:
        ks.load(changed).predict(numbers)
    assert message in str(told.value)


def test_a_config_that_hides_it_is_refused(quantised_dense, tmp_path):
    """Keras writes a MultiHeadAttention like this, and cannot load it."""
    path, numbers = quantised_dense
    hidden = edit_archive(path, tmp_path / "hidden.keras", lambda config: layer(config, "first")["config"].update(dtype="float32"))
    with pytest.raises(ks.Error, match="its config needs"):
        ks.load(hidden).predict(numbers)

    model, numbers = functional((4, 8), lambda x: layers.MultiHeadAttention(2, 4, name="attention")(x, x))
    model.quantize("int8")
    model.save(tmp_path / "attention.keras")
    with pytest.raises(ks.Error, match="layer 'attention' .MultiHeadAttention. is quantised, and the layer's config does not say how"):
        ks.load(tmp_path / "attention.keras").predict(numbers)


def test_other_layers_are_refused(tmp_path):
    """Keras cannot call such a layer, either."""
    model, numbers = functional((4,), layers.ReLU(name="one"))
    model.save(tmp_path / "plain.keras")
    changed = edit_archive(tmp_path / "plain.keras", tmp_path / "changed.keras",
                           lambda config: layer(config, "one")["config"].update(dtype="int8_from_float32"))
    with pytest.raises(ks.Error, match="quantised .int8., which Kerascope does not know of such layers"):
        ks.load(changed).predict(numbers)


def test_weights_are_listed_as_they_are_stored(quantised_dense):
    weights = ks.load(quantised_dense[0]).layer("first").weights
    assert [str(name) for name in weights] == ["kernel", "bias", "kernel_scale", "kernel_zero", "g_idx"]
