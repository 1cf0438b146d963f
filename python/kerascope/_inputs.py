"""What users give as a model's inputs: files, arrays, pictures, dictionaries."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _core
from ._arrays import CoreArray, to_core, to_numpy
from ._errors import Error, error


class Reading(NamedTuple):
    """How files and pictures become inputs."""

    preprocessing: str | None = None
    resize: str | None = "nearest"
    keep_aspect_ratio: bool = False
    skip_damaged: bool = False


class Fed(NamedTuple):
    """A model's inputs."""

    arrays: list[CoreArray]
    notes: list[str]  #: how files were prepared
    warnings: list[str]  #: what is probably wrong with that
    files: Sequence[str] = ()  #: the name of each sample's file, if there are several


def fed(model: _core.Model, names: Sequence[str], given: Any, reading: Reading, checks: bool) -> Fed:
    """
    names: of the model's inputs
    given: one input, a list with one per input of the model, or a dict by the inputs' names
    checks: whether arrays, too, are to be compared with what the model's first batch normalizations expect
    """
    if isinstance(given, np.ndarray) and len(names) == 1 and reading.preprocessing is None and reading.resize in ("nearest", None):
        return _of_arrays(model, [to_core(given)], checks)
    if reading.resize is not None:
        _core.require_filter(reading.resize)
    if given is None:
        raise error("input-missing", f"nothing was given for the input '{names[0]}'", hint="a path, an array, or a list or dict of these")
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        if unknown:
            raise error("input-unknown", f"the model has no input '{unknown[0]}'", hint=f"it has {', '.join(names)}")
        missing = [name for name in names if name not in given]
        if missing:
            raise error("input-missing", f"nothing was given for the input '{missing[0]}'")
        values = [given[name] for name in names]
    elif isinstance(given, (list, tuple)) and len(names) > 1:
        if len(given) != len(names):
            raise error("input-count", f"the model takes {len(names)} inputs ({', '.join(names)}), and {len(given)} were given")
        values = list(given)
    elif isinstance(given, (list, tuple)) and len(given) == 1 and (is_path(given[0]) or is_pil(given[0]) or hasattr(given[0], "shape")):
        values = list(given)
    else:
        values = [given]
    for value in values:
        _require_input(value)
    with _Files() as files:
        ways = [files.path(value, reading) for value in values]
        if any(path is not None for path in ways):
            return _from_files(model, values, ways, names, files, reading)
        if len(values) == 1 and _is_list_of_pictures(values[0]):
            parts = [fed(model, names, one, reading, checks) for one in values[0]]
            arrays = [np.concatenate([part.arrays[0] for part in parts])]
            samples = [os.path.basename(os.fspath(one)) if is_path(one) else "" for one in values[0]]
            return Fed(arrays, [note for part in parts for note in part.notes], _once(part.warnings for part in parts), samples)
        return _of_arrays(model, [to_core(value) for value in values], checks)


def _require_input(value: Any) -> None:
    is_array = any(hasattr(value, name) for name in ("__array__", "__dlpack__", "__array_interface__"))
    if is_array or is_path(value) or is_pil(value) or isinstance(value, (list, tuple, bytes, int, float, memoryview, bytearray)):
        return
    name = type(value).__name__
    many = hasattr(value, "__iter__") and not hasattr(value, "read")
    raise error("input-type", f"{name} is no input; a path, a picture or an array is",
                hint="for seen in model.batches(data), for many batches" if many else "")


def _of_arrays(model: _core.Model, arrays: list[CoreArray], checks: bool) -> Fed:
    doubts = []
    if checks:
        try:
            doubts = _doubts(model.check_preprocessing(arrays))
        except Error:
            pass  # the run says better what is wrong
    return Fed(arrays, [], doubts)


def _doubts(check: Any) -> list[str]:
    """check: None, or what is wrong, a hint and a preprocessing that fits better"""
    if check is None:
        return []
    what, hint, better = check
    return [f"{what}; preprocessing={better!r} fits better" if better else f"{what}; try {hint}" if hint else what]


def _once(lists: Iterable[list[str]]) -> list[str]:
    return list(dict.fromkeys(line for lines in lists for line in lines))


def _is_list_of_pictures(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(is_path(one) or is_pil(one) for one in value)


def is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def is_pil(value: Any) -> bool:
    """Without importing PIL."""
    return any(base.__module__ == "PIL.Image" and base.__name__ == "Image" for base in type(value).__mro__)


class _Files:
    """What is not in a file, but is to be read as if it were."""

    def __init__(self) -> None:
        self._open: list[int] = []

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open:
            os.close(descriptor)

    def path(self, value: Any, reading: Reading) -> str | None:
        """None for an array that needs no preparation."""
        if is_path(value):
            return str(os.fspath(value))
        if is_pil(value):
            return self.written(lambda file: value.save(file, "PNG"), "picture")
        if reading.preprocessing is not None and not _is_list_of_pictures(value):
            return self.array(value)
        return None

    def array(self, value: Any) -> str:
        return self.written(lambda file: np.save(file, to_numpy(value)), "array")

    def written(self, write: Any, name: str) -> str:
        descriptor = os.memfd_create(f"kerascope-{name}")
        self._open.append(descriptor)
        with os.fdopen(os.dup(descriptor), "wb") as file:
            write(file)
        return f"/proc/self/fd/{descriptor}"


def _from_files(model: _core.Model, values: Sequence[Any], ways: Sequence[str | None], names: Sequence[str], files: _Files,
                reading: Reading) -> Fed:
    paths = [path if path is not None else files.array(value) for path, value in zip(ways, values)]
    arrays, done, warnings, samples, skipped, check = model.read_inputs(paths, *reading)
    said = [" ".join(parts) for parts in warnings] + _doubts(check)
    notes = [line for line, value in zip(done, values) if is_path(value)]
    said += [f"passed over: {line}" for line in skipped]
    return Fed([to_core(array) for array in arrays], notes, said, samples)
