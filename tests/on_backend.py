"""What the Python package promises of live models, on the backend that KERAS_BACKEND names; test_backends.py runs this file."""

import contextlib
import importlib
import os

import keras
import kerascope as ks
import numpy as np
import pytest
import small_models
from conftest import oracle_cases
from keras import layers, ops
from oracle.models import all_outputs
from subclassed import Block
from whole_models import compare_layers, input_file

BACKEND = keras.backend.backend()


def recurrent(keras):
    x = inputs = keras.Input((6,), name="tokens", dtype="int32")
    x = layers.Embedding(9, 5, mask_zero=True, name="embedding")(x)
    x = layers.Bidirectional(layers.GRU(3), name="both")(layers.LSTM(4, return_sequences=True, name="lstm")(x))
    return keras.Model(inputs, layers.Dense(2, name="answer")(x))


def attention(keras):
    x = inputs = keras.Input((6, 8), name="x")
    x = layers.LayerNormalization(name="norm")(x + layers.MultiHeadAttention(2, 4, name="attention")(x, x))
    return keras.Model(inputs, layers.Dense(3, name="answer")(ops.tanh(ops.mean(x, axis=1))))


def convolutions(keras):
    x = inputs = keras.Input((11, 10, 3), name="picture")
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="conv")(x)
    x = layers.BatchNormalization(name="bn")(layers.DepthwiseConv2D(2, padding="same", name="deep")(x))
    x = layers.AveragePooling2D(2, strides=1, padding="same", name="pool")(x)
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="gelu", name="up")(x)
    x = layers.UpSampling2D(2, interpolation="bilinear", name="larger")(layers.GroupNormalization(3, name="groups")(x))
    return keras.Model(inputs, layers.SeparableConv2D(2, 3, dilation_rate=2, name="answer")(x))


def channels_first(keras):
    x = inputs = keras.Input((3, 9, 8), name="picture")
    x = layers.Conv2D(4, 3, strides=2, padding="same", data_format="channels_first", name="conv")(x)
    x = layers.BatchNormalization(axis=1, name="bn")(x)
    x = layers.MaxPooling2D(2, data_format="channels_first", name="pool")(x)
    return keras.Model(inputs, layers.Flatten(data_format="channels_first", name="flat")(x))


MODELS = [small_models.net, small_models.two_inputs, small_models.nested, small_models.shared]
MODELS += [recurrent, attention, convolutions, channels_first]


def made(build):
    keras.utils.set_random_seed(4)
    model = build(keras)
    small_models.randomize(model)
    return model


def inputs_of(model):
    random = np.random.default_rng(4)
    given = []
    for tensor in model.inputs:
        shape = (2, *tensor.shape[1:])
        given.append(random.integers(0, 9, shape, "int32") if tensor.dtype == "int32" else random.normal(size=shape).astype("f4"))
    return given if len(given) > 1 else given[0]


def what_keras_gives(model, inputs):
    without_gradients = importlib.import_module("torch").no_grad if BACKEND == "torch" else contextlib.nullcontext
    with without_gradients():
        return all_outputs(keras, model, inputs if isinstance(inputs, list) else [inputs])


def assert_same(seen, truth):
    assert list(seen) == list(truth)
    for address in truth:
        assert seen[address].dtype == truth[address].dtype and seen[address].tobytes() == truth[address].tobytes(), address


def assert_near(ours, truth, address=""):
    np.testing.assert_allclose(ours, truth, rtol=0, atol=2e-5 * np.abs(truth).max(), err_msg=address)


@pytest.mark.parametrize("build", MODELS)
def test_a_live_model_equals_its_file_and_this_keras(build, tmp_path, record_property):
    model = made(build)
    inputs = inputs_of(model)
    weights, parts = model.get_weights(), {layer: set(vars(layer)) for layer in (model, *model.layers)}
    seen = ks.from_keras(model).run(inputs)
    assert all(set(vars(layer)) == names for layer, names in parts.items()), "the model was changed"
    assert all((a == b).all() for a, b in zip(weights, model.get_weights(), strict=True))
    compare_layers(seen, what_keras_gives(model, inputs), record_property)
    model.save(tmp_path / "model.keras")
    assert_same(seen, ks.load(tmp_path / "model.keras").run(inputs))


NETWORKS = [case for kind in ("networks", "nested", "operations") for case in oracle_cases(kind) if case.values[1] == "model.keras"]
if not os.environ.get("KERASCOPE_ALL_BACKENDS"):
    SELECTED = ("nested_in_nested", "dict_outputs", "siamese", "comparisons")
    NETWORKS = [case for case in NETWORKS if case.id.split("-")[0] in SELECTED]
if BACKEND == "torch":  # where Keras takes no slice backwards, and has no shapes that depend on numbers
    NETWORKS = [case for case in NETWORKS if case.id.split("-")[0] not in ("shapes", "by_numbers")]


@pytest.mark.parametrize("folder, file", NETWORKS)
def test_a_network_equals_its_file_and_this_keras(folder, file, record_property):
    model = keras.saving.load_model(folder / file, compile=False)
    given = np.load(input_file(folder))
    inputs = given if isinstance(given, np.ndarray) else [given[tensor.name] for tensor in model.inputs]
    seen = ks.from_keras(model).run(inputs)
    assert_same(seen, ks.load(folder / file).run(inputs))
    compare_layers(seen, what_keras_gives(model, inputs), record_property)


class Gate(layers.Layer):
    """With a mask, which it passes on, and a number that moves in the training phase."""

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_masking = True

    def build(self, shape):
        self.strength = self.add_weight(shape=shape[-1:], initializer="random_normal")
        self.calls = self.add_weight(shape=(), trainable=False)

    def call(self, x, training=False):
        if training:
            self.calls.assign(self.calls + 1)
        return x * ops.sigmoid(self.strength)


