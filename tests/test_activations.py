"""Activations by the names that files hold: functions of other packages, and a user's own, which may be called as Keras's."""

import keras
import kerascope as ks
import numpy as np
import pytest
import tf_keras
from keras import ops

NUMBERS = np.linspace(-6, 6, 97, dtype="float32")[:, None]


def hard_swish(x):
    return x * ops.relu6(x + 3) / 6


def tanh_gelu(x):
    return 0.5 * x * (1 + ops.tanh(np.sqrt(2 / np.pi).astype("float32") * (x + 0.044715 * x * x * x)))


# The formulas as their packages define them.
OF_OTHERS = {
    "_hard_swish": hard_swish,
    "h_swish": hard_swish,
    "swish": lambda x: x * ops.sigmoid(x),
    "gelu_new": tanh_gelu,
    "gelu_fast": tanh_gelu,
    "gelu_approximate": tanh_gelu,
    "approximate_gelu": tanh_gelu,
    "quick_gelu": lambda x: x * ops.sigmoid(1.702 * x),
    "keras_hub>gelu_approximate": tanh_gelu,
    "keras_nlp>gelu_approximate": tanh_gelu,
    "Addons>mish": lambda x: x * ops.tanh(ops.softplus(x)),
    "Addons>tanhshrink": lambda x: x - ops.tanh(x),
    "Addons>hardshrink": lambda x: ops.where(ops.abs(x) <= 0.5, 0.0, x),
    "Addons>softshrink": lambda x: ops.where(ops.abs(x) <= 0.5, 0.0, x - 0.5 * ops.sign(x)),
    "Addons>sparsemax": lambda x: ops.sparsemax(x),
}


def save(path, name, keras_of=keras):
    """A layer whose activation is a function that is registered, or only called, like this."""
    package, _, own = name.rpartition(">")

    def function(x):
        return x + 1

    function.__name__ = own
    if package:
        function = keras_of.saving.register_keras_serializable(package)(function)
    x = keras_of.Input((1,))
    keras_of.Model(x, keras_of.layers.Activation(function, name="one")(x)).save(path)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", OF_OTHERS)
def test_functions_of_others(name, ending, tmp_path):
    save(tmp_path / f"model.{ending}", name)
    expected = ops.convert_to_numpy(OF_OTHERS[name](ops.convert_to_tensor(NUMBERS)))
    np.testing.assert_allclose(ks.load(tmp_path / f"model.{ending}").predict(NUMBERS), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("keras_of", [keras, tf_keras], ids=["keras", "tf_keras"])
@pytest.mark.parametrize("name", ["mine>relu", "tests.package>gelu", "sparkle"])
def test_a_function_of_the_users_own_is_not_guessed(name, keras_of, tmp_path):
    save(tmp_path / "model.h5", name, keras_of)
    with pytest.raises(ks.Error, match=f"has the activation '{name}', which Kerascope cannot compute"):
        ks.load(tmp_path / "model.h5").predict(NUMBERS)
