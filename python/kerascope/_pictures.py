"""Pictures that show themselves."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from . import _core
from ._errors import error


class Picture:
    """A picture of the library: shows itself in a notebook, saves itself as PNG, and is an array of uint8.

    `text` says how it was drawn: "8x8 tiles, each scaled alone, range 0 .. 0.6426".
    """

    def __init__(self, drawn: _core.Picture) -> None:
        self._drawn = drawn

    @property
    def width(self) -> int:
        """In pixels."""
        return self._drawn.width

    @property
    def height(self) -> int:
        """In pixels."""
        return self._drawn.height

    @property
    def text(self) -> str:
        """Layout, scale and range, for people; empty for overviews and curves."""
        return self._drawn.text

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a PNG file, which appears only when it is complete; missing folders are made."""
        name = os.fspath(path)
        if not name.lower().endswith(".png"):
            raise error("output-ending", f"'{name}' does not end in .png", hint="PIL.Image.fromarray(numpy.asarray(picture)).save(..)")
        self._drawn.save(name)

    def show(self) -> None:
        """Shows it at once, also in the middle of a notebook's cell."""
        display(self)

    def png(self) -> bytes:
        """The bytes of the PNG file."""
        return self._drawn.png()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """(height, width, 3) of uint8; a grey picture (height, width)."""
        pixels: Any = self._drawn.pixels()
        if pixels.shape[2] == 1:
            pixels = pixels[:, :, 0]
        return np.array(pixels, dtype=dtype) if copy or dtype is not None else pixels

    def _repr_png_(self) -> bytes:
        return self.png()

    def __repr__(self) -> str:
        return f"<picture, {self.width} x {self.height} pixels{': ' + self.text if self.text else ''}>"


def display(shown: Any) -> None:
    """In a notebook the picture or page, elsewhere its text."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display as display_in_notebook  # type: ignore[import-not-found,unused-ignore]

        display_in_notebook(shown)  # type: ignore[no-untyped-call,unused-ignore]
    else:
        print(shown)
