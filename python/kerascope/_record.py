"""Follows a Keras while it computes: for models that have no graph."""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ._arrays import to_numpy
from ._keras import keras_class, keras_of
from ._seen import Activation, Seen, usual_axes

#: From the outermost layer: each layer's name, and a number that no other call has.
Path = tuple[tuple[str, int], ...]


class Recording(Seen):
    """What the layers of a model gave while it was recorded; filled when the block ends."""

    def __init__(self, model: Any, taps: Any = None) -> None:
        super().__init__(Seen.of([])._core, getattr(model, "name", ""))
        self._recorder = _Recorder(model, taps)

    def __enter__(self) -> Recording:
        self._recorder.begin()
        return self

    def __exit__(self, kind: Any, *_: object) -> None:
        self._recorder.end()
        activations = self._recorder.activations()
        if kind is None and not self._recorder.has_seen:
            warnings.warn("the model gave no numbers to be seen: it was not called, or compiled, as predict does; call it: model(x)",
                          stacklevel=2)
        elif kind is None and not activations:
            warnings.warn("no layer fits the taps; without taps all are recorded", stacklevel=2)
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
        # JAX's training loops compute without the model's own __call__; the first two arguments are its weights.
        self._doors = [(base, "__call__", 0) for base in self._bases] + [(self._layer_class, "stateless_call", 2)]
        self._doors = [door for door in self._doors if hasattr(door[0], door[1])]
        self._channels_first = any(getattr(one, "data_format", "") == "channels_first" for one in model._flatten_layers())
        self._active: list[Path] = []  # the layers that are being called
        self._seen: list[tuple[Path, str, Any, Any]] = []  # path, "#1" of several outputs, layer, array
        self._calls = 0
        self._thread = threading.get_ident()
        self._former: list[Any] = []

    def begin(self) -> None:
        self._former = [getattr(base, name) for base, name, _ in self._doors]
        for (base, name, first), former in zip(self._doors, self._former):
            setattr(base, name, self._followed(base, former, first))

    def end(self) -> None:
        for (base, name, _), former in zip(self._doors, self._former):
            setattr(base, name, former)

    @property
    def has_seen(self) -> bool:
        return bool(self._seen)

    def _followed(self, base: Any, former: Any, first: int) -> Any:
        """@param first  which argument is the first input"""

        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            is_inner_part = base is not self._layer_class and isinstance(layer, self._layer_class)
            is_inner_door = first > 0 and bool(self._active)
            if is_inner_part or is_inner_door or threading.get_ident() != self._thread:
                return former(layer, *args, **kwargs)
            return self._called(layer, lambda: former(layer, *args, **kwargs), args[first:])

        return call

    def _called(self, layer: Any, compute: Any, args: Any) -> Any:
        if not self._active and layer is not self._model:
            return compute()  # not within the model
        path = self._below(layer) if self._active else ()
        self._active.append(path)
        try:
            self._keep_inputs(layer, path, args)
            output = compute()
        finally:
            self._active.pop()
        if path:
            self._keep(path, layer, output)
        return output

    def _below(self, layer: Any) -> Path:
        self._calls += 1
        return (*self._active[-1], (layer.name, self._calls))

    def _keep_inputs(self, layer: Any, path: Path, args: Any) -> None:
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
                self._keep(self._below(source), source, value)

    def _keep(self, path: Path, layer: Any, output: Any) -> None:
        values = list(_flat(output))
        for index, value in enumerate(values):
            array = _numbers(value)
            if array is not None:
                self._seen.append((path, f"#{index}" if len(values) > 1 else "", layer, array))

    def activations(self) -> list[Activation]:
        calls: dict[tuple[Path, str], dict[int, int]] = {}  # the calls of a name within one call of its container -> 0, 1, ..
        for path, *_ in self._seen:
            for depth, (name, call) in enumerate(path):
                numbers = calls.setdefault((path[:depth], name), {})
                numbers.setdefault(call, len(numbers))
        activations = []
        for path, output, layer, array in self._seen:
            parts = []
            for depth, (name, call) in enumerate(path):
                numbers = calls[path[:depth], name]
                parts.append(f"{name}@{numbers[call]}" if len(numbers) > 1 else name)
            address = "/".join(parts) + output
            if self._taps is None or any(_matches(pattern, address) for pattern in self._taps):
                activations.append(Activation.of(address, array, self._axes(layer, array), type(layer).__name__,
                                                 keras_class(layer, "Model") is not None))
        return activations

    def _axes(self, layer: Any, array: np.ndarray) -> str:
        """A layer without a data_format, such as BatchNormalization, has that of the model's other layers."""
        usual = usual_axes(array.ndim)
        data_format = getattr(layer, "data_format", "channels_first" if self._channels_first and array.ndim > 3 else "")
        return "C" + usual[:-1] if data_format == "channels_first" and array.ndim > 2 else usual


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


def _matches(pattern: str, address: str) -> bool:
    """As the library's patterns: * stops at /, ** does not."""
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    text = "".join({"**": ".*", "*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(text, address) is not None
