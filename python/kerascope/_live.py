"""A keras.Model that is in memory."""

from __future__ import annotations

import functools
import os
import sys
from typing import Any

import numpy as np

from . import _core
from ._arrays import to_core
from ._custom import CustomLayer, from_keras_layers, registered
from ._errors import Error, error
from ._keras import keras_of, variables_by_path
from ._models import Model


class LiveModel(Model):
    """A model of a running Keras. Its weights are seen as they are at each call; the model is never changed."""

    _checks_arrays = False  # while a model is trained, its batch normalizations have not learnt what they expect

    def __init__(self, model: Any) -> None:
        package = keras_of(model)
        if not package:
            raise TypeError(f"{type(model).__name__} is no model of Keras 3 or tf_keras")
        self._path = None
        self._model, self._version = model, getattr(sys.modules[package], "__version__", "")
        try:
            self._json: str = model.to_json()
        except NotImplementedError:
            raise _no_graph(model) from None
        self._variables = _variables_of(model)
        self._otherwise = from_keras_layers(package, functools.partial(_layer_of, model))
        self._digest: int | None = None
        self._now: _core.Model | None = None
        try:
            self._core  # raises here what is wrong with the model, not at its first run
        except Error as problem:
            if problem.code in ("model-opaque", "model-missing"):
                raise _no_graph(model) from None
            raise

    @property
    def _core(self) -> _core.Model:
        if hasattr(self._model, "jax_state_sync"):  # within an epoch JAX's fit holds the weights
            self._model.jax_state_sync()
        if any(isinstance(one, np.ndarray) for one in self._variables.values()):
            self._variables = _variables_of(self._model)  # a layer that gives numbers, not variables
        arrays = [array_of_variable(variable) for variable in self._variables.values()]
        digest = _core.digest(arrays)
        if self._now is None or digest != self._digest:
            arrays = [array.copy() if array.flags.writeable else array for array in arrays]  # torch trains them in place
            self._now = _core.from_json(self._json, list(zip(self._variables, arrays)), self._version,
                                        registered(only_functions=True), self._otherwise)
            self._digest = digest
        return self._now

    def load_weights(self, path: str | os.PathLike[str], *, by_name: bool = False) -> dict[str, list[str]]:
        raise error("model-live", "the weights of a live model are Keras's", hint="load them there: model.load_weights(path)")

    def __repr__(self) -> str:
        return "live " + super().__repr__()


def _layer_of(model: Any, call: CustomLayer, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """The layer or operation at an address, without what tells its calls apart."""
    for part in call.address.split("/"):
        name = part.split("@")[0]
        model = next(one for one in getattr(model, "operations", model.layers) if one.name == name)
    return model


def _variables_of(model: Any) -> dict[str, Any]:
    """Those of its layers, by their paths."""
    return {path: variable for path, variable in variables_by_path(model).items() if path.startswith("layers/")}


def _no_graph(model: Any) -> Error:
    return error("model-opaque", f"{type(model).__name__} is a subclassed model, which has no graph",
                 hint="with ks.record(model) as seen: model(x)")


def from_keras(model: Any) -> Model:
    """A live model of Keras 3 (any backend) or tf_keras: functional, Sequential or nested.

    No file is written, and only torch's weights are copied. Each call sees the weights as they are then, so also during
    training. For a subclassed model, which has no graph, see ks.record.
    """
    return LiveModel(model)


def array_of_variable(variable: Any) -> np.ndarray:
    """A variable's numbers, without a copy where its framework lets us see them."""
    value = getattr(variable, "value", variable)
    if callable(value):  # tf.Variable
        value = value()
    if hasattr(value, "value") and callable(value.value):  # Keras 3's variable holds a tf.Variable
        value = value.value()
    try:
        value = np.asarray(memoryview(value))  # np.asarray alone copies TensorFlow's tensors
    except (TypeError, ValueError, BufferError):
        pass
    numbers: np.ndarray = to_core(value)
    return numbers
