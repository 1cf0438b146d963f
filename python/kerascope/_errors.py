"""The exceptions: one class, which is also the built-in one that Python expects."""

from __future__ import annotations

import re
from typing import Any

from . import _core


class Error(Exception):
    """What the library raises, with its parts as attributes.

    It is also a KeyError where a name is looked up (code "layer-not-found"), a FileNotFoundError, a MemoryError or a
    ValueError. Compare `code`, which stays the same across versions; sentences may change.
    """

    code: str  #: "layer-not-found"
    what: str  #: what is wrong, with both numbers
    where: str  #: the place; may be empty
    because: str  #: may be empty
    hint: str  #: what to try: "did you mean 'conv1out'?"; may be empty

    def __init__(self, code: str, what: str, where: str = "", because: str = "", hint: str = "") -> None:
        super().__init__(code, what, where, because, hint)
        self.code, self.what, self.where, self.because, self.hint = code, what, where, because, hint

    def __reduce__(self) -> tuple[Any, ...]:
        return error, self.args

    def __str__(self) -> str:
        return _core.error_text(self.code, self.what, self.where, self.because, self.hint)


class _KeyError(Error, KeyError):
    pass


class _ValueError(Error, ValueError):
    pass


class _FileNotFoundError(Error, FileNotFoundError):
    pass


class _MemoryError(Error, MemoryError):
    pass


_CLASSES: dict[str, type[Error]] = {
    "layer-not-found": _KeyError,
    "layer-index": _KeyError,
    "layer-ambiguous": _KeyError,
    "file-missing": _FileNotFoundError,
    "memory": _MemoryError,
    "memory-short": _MemoryError,
    "internal": Error,
    "cancelled": Error,
}


#: What hints say of the program's options and of C++, in Python's words.
_WORDS = [
    (r"say what it computes, such as --lambda '[^=']*=[^']*'; or ", "ks.load(.., lambdas={..}) says what it computes, "),
    (r"feed its output \(--input '[^=']*=FILE\.npy'\), or pass its input through \(--assume '([^=']*)=identity'\)",
     r"ks.register(..) says what it computes, ks.from_keras(model) lets Keras compute it, assume='\1' passes its input through"),
    (r"`kerascope layers MODEL`, or model\.summary\(\), lists them", "model.summary() lists them"),
    (r"`kerascope layers MODEL` marks them", "model.summary() marks them"),
    (r"Layer::weights\(\) gives all", "layer.weights has all"),
    (r"KernelOptions::filter picks a filter", "filter=.. picks one"),
    (r"--by-name\b", "by_name=True"),
]


def error(code: str, what: str, where: str = "", because: str = "", hint: str = "") -> Error:
    """The exception for an error with this code."""
    for words, ours in _WORDS:
        hint = re.sub(words, ours, hint)
    return _CLASSES.get(code, _ValueError)(code, what, where, because, hint)


_ALL: list[type[Error]] = [Error, _ValueError, *_CLASSES.values()]
for _class in _ALL:
    _class.__module__, _class.__name__, _class.__qualname__ = "kerascope", "Error", "Error"
_core.set_error(error)
