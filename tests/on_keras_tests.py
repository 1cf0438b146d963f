"""A pytest plugin for Keras's own tests: what they compute with a layer or an operation of keras.ops, Kerascope computes, too.

Each such call is put into a model of its own, which Keras saves and Kerascope opens; both must agree. The tests themselves run as
Keras wrote them. What was compared is appended to the file in KERASCOPE_COMPARED, a line of JSON each.
"""

import functools
import json
import os
import pathlib
import tempfile

import keras
import kerascope as ks
import numpy as np
from keras.src import backend, testing, tree
from keras.src.layers.layer import Layer

PRECISION = {"float16": 2e-2, "bfloat16": 5e-2}  # of the largest value; 1e-4 otherwise

_busy = False
_test = ""
_seen = set()
_folder = pathlib.Path(tempfile.mkdtemp(prefix="kerascope-keras-tests-"))


def pytest_runtest_setup(item):
    global _test
    _test = item.nodeid.rpartition("keras/src/")[2]


def is_tensor(value):
    return isinstance(value, np.ndarray) or hasattr(value, "numpy") and backend.is_tensor(value)


def is_symbolic(value):
    """Of Keras, or within a compiled function."""
    return isinstance(value, keras.KerasTensor) or backend.is_tensor(value) and not hasattr(value, "numpy")


def type_of(tensor):
    return "string" if tensor.dtype.kind in "OUS" else str(tensor.dtype)


def numbers(value):
    return np.asarray(backend.convert_to_numpy(value))


def told(kind, name, outcome, detail=""):
    with open(os.environ["KERASCOPE_COMPARED"], "a") as file:
        file.write(json.dumps({"test": _test, "kind": kind, "name": name, "outcome": outcome, "detail": detail[:300]}) + "\n")


def compare(kind, name, call, arguments, keywords, wanted):
    """Makes a model of `call` and compares what Kerascope computes with `wanted`."""
    given = [value for value in tree.flatten((arguments, keywords)) if is_tensor(value)]
    outputs = tree.flatten(wanted)
    if not given or not outputs or not all(map(is_tensor, outputs)) or any(numbers(value).ndim == 0 for value in given):
        return  # a model needs inputs with a batch
    tensors = [numbers(value) for value in given]
    if sum(tensor.size for tensor in tensors) > 100_000 or any(tensor.size == 0 or tensor.dtype.kind == "c" for tensor in tensors):
        return
    key = (name, repr(tree.map_structure(lambda value: (numbers(value).shape, str(numbers(value).dtype)) if is_tensor(value) else repr(value), (arguments, keywords))))
    if kind == "operation" and key in _seen:
        return
    _seen.add(key)
    inputs = [keras.Input(batch_shape=tensor.shape, dtype=type_of(tensor), name=f"x{k}") for k, tensor in enumerate(tensors)]
    layers = [value for value in getattr(call, "args", ()) if isinstance(value, Layer)]
    dtypes = {layer.compute_dtype for layer in layers} | {backend.standardize_dtype(value.dtype) for value in [*given, *outputs]}
    left = iter(inputs)
    replaced = tree.map_structure(lambda value: next(left) if is_tensor(value) else value, (arguments, keywords))
    path = _folder / "model.keras"
    try:
        if "training" in replaced[1]:
            replaced[1]["training"] = False
        model = keras.Model(inputs, call(*replaced[0], **replaced[1]))
        model.save(path)
    except Exception as error:  # Keras cannot make a model of it, or save it
        return told(kind, name, "no model", f"{type(error).__name__}: {error}")
    try:
        got = ks.load(path).predict(tensors if len(tensors) > 1 else tensors[0])
    except ks.Error as error:
        return told(kind, name, "refused", str(error))
    got = tree.flatten(got)
    for one, expected in zip(got, map(numbers, outputs), strict=True):
        one = np.asarray(one)
        if one.shape != expected.shape:
            return told(kind, name, "different", f"shape {one.shape}, not {expected.shape}")
        if expected.dtype.kind in "SUO":
            same = one.astype(str).tolist() == expected.astype(str).tolist()
        elif expected.dtype.kind in "biu":
            same = np.array_equal(one.astype(expected.dtype), expected)
        else:
            one, expected = one.astype("float64"), expected.astype("float64")
            finite = expected[np.isfinite(expected)]
            share = max(PRECISION.get(dtype, 1e-4) for dtype in dtypes)
            limit = share * max(float(np.abs(finite).max(initial=0)), 1e-3)
            same = np.allclose(one, expected, rtol=0, atol=limit, equal_nan=True)
        if not same:
            return told(kind, name, "different", f"{one.ravel()[:8]} not {expected.ravel()[:8]}; {key[1]}")
    told(kind, name, "equal")


def watched(kind, name, function, arguments, keywords, inference=None):
    """Calls the function; the outermost call of tensors that hold numbers is compared, with what `inference` gives if that differs."""
    global _busy
    if _busy or any(map(is_symbolic, tree.flatten((arguments, keywords)))):
        return function(*arguments, **keywords)
    _busy = True
    try:
        result = function(*arguments, **keywords)
        if not any(map(is_symbolic, tree.flatten(result))):
            try:
                wanted = inference() if inference else result
                compare(kind, name, function, arguments, keywords, wanted)
            except Exception as error:
                told(kind, name, "not tried", f"{type(error).__name__}: {error}")
    finally:
        _busy = False
    return result


def watch_layers():
    original = Layer.__call__

    @functools.wraps(original)
    def call(self, *arguments, **keywords):
        is_public = getattr(keras.layers, type(self).__name__, None) is type(self)
        has_mask = any(backend.get_keras_mask(value) is not None for value in tree.flatten((arguments, keywords)) if backend.is_tensor(value))
        if not is_public or has_mask or getattr(self, "stateful", False):  # a model has neither masks nor states from before
            return original(self, *arguments, **keywords)
        at_inference = {**keywords, "training": False} if self._call_has_training_arg else keywords
        function = functools.partial(original, self)
        inference = lambda: function(*arguments, **at_inference)
        return watched("layer", type(self).__name__, function, arguments, keywords, inference)

    Layer.__call__ = call


def watch_operations():
    modules = [keras.src.ops.numpy, keras.src.ops.nn, keras.src.ops.math, keras.src.ops.image, keras.src.ops.linalg, keras.src.ops.core]
    for module in modules:
        for name in dir(keras.ops):
            function = getattr(module, name, None)
            if callable(function) and getattr(keras.ops, name) is function and not isinstance(function, type):
                wrapper = lambda *arguments, _of=(name, function), **keywords: watched("operation", *_of, arguments, keywords)
                setattr(module, name, functools.wraps(function)(wrapper))


def run_layer_test(original):
    @functools.wraps(original)
    def without_training(self, *arguments, **keywords):
        return original(self, *arguments, **{**keywords, "run_training_check": False, "run_mixed_precision_check": False})

    return without_training


watch_layers()
watch_operations()
testing.TestCase.run_layer_test = run_layer_test(testing.TestCase.run_layer_test)
