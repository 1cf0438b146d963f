"""Follows a Keras while it computes: for models that have no graph."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ._arrays import to_numpy
from ._live import keras_class, keras_of
from ._seen import Activation, Seen, usual_axes


class Recording(Seen):
    """What the layers of a model gave while it was recorded; filled when the block ends."""

    def __init__(self, model: Any, taps: Any = None) -> None:
        super().__init__(Seen.of([])._core, getattr(model, "name", ""))
        self._recorder = _Recorder(model, taps)

    def __enter__(self) -> Recording:
        self._recorder.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._recorder.end()
        activations = self._recorder.activations()
        self._core = Seen.of(activations)._core
        self._outputs = [activations[-1].address] if activations else []


def record(model: Any, taps: str | list[str] | None = None) -> Recording:
    """Records what every layer gives, at every depth, while the model computes in its own Keras.

    >>> with ks.record(model) as seen:
    ...     model(x)
    >>> seen["encoder/block_1/attention"]

    Works for every model of Keras 3 (any backend) and tf_keras: subclassed, functional, within a training loop of your
    own. The model is not changed. What is compiled, as in model.predict on TensorFlow and JAX, has no numbers to be
    seen: call the model itself.

    taps: only layers whose address fits a pattern ("**/attention*"); None: all.
    """
    if not keras_of(model):
        raise TypeError(f"{type(model).__name__} is no model or layer of Keras 3 or tf_keras")
    return Recording(model, taps)


class _Recorder:
    def __init__(self, model: Any, taps: str | list[str] | None) -> None:
        self._model = model
        self._taps = [taps] if isinstance(taps, str) else taps
        self._layer_class = keras_class(model, "Layer")
        # Keras 3's operations in a functional model, such as keras.ops.add, are called like layers, but are none.
        self._bases = [base for base in (self._layer_class, keras_class(model, "Operation")) if base]
        self._active: list[tuple[Any, str]] = []  # the layers that are being called: the layer, its address
        self._seen: list[tuple[str, Any, Any]] = []  # address, layer, array
        self._thread = threading.get_ident()
        self._was_compiled = False
        self._former: list[Any] = []

    def begin(self) -> None:
        self._former = [base.__call__ for base in self._bases]
        for base, former in zip(self._bases, self._former):
            base.__call__ = self._followed(base, former)

    def end(self) -> None:
        for base, former in zip(self._bases, self._former):
            base.__call__ = former
        if self._was_compiled and not self._seen:
            warnings.warn("the model was compiled (as predict does), so there were no numbers to be seen; call it: model(x)",
                          stacklevel=3)

    def _followed(self, base: Any, former: Any) -> Any:
        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            is_inner_part = base is not self._layer_class and isinstance(layer, self._layer_class)
            if is_inner_part or threading.get_ident() != self._thread:
                return former(layer, *args, **kwargs)
            return self._called(layer, lambda: former(layer, *args, **kwargs), args)

        return call

    def _called(self, layer: Any, compute: Any, args: Any) -> Any:
        if not self._active:
            if layer is not self._model:
                return compute()  # not within the model
            address = ""
        else:
            _, outer = self._active[-1]
            address = f"{outer}/{layer.name}" if outer else layer.name
        self._active.append((layer, address))
        try:
            self._keep_inputs(layer, address, args)
            output = compute()
        finally:
            self._active.pop()
        if address:
            self._keep(address, layer, output)
        return output

    def _keep_inputs(self, layer: Any, address: str, args: Any) -> None:
        """The InputLayers of a functional model are not called."""
        inputs = getattr(layer, "_inputs", None) or getattr(layer, "inputs", None)
        if not inputs or not args or not hasattr(layer, "layers"):
            return
        values = list(_flat(args[0]))
        if len(values) != len(inputs):
            return
        for tensor, value in zip(inputs, values):
            history = getattr(tensor, "_keras_history", None)
            source = getattr(history, "operation", getattr(history, "layer", None))
            if source is not None and type(source).__name__ == "InputLayer":
                self._keep(f"{address}/{source.name}" if address else source.name, source, value)

    def _keep(self, address: str, layer: Any, output: Any) -> None:
        values = list(_flat(output))
        for index, value in enumerate(values):
            array = _numbers(value)
            if array is None:
                self._was_compiled = self._was_compiled or value is not None
                continue
            self._seen.append((f"{address}#{index}" if len(values) > 1 else address, layer, array))

    def activations(self) -> list[Activation]:
        calls: dict[str, int] = {}
        for address, _, _ in self._seen:
            calls[address] = calls.get(address, 0) + 1
        done: dict[str, int] = {}
        activations = []
        for address, layer, array in self._seen:
            if calls[address] > 1:
                number = done.get(address, 0)
                done[address] = number + 1
                base, hash_, output = address.partition("#")
                address = f"{base}@{number}{hash_}{output}"
            if self._taps is None or any(_matches(pattern, address) for pattern in self._taps):
                activations.append(Activation.of(address, array, _axes(layer, array), type(layer).__name__,
                                                 keras_class(layer, "Model") is not None))
        return activations


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from _flat(value[key])
    else:
        yield value


def _numbers(value: Any) -> np.ndarray | None:
    """None for what has no numbers: symbolic tensors, tracers, None."""
    if isinstance(value, np.ndarray):
        return value
    try:
        return np.array(to_numpy(value)) if hasattr(value, "__array__") else None
    except Exception:  # each framework has its own for symbolic tensors
        return None


def _axes(layer: Any, array: np.ndarray) -> str:
    usual = usual_axes(array.ndim)
    if getattr(layer, "data_format", "") == "channels_first" and array.ndim > 2:
        return "C" + usual[:-1]
    return usual


def _matches(pattern: str, address: str) -> bool:
    """As the library's patterns: * stops at /, ** does not."""
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    text = "".join({"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(text, address) is not None
