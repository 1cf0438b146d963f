"""A keras.Model that is in memory."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from . import _core
from ._arrays import to_core
from ._errors import Error, error
from ._models import Model


def keras_class(thing: Any, name: str) -> Any:
    """Keras's own class of this name, "Model" or "Layer", from which the thing's class is derived; None if there is none."""
    ours = (base for base in type(thing).__mro__ if base.__module__.split(".")[0] in ("keras", "tf_keras"))
    return next((base for base in ours if base.__name__ == name), None)


def keras_of(model: Any) -> str:
    """The package of a model or layer, "keras" or "tf_keras"; empty for anything else."""
    layer_class = keras_class(model, "Layer")
    return layer_class.__module__.split(".")[0] if layer_class else ""


class LiveModel(Model):
    """A model of a running Keras. Its weights are seen as they are at each call; the model is never changed."""

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
        self._package = package
        self._variables = _variables_by_path(model, package)
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
        if any(isinstance(one, np.ndarray) for one in self._variables.values()):
            self._variables = _variables_by_path(self._model, self._package)  # a layer that gives numbers, not variables
        arrays = [array_of_variable(variable) for variable in self._variables.values()]
        digest = _core.digest(arrays)
        if self._now is None or digest != self._digest:
            self._now = _core.from_json(self._json, list(zip(self._variables, arrays)), self._version)
            self._digest = digest
        return self._now

    def load_weights(self, path: str | os.PathLike[str], *, by_name: bool = False) -> dict[str, list[str]]:
        raise error("model-live", "the weights of a live model are Keras's", hint="load them there: model.load_weights(path)")

    def __repr__(self) -> str:
        return "live " + super().__repr__()


def _no_graph(model: Any) -> Error:
    return error("model-opaque", f"{type(model).__name__} is a subclassed model, which has no graph",
                 hint="with ks.record(model) as seen: model(x)")


def from_keras(model: Any) -> Model:
    """A live model of Keras 3 (any backend) or tf_keras: functional, Sequential or nested.

    No file is written and no weight copied. Each call sees the weights as they are then, so also during training. For a
    subclassed model, which has no graph, see ks.record.
    """
    return LiveModel(model)


def _variables_by_path(model: Any, package: str) -> dict[str, Any]:
    """Each variable by the path that it has in a .weights.h5: Keras's own traversal finds them."""
    saving = __import__(f"{package}.src.saving.saving_lib", fromlist=["_save_state"])
    found: dict[str, Any] = {}

    class Group:
        def __init__(self, path: str) -> None:
            self._path = path

        def __setitem__(self, name: str, variable: Any) -> None:
            found[f"{self._path}/vars/{name}".strip("/")] = variable

    class Store(saving.H5IOStore):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            pass

        def __bool__(self) -> bool:
            return True

        def make(self, path: str, metadata: Any = None) -> Group:
            return Group(path)

    # tf_keras's layers store copies of their variables' numbers; what a class of its own stores stays as it is.
    base = keras_class(model, "Layer")
    former = base.save_own_variables
    if package == "tf_keras":
        base.save_own_variables = _store_variables
    try:
        saving._save_state(model, Store(), None, "", set())
    finally:
        base.save_own_variables = former
    return {path: variable for path, variable in found.items() if path.startswith("layers/")}


def _store_variables(layer: Any, store: Any) -> None:
    for number, variable in enumerate(layer._trainable_weights + layer._non_trainable_weights):
        store[str(number)] = variable


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
