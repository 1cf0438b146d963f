"""Layers of a user's own in Python: by a function, by their class, and in live models."""

import keras
import kerascope as ks
import numpy as np
import pytest
import tf_keras
from kerascope import _custom


def own_layers(keras):
    """The same classes for Keras 3 and tf_keras."""

    @keras.saving.register_keras_serializable("tests")
    class Gate(keras.layers.Layer):
        """x * scale ** power, and 7 more if there is a mask."""

        def __init__(self, power=1, **kwargs):
            super().__init__(**kwargs)
            self.power = power
            self.supports_masking = True

        def build(self, shape):
            self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="random_normal")

        def call(self, x, mask=None):
            y = x * self.scale**self.power
            return y if mask is None else y + 7

        def get_config(self):
            return super().get_config() | {"power": self.power}

    @keras.saving.register_keras_serializable("tests")
    class Block(keras.layers.Layer):
        """Two dense layers of one shape, a batch normalization, two inputs, two outputs."""

        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.left, self.right = keras.layers.Dense(3, name="one"), keras.layers.Dense(3, name="other")
            self.norm = keras.layers.BatchNormalization()

        def call(self, inputs, training=None):
            a, b = inputs
            return self.norm(self.left(a), training=training), self.right(b)

    return Gate, Block


OWN = {keras: own_layers(keras), tf_keras: own_layers(tf_keras)}


@pytest.fixture(autouse=True)
def forgets():
    """What one test registers is unknown to the next."""
    before = dict(_custom._registered)
    yield
    _custom._registered.clear()
    _custom._registered.update(before)


def model_of(keras):
    """Own layers at two levels, one of them called twice; every weight is random."""
    Gate, Block = OWN[keras]
    keras.utils.set_random_seed(1)
    inner_x = keras.layers.Input((3,))
    inner = keras.Model(inner_x, Gate(power=2, name="gate")(inner_x), name="inner")
    x = keras.layers.Input((3,), name="x")
    gate = Gate(name="gate")
    a, b = Block(name="block")([gate(x), gate(inner(x))])
    model = keras.Model(x, keras.layers.Concatenate(name="joined")([a, b, inner(a)]))
    model.set_weights([np.random.default_rng(i).uniform(0.5, 2, w.shape) for i, w in enumerate(model.get_weights())])
    return model


X = np.random.default_rng(0).normal(size=(4, 3)).astype("f4")


def assert_equal(seen, model, training=False):
    truth = np.array(model(X, training=training))
    np.testing.assert_allclose(seen["joined"], truth, rtol=2e-6, atol=2e-6)
    assert not seen.skipped


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("framework", OWN, ids=lambda keras: keras.__name__)
def test_keras_computes_a_registered_class(framework, ending, tmp_path):
    model = model_of(framework)
    model.save(tmp_path / f"own.{ending}")
    unknown = ks.load(tmp_path / f"own.{ending}").run(X)
    assert {"gate@0", "block#0", "inner@0/gate"} <= set(unknown.skipped)
    for layer_class in OWN[framework]:
        assert ks.register(layer_class) is layer_class
    opened = ks.load(tmp_path / f"own.{ending}")
    assert_equal(opened.run(X), model)
    assert_equal(opened.run(X), model)  # the layers are made once
    assert opened.layer("block").outputs[1].shape == (None, 3)
    assert [len(opened.layer(name).weights) for name in ("block", "inner/gate")] == [8, 1]


@pytest.mark.parametrize("ending, name", [("keras", "0"), ("h5", "scale")])
def test_a_function_needs_no_keras(ending, name, tmp_path):
    Gate, _ = OWN[keras]
    x = keras.layers.Input((3,))
    model = keras.Model(x, keras.layers.ReLU(name="joined")(Gate(power=3, name="gate")(x)))
    model.save(tmp_path / f"own.{ending}")

    @ks.register("Gate")
    def gate(layer, x):
        assert layer.address == "gate" and layer.class_name == "tests>Gate" and not layer.training
        assert layer.weights[0] is layer.weights[name]
        return x * layer.weights[name] ** layer.config["power"]

    assert_equal(ks.load(tmp_path / f"own.{ending}").run(X), model)


@pytest.mark.parametrize("framework", OWN, ids=lambda keras: keras.__name__)
def test_a_live_model_has_its_own_layers(framework):
    model = model_of(framework)
    live = ks.from_keras(model)
    assert_equal(live.run(X), model)
    model.layers[1].set_weights([np.full(3, 5.0)])
    assert_equal(live.run(X), model)
    before = [np.array(weight) for weight in model.weights]
    trained = live.run(X, phase="training")
    assert all(np.array_equal(now, then) for now, then in zip(map(np.array, model.weights), before)), "the model was changed"
    assert_equal(trained, model, training=True)


@pytest.mark.parametrize("framework", OWN, ids=lambda keras: keras.__name__)
def test_what_kerascope_cannot_compute_keras_does(framework):
    x = framework.layers.Input((3,))
    y = framework.layers.Lambda(lambda x: sum([x**2, 1]), name="square")(x)
    model = framework.Model(x, framework.layers.Dense(2, name="joined")(y))
    seen = ks.from_keras(model).run(X)
    assert_equal(seen, model)
    np.testing.assert_allclose(seen["square"], X**2 + 1, rtol=1e-6)


