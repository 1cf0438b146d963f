"""Layers of a user's own, computed by a function or by Keras itself."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._arrays import CoreArray, to_core
from ._errors import error
from ._keras import keras_of, variables_by_path

#: (address, class name, config, arguments, weights, inputs, masks, training) -> (outputs, their masks)
Compute = Callable[..., tuple[list[CoreArray], list[CoreArray | None]]]


class Weights(dict[Any, np.ndarray]):
    """By name or, from 0, by position: weights["kernel"], weights[0]."""

    def __missing__(self, key: Any) -> np.ndarray:
        if isinstance(key, int):
            return list(self.values())[key]
        raise KeyError(f"{key!r}; there are {', '.join(map(repr, self)) or 'none'}")


class CustomLayer(NamedTuple):
    """A layer as the function that computes it sees it."""

    address: str  #: of the call: "encoder/gate"
    class_name: str  #: "Gate", or "mine>Gate"
    config: dict[str, Any]  #: as Keras's get_config
    #: By name or position; an archive (.keras) only numbers them: {"0": .., "cell/0": ..}.
    weights: Weights
    training: bool  #: the phase of this call


def from_function(call: Callable[..., Any], supports_masking: bool) -> Compute:
    """A function of NumPy as the library calls it."""

    def compute(address: str, class_name: str, config: str, arguments: str, weights: Sequence[tuple[str, np.ndarray]],
                inputs: Sequence[np.ndarray], masks: Sequence[np.ndarray | None], training: bool) -> Any:
        layer = CustomLayer(address, class_name, json.loads(config), Weights(weights), training)
        args, kwargs = _arguments(arguments, inputs)
        outputs = [to_core(one) for one in _as_list(call(layer, *args, **kwargs))]
        for output in outputs:
            if isinstance(output, np.ndarray) and inputs and output.shape[:1] != inputs[0].shape[:1]:
                raise ValueError(f"the function of '{address}' made {output.shape} of a batch of {len(inputs[0])}")
        mask = masks[0] if supports_masking and masks else None
        return outputs, [mask] * len(outputs)

    return compute


def from_keras_layers(package: str, find: Callable[[CustomLayer, list[Any], dict[str, Any]], Any]) -> Compute:
    """Layers that their own Keras computes.

    find: gives the layer for a call and its arguments, which are Keras's tensors.
    """

    def compute(address: str, class_name: str, config: str, arguments: str, weights: Sequence[tuple[str, np.ndarray]],
                inputs: Sequence[np.ndarray], masks: Sequence[np.ndarray | None], training: bool) -> Any:
        tensors = [_tensor(package, one) for one in inputs]
        for tensor, mask in zip(tensors, masks):
            if mask is not None:
                tensor._keras_mask = _tensor(package, mask)
        args, kwargs = _arguments(arguments, tensors)
        layer = find(CustomLayer(address, class_name, json.loads(config), Weights(weights), training), args, kwargs)
        if "training" in inspect.signature(layer.call).parameters:
            kwargs["training"] = training
        # Statistics move in the training phase; the model must not.
        kept = [(variable, np.array(variable)) for variable in getattr(layer, "non_trainable_variables", [])] if training else []
        try:
            outputs = _as_list(layer(*args, **kwargs))
        finally:
            for variable, numbers in kept:
                variable.assign(numbers)
        own = [getattr(one, "_keras_mask", None) for one in outputs]
        return [to_core(one) for one in outputs], [None if mask is None else to_core(mask) for mask in own]

    return compute


def _tensor(package: str, numbers: np.ndarray) -> Any:
    ops = getattr(sys.modules[package], "ops", None)  # Keras 3 only
    convert = ops.convert_to_tensor if ops else sys.modules["tensorflow"].constant
    return convert(np.array(numbers))  # a copy: the library's memory is used again


def _as_list(outputs: Any) -> list[Any]:
    if isinstance(outputs, Mapping):
        return [outputs[key] for key in sorted(outputs)]
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def _arguments(stored: str, tensors: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """A call's arguments in the file, with its tensors in their places; without masks and the phase."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"tensor"}:
                return tensors[value["tensor"]]
            return {key: filled(one) for key, one in value.items()}
        return [filled(one) for one in value] if isinstance(value, list) else value

    positional, keywords = json.loads(stored)
    return [filled(one) for one in positional], {key: filled(one) for key, one in keywords.items() if key not in ("training", "mask")}