def test_keras_computes_layers_of_a_users_own(record_property):
    x = inputs = keras.Input((6,), name="tokens", dtype="int32")
    x = Gate(name="gate")(layers.Embedding(9, 5, mask_zero=True, name="embedding")(x))
    x = layers.Lambda(lambda x: x * 2, output_shape=(3,), name="twice")(layers.LSTM(3, name="lstm")(x))
    model = keras.Model(inputs, x)
    tokens = inputs_of(model)
    live, weights = ks.from_keras(model), model.get_weights()
    compare_layers(live.run(tokens), what_keras_gives(model, tokens), record_property)
    live.run(tokens, phase="training")
    assert all((a == b).all() for a, b in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize("build", [small_models.net, small_models.nested, recurrent])
def test_training_is_seen_after_it_and_within_an_epoch(build):
    model = made(build)
    inputs = inputs_of(model)
    live = ks.from_keras(model)
    before, former = live.predict(inputs), ks.function(live.inputs, live.outputs)
    weights = live.weights
    copies = {name: array.copy() for name, array in weights.items()}
    batches = []

    class EachBatch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            batches.append(live.predict(inputs))  # before self.model, with which JAX's fit gives the weights back
            assert_near(batches[-1], ops.convert_to_numpy(self.model(inputs, training=False)))

    model.compile(keras.optimizers.SGD(1e-4), "mse")
    x, y = np.concatenate([inputs] * 2), np.ones((4, *before.shape[1:]))
    model.fit(x, y, batch_size=2, epochs=2, verbose=0, callbacks=[EachBatch()])
    assert len(batches) == 4 and all((a != b).any() for a, b in zip([before, *batches], batches))
    assert (live.predict(inputs) == batches[-1]).all()
    assert_near(live.predict(inputs), model.predict(inputs, verbose=0))
    assert (former(inputs)[0] == before).all(), "a function keeps the weights that it was made with"
    assert all((array == copies[name]).all() for name, array in weights.items())


@pytest.mark.parametrize("build", MODELS)
def test_recorder_and_engine_agree(build):
    model = made(build)
    inputs = inputs_of(model)
    former = keras.Layer.__call__
    with ks.record(model) as seen:
        model(inputs)
    assert keras.Layer.__call__ is former
    engine = ks.from_keras(model).run(inputs)
    assert set(engine) <= set(seen)  # the recorder sees the layers inside layers, too
    for address in engine:
        assert_near(seen[address], engine[address], address)
        assert seen.activation(address).axes == engine.activation(address).axes, address


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__(name="subclassed")
        self.block, self.head = Block(name="block"), layers.Dense(3, name="head")

    def call(self, x):
        return self.head(ops.mean(self.block(x), axis=1))


def test_a_subclassed_model_is_recorded():
    model, inputs = Subclassed(), np.random.default_rng(5).normal(size=(2, 6, 8)).astype("f4")
    model(inputs)
    with ks.record(model) as seen:
        answer = model(inputs)
    assert {"block", "block/attention", "block/norm", "head"} <= set(seen)
    assert (seen["head"] == ops.convert_to_numpy(answer)).all() and seen.activation("block").axes == "TC"
    with pytest.raises(ks.Error) as error:
        ks.from_keras(model)
    assert "ks.record" in error.value.hint
    compiled = BACKEND != "torch"
    for _ in range(2):  # the second time everything is compiled already, and no layer is called
        with pytest.warns(UserWarning, match="call it") if compiled else contextlib.nullcontext():
            with ks.record(model) as seen:
                model.predict(inputs, verbose=0)
        assert bool(len(seen)) != compiled


@pytest.mark.parametrize("build", [small_models.net, lambda keras: Subclassed()], ids=["functional", "subclassed"])
def test_watch_sees_each_epoch_of_a_compiled_fit(build, tmp_path):
    model = build(keras)
    x = np.random.default_rng(6).normal(size=(8, *(model.input_shape[1:] if model.built else (6, 8)))).astype("f4")
    model(x[:1])
    watch = ks.Watch(x[:1], folder=tmp_path)
    model.compile("adam", "mse")
    model.fit(x, np.ones((8, 3)), epochs=2, batch_size=4, verbose=0, callbacks=[watch])
    name = [*watch.statistics][-1]
    means = {epoch: numbers["mean"] for epoch, numbers in watch.statistics[name].items()}
    assert list(means) == [0, 1, 2] and len({numbers["maximum"] for numbers in watch.statistics[name].values()}) == 3
    np.testing.assert_allclose(means[2], model.predict(x[:1], verbose=0).mean(), atol=1e-6)
    assert (tmp_path / name / "epoch-0002.png").exists()


KINDS = {
    "plain": lambda x: ops.convert_to_tensor(x),
    "turned": lambda x: ops.transpose(ops.convert_to_tensor(x.transpose(0, 3, 1, 2)), (0, 2, 3, 1)),
    "variable": lambda x: keras.Variable(x),
    "with-gradient": lambda x: keras.Variable(x).value,
    "listed": lambda x: [ops.convert_to_tensor(x)],
    "dict": lambda x: {"picture": ops.convert_to_tensor(x)},
    "half": lambda x: ops.convert_to_tensor(x, "float16"),
    "bfloat16": lambda x: ops.convert_to_tensor(x, "bfloat16"),
    "bytes": lambda x: ops.convert_to_tensor(x, "uint8"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_this_frameworks_arrays_are_inputs(kind):
    model = ks.from_keras(made(small_models.net))
    x = np.random.default_rng(7).integers(0, 200, (2, 8, 8, 3)).astype("f4")  # bfloat16 holds these exactly
    assert_same(model.run(KINDS[kind](x)), model.run(x))
