"""What users give as numbers, as arrays that the library takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ._errors import error

_TAKEN = frozenset(map(np.dtype, "float32 float64 float16 int8 int16 int32 int64 uint8 bool".split()))
_LARGER = {"uint16": "int32", "uint32": "int64", "longdouble": "float64", "float128": "float64", "bfloat16": "float32"}

#: An array, or texts as (shape, texts).
CoreArray = Any


def to_core(value: Any) -> CoreArray:
    """An array of NumPy, TensorFlow, JAX, torch or PIL, a number, or nested lists of numbers or texts.

    Anything with __array__, __dlpack__ or the buffer protocol is taken.
    """
    array = to_numpy(value)
    if array.dtype not in _TAKEN:
        name = array.dtype.name
        if array.dtype.kind in "USO" or name.startswith("StringDType"):
            return _texts(array)
        if name == "uint64" and array.size and array.max() > np.iinfo("int64").max:
            raise error("array-type", "a uint64 array has numbers beyond int64")
        native = array.dtype.newbyteorder("=")
        wanted = native if native in _TAKEN else "int64" if name == "uint64" else _LARGER.get(name)
        if wanted is None:
            raise error("array-type", f"an array of {name} is not taken", hint='array.astype("float32")')
        array = array.astype(wanted)
    return array if array.flags.c_contiguous else np.ascontiguousarray(array).reshape(array.shape)


def _texts(array: np.ndarray) -> CoreArray:
    texts = array.ravel().tolist()
    if all(isinstance(text, bytes) for text in texts):
        texts = [text.decode("utf-8", "replace") for text in texts]
    if not all(isinstance(text, str) for text in texts):
        raise error("array-type", "an array of Python objects is neither numbers nor texts")
    return array.shape, texts


def to_numpy(value: Any) -> np.ndarray:
    """Without a copy where that is possible."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach"):  # torch: on any device, and with gradients
        value = value.detach().cpu()
        numbers: np.ndarray = (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()
        return numbers
    if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    array = np.asarray(value)
    if array.dtype == np.float64 and isinstance(value, (int, float, list, tuple)):
        return array.astype(np.float32)  # a Python number has no type of its own
    return array