def _from_class(layer_class: type) -> Compute:
    """Layers of this class, made from the configs and weights of a file."""
    package = keras_of(layer_class)
    made: dict[str, tuple[Any, Any]] = {}  # by address: what it was made of, the layer

    def find(layer: CustomLayer, args: list[Any], kwargs: dict[str, Any]) -> Any:
        origin = [array.ctypes.data for array in layer.weights.values()]
        if layer.address not in made or made[layer.address][0] != origin:
            ours = layer_class.from_config(layer.config)  # type: ignore[attr-defined]
            ours(*args, **kwargs)  # this builds it
            _set_weights(ours, layer)
            made[layer.address] = (origin, ours)
        return made[layer.address][1]

    return from_keras_layers(package, find)


def _set_weights(ours: Any, layer: CustomLayer) -> None:
    variables = {path.replace("vars/", ""): variable for path, variable in variables_by_path(ours).items()}
    if set(variables) == set(layer.weights):
        for name, numbers in layer.weights.items():
            variables[name].assign(numbers)
    elif len(ours.weights) == len(layer.weights):
        ours.set_weights([np.array(numbers) for numbers in layer.weights.values()])
    else:
        raise error("weights-mismatch", f"'{layer.address}' has {len(ours.weights)} weights, and the file {len(layer.weights)}",
                    hint="the class may have changed since the model was saved")


_registered: dict[str, tuple[Compute, bool]] = {}  #: by class: how it is computed; whether by a function


def register(layer: type | str, call: Callable[..., Any] | None = None, *, supports_masking: bool = False) -> Any:
    """Gives a layer class of your own a meaning, for models that are opened from now on.

    >>> ks.register(Gate)                                              # Keras computes it, by your class
    >>> ks.register("Gate", lambda layer, x: x * layer.weights[0])     # a function of NumPy; needs no Keras
    >>> @ks.register("Gate")
    ... def gate(layer, x):
    ...     return x * layer.config["strength"]

    layer: the class (a subclass of keras.layers.Layer), or its name.
    call: call(layer, x, ..), as Keras's call(self, x, ..), with a CustomLayer and the inputs as arrays; returns an array,
      or a list of arrays. The shapes of its outputs may depend only on those of its inputs: it is called with zeros, too,
      which show them. None: Keras makes the layer from its config, gives it the weights and computes it.
    supports_masking: the mask of the first input goes on behind the layer, as in Keras.

    In a live model (ks.from_keras) Keras computes all that Kerascope cannot, without being told.
    Returns the class or function, to be used as a decorator of either.
    """
    if not isinstance(layer, (str, type)):
        raise TypeError(f"register takes a layer's class or the name of one, not {type(layer).__name__}")
    if call is not None and not callable(call):
        raise TypeError(f"call is a function, not {type(call).__name__}")
    if isinstance(layer, str) and call is None:
        return lambda function: register(layer, function, supports_masking=supports_masking)
    name = layer if isinstance(layer, str) else layer.__name__
    if call is not None:
        _registered[name] = (from_function(call, supports_masking), True)
        return call
    if not keras_of(layer):
        raise TypeError(f"{name} is no layer class of Keras; give the function that computes it, too")
    _registered[name] = (_from_class(layer), False)  # type: ignore[arg-type]
    return layer


def registered(only_functions: bool = False) -> list[tuple[str, Compute]]:
    """By the name of the class. A live model has its layers already, and needs only the functions."""
    return [(name, compute) for name, (compute, is_function) in _registered.items() if is_function or not only_functions]