@pytest.mark.parametrize("framework", OWN, ids=lambda keras: keras.__name__)
def test_masks_go_through_own_layers(framework):
    Gate, _ = OWN[framework]
    framework.utils.set_random_seed(2)
    ids = np.array([[1, 2, 0, 0], [3, 0, 0, 0]])
    model = framework.Sequential([framework.layers.Input((4,)), framework.layers.Embedding(5, 3, mask_zero=True), Gate(name="gate"),
                                  framework.layers.LSTM(2, name="lstm")])
    truth = np.array(model(ids))
    np.testing.assert_allclose(ks.from_keras(model).run(ids)["lstm"], truth, rtol=1e-5, atol=1e-6)


def masked_file(folder):
    Gate, _ = OWN[keras]
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Embedding(5, 3, mask_zero=True), Gate(name="gate"),
                              keras.layers.GlobalAveragePooling1D(name="mean")])
    model.save(folder / "masked.keras")
    return folder / "masked.keras"


def test_a_function_passes_the_mask_on_if_it_says_so(tmp_path):
    path, ids = masked_file(tmp_path), np.array([[1, 2, 0, 0]])
    for passes, steps in [(False, 4), (True, 2)]:
        ks.register("Gate", lambda layer, x: x, supports_masking=passes)
        seen = ks.load(path).run(ids)
        np.testing.assert_allclose(seen["mean"][0], seen["gate"][0, :steps].mean(axis=0), rtol=1e-5)


def test_what_goes_wrong_is_said(tmp_path):
    path, ids = masked_file(tmp_path), np.array([[1, 2, 0, 0]])
    with pytest.raises(TypeError, match="no layer class of Keras"):
        ks.register(dict)
    with pytest.raises(TypeError, match="not list"):
        ks.register([1])
    ks.register("Gate", lambda layer, x: x + layer.weights["kernel"])
    problem = ks.load(path).run(ids).skipped["gate"]
    assert problem.code == "custom-layer-failed" and "'kernel'; there are '0'" in str(problem)
    with pytest.raises(ks.Error, match="'kernel'; there are '0'"):
        ks.load(path).run(ids, taps="mean")
    ks.register("Gate", lambda layer, x: x[:1])
    assert "a batch of 3" in str(ks.load(path).run(np.repeat(ids, 3, axis=0)).skipped["gate"])
    with pytest.raises(TypeError, match="a function, not int"):
        ks.register("Gate", 3)

    def never(layer, x):
        if x.any():
            raise ZeroDivisionError("at the numbers")
        return x

    ks.register("Gate", never)
    with pytest.raises(ZeroDivisionError, match="at the numbers"):
        ks.load(path).run(ids)

    class Gate(keras.layers.Layer):  # without the weight that the file has
        def __init__(self, power=1, **kwargs):
            super().__init__(**kwargs)

        def call(self, x):
            return x

    ks.register(Gate)
    problem = ks.load(path).run(ids).skipped["gate"]
    assert "0 weights, and the file 1" in str(problem)


def scaled(x):
    return x * 2


def test_a_lambda_is_given_a_meaning(tmp_path):
    x = keras.layers.Input((3,), name="x")
    y = keras.layers.Lambda(lambda x: scaled(x), name="opaque", output_shape=(3,))(x)
    y = keras.layers.Lambda(lambda x: x**2 + 1, name="read")(y)
    keras.Model(x, y).save(tmp_path / "net.keras")
    skipped = ks.load(tmp_path / "net.keras").run(X).skipped
    assert list(skipped) == ["opaque", "read"]
    hint = skipped["opaque"].hint
    assert hint.startswith("ks.load(.., lambdas={..}) says what it computes, ks.register(..)") and "--" not in hint
    seen = ks.load(tmp_path / "net.keras", lambdas={"opaque": "2 * x"}).run(X)
    np.testing.assert_allclose(seen["read"], (2 * X) ** 2 + 1, rtol=1e-6)
    ks.load(tmp_path / "net.keras", lambdas={"opaque": "3 * x"}).save(tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras", safe_mode=False, custom_objects={"scaled": scaled})
    assert [one.name for one in again.layers] == ["x", "opaque", "read"], "the code is still in the file"
    with pytest.raises(ks.Error, match="at character 4: something is missing"):
        ks.load(tmp_path / "net.keras", lambdas={"opaque": "x *"})
    with pytest.raises(KeyError, match="did you mean 'opaque'"):
        ks.load(tmp_path / "net.keras", lambdas={"opaqe": "x"})


def test_a_lambda_of_keras_2_is_not_written_for_keras_3(tmp_path):
    x = tf_keras.layers.Input((3,))
    tf_keras.Model(x, tf_keras.layers.Lambda(lambda x: x * 2, name="twice")(x)).save(tmp_path / "net.h5")
    with pytest.raises(ks.Error, match="'twice' .Lambda, whose code is for one version of Python"):
        ks.load(tmp_path / "net.h5").save(tmp_path / "net.keras")
