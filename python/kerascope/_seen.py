"""What a run saw: activations by address."""

from __future__ import annotations

import base64
import difflib
import html
import operator
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from . import _core
from ._arrays import to_core
from ._errors import error
from ._pictures import Picture, display

#: How a grid is drawn; see Seen.grid.
_GRID = {"scale": "a word or (low, high)", "cmap": "a word", "channels": "whole numbers", "columns": "a whole number",
         "gap": "a whole number", "zoom": "a whole number", "numbers": "True or False", "colorbar": "True or False",
         "rgb": "True, or three channels", "sequence": "a word", "tokens": "a word or (rows, columns)"}


def grid_options(given: Mapping[str, Any], names: Iterable[str] = _GRID, what: str = "a grid") -> dict[str, Any]:
    """The options that were given, in the types of the library.

    names: those that count for what is drawn
    """
    options: dict[str, Any] = {}
    for key, value in given.items():
        if key not in names:
            more = ", sort, sample" if names is _GRID else ""
            raise TypeError(f"{what} has no option '{key}'; it has {', '.join(names)}{more}")
        if value is None:
            continue
        try:
            options[key] = _taken(key, value)
        except (TypeError, ValueError):
            raise TypeError(f"{key} is {_GRID[key]}, not {value!r}") from None
        if key == "rgb" and not isinstance(value, bool):
            options |= {"channels": [operator.index(channel) for channel in value], "rgb": True}
    return options


def _taken(key: str, value: Any) -> Any:
    kind = _GRID[key]
    if kind == "a whole number" and not isinstance(value, bool):
        return operator.index(value)
    if kind == "whole numbers":
        return [operator.index(channel) for channel in np.atleast_1d(value)]
    if (kind == "True or False" or key == "rgb") and isinstance(value, (bool, np.bool_)):
        return bool(value)
    if key in ("scale", "cmap", "sequence", "tokens") and isinstance(value, str):
        return value
    if key == "scale":
        low, high = value
        return f"{float(low)!r},{float(high)!r}"
    if key == "tokens":
        rows, columns = value
        return f"{operator.index(rows)}x{operator.index(columns)}"
    if key == "rgb" and len(value) == 3:
        return True  # the channels are set beside it
    raise TypeError


class Statistics(Mapping[str, Any]):
    """Statistics of one activation: minimum, maximum, mean, zero_share (0 to 1), nan_count, infinity_count, channels,
    and the indices of dead_channels (0 everywhere), constant_channels and non_finite_channels."""

    def __init__(self, numbers: Mapping[str, Any]) -> None:
        self._numbers = dict(numbers)

    def __getitem__(self, key: str) -> Any:
        return self._numbers[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._numbers[name]
        except KeyError:
            raise AttributeError(f"there is no statistic '{name}'; there are {', '.join(self._numbers)}") from None

    def _rows(self) -> list[tuple[str, str]]:
        def text(value: Any) -> str:
            return f"{len(value)}: {_some(value)}" if isinstance(value, list) else f"{value:.4g}" if isinstance(value, float) else str(value)

        return [(key, text(value)) for key, value in self._numbers.items()]

    def __repr__(self) -> str:
        return "\n".join(f"{key:<20} {text}" for key, text in self._rows())

    def _repr_html_(self) -> str:
        return table_html(["statistic", ""], self._rows())


def _some(indices: Sequence[int | str]) -> str:
    shown = ", ".join(map(str, indices[:8]))
    return shown + (", .." if len(indices) > 8 else "") if indices else "none"


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that takes the notebook's own colours, dark or light."""

    def row(cells: Sequence[str], cell: str) -> str:
        return "<tr>" + "".join(f'<{cell} style="text-align:left">{html.escape(text)}</{cell}>' for text in cells) + "</tr>"

    return f"<table><thead>{row(head, 'th')}</thead><tbody>{''.join(row(one, 'td') for one in rows)}</tbody></table>"


def _page_options(given: Mapping[str, Any]) -> dict[str, Any]:
    return grid_options(given, ("scale", "cmap", "tokens"), "an overview")


def usual_axes(rank: int) -> str:
    """The axes of an array with its batch, channels last."""
    return {1: "", 2: "C", 3: "TC", 4: "HWC", 5: "DHWC"}.get(rank, "C" * max(rank - 1, 0))


class Activation:
    """The output of one call of one layer. In a notebook it shows its grid.

    `array` is (N, ..) with one letter per further axis in `axes`: D, H, W, T (steps), C (channels).
    """

    def __init__(self, core: _core.Activation) -> None:
        self._core = core

    @classmethod
    def of(cls, address: str, array: Any, axes: str | None = None, class_name: str = "", is_model: bool = False) -> Activation:
        """An activation that something else computed; axes that are not given are taken as channels last."""
        numbers = to_core(array)
        rank = len(numbers[0]) if isinstance(numbers, tuple) else numbers.ndim
        if axes is None:
            axes = usual_axes(rank)
        return cls(_core.Activation(address, axes, class_name, numbers, is_model))

    @property
    def address(self) -> str:
        """The path through nested models: "resnet50/conv1_relu"."""
        return self._core.address

    @property
    def axes(self) -> str:
        """The role of each axis but the batch's: "HWC"."""
        return self._core.axes

    @property
    def class_name(self) -> str:
        """Keras's name of the layer's class: "Conv2D"."""
        return self._core.class_name

    @property
    def is_model(self) -> bool:
        """True for the output of a nested model."""
        return self._core.is_model

    @property
    def shape(self) -> tuple[int, ...]:
        """With the batch."""
        return self._core.shape

    @property
    def array(self) -> np.ndarray:
        """A view of what the run computed; it cannot be written."""
        array: Any = self._core.array
        return array  # type: ignore[no-any-return]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.array, dtype=dtype) if copy or dtype is not None else self.array

    def statistics(self) -> Statistics:
        """Range, mean, zeros, dead channels .. over the whole batch."""
        return Statistics(self._core.statistics())

    def grid(self, *, sample: int = 0, sort: str | None = None, **options: Any) -> Picture:
        """The channels as tiles. See Seen.grid."""
        drawn = grid_options(options)
        if sort is not None:
            order = self._core.order(sort)
            wanted = set(drawn.get("channels", order))
            drawn["channels"] = [channel for channel in order if channel in wanted]
        return Picture(_core.grid(self._core, drawn, sample))

    def classes(self, names: Sequence[str] = (), *, over: Any = None, zoom: int = 0, sample: int = 0) -> Picture:
        """A segmentation: the class of each pixel as a colour, with a legend.

        over: a picture to lay the colours over, an array (H, W, C) or (N, H, W, C) of which the sample is taken.
        """
        if over is not None:
            over = to_core(over)
            over = over[sample] if over.ndim == 4 else over
        return Picture(_core.class_map(self._core, list(names), zoom, sample, over))

    def show(self, **options: Any) -> None:
        """Shows the grid at once; options as Seen.grid."""
        display(self.grid(**options))

    def _repr_png_(self) -> bytes:
        return self.grid().png()

    def __repr__(self) -> str:
        return f"<{self.address}: {self.class_name or 'activation'} {self.shape} {self.axes}>"


class Seen(Mapping[str, np.ndarray]):
    """What a run saw: address -> array. In a notebook it shows the overview.

    An address may be shortened to a part that only one has: seen["conv1_relu"] for "resnet50/conv1_relu". Arrays are
    views of what the run computed, and cannot be written.
    """

    def __init__(self, core: _core.Activations, title: str = "", outputs: Sequence[str] = (), labels: Sequence[str] = (),
                 notes: Sequence[str] = (), files: Sequence[str] = ()) -> None:
        self._core, self._title, self._outputs, self._labels = core, title, list(outputs), list(labels)
        #: The file of each sample, if files were given: those of a folder in natural order (2.png before 10.png).
        self.files: list[str] = list(files)
        #: What is worth telling about the inputs, one line each.
        self.notes: list[str] = list(notes)

    @classmethod
    def of(cls, activations: Sequence[Activation], title: str = "", outputs: Sequence[str] = ()) -> Seen:
        """Activations that something else computed."""
        return cls(_core.Activations([one._core for one in activations]), title, outputs)

    def __getitem__(self, address: str) -> np.ndarray:
        return self.activation(address).array

    def __iter__(self) -> Iterator[str]:
        return iter(self._core.addresses())

    def __len__(self) -> int:
        return len(self._core)

    def __contains__(self, address: object) -> bool:
        if not isinstance(address, str):
            return False
        try:
            self._core.at(address)
        except KeyError:
            return False
        return True

    def activation(self, address: str | None = None) -> Activation:
        """With its axes, its layer's class, its statistics and pictures. Without an address: the only one."""
        if address is None and len(self) == 1:
            address = self._core.addresses()[0]
        if not isinstance(address, str):
            raise error("layer-not-found", f"a layer is named by its address, not by {address!r}" if address is not None
                        else f"{len(self)} layers were seen, so one has to be named", hint=f"such as '{next(iter(self), '')}'")
        return Activation(self._core.at(address))

    def sample(self, name: str) -> int:
        """The index of a file's sample: seen["conv1"][seen.sample("rose.jpg")]. Pictures take its name as sample, too."""
        found = [index for index, file in enumerate(self.files) if file == name or os.path.basename(file) == os.path.basename(name)]
        if len(found) != 1:
            close = difflib.get_close_matches(name, self.files, 1)
            raise error("sample-unknown", f"{'several files are' if found else 'the run saw no file'} '{name}'",
                        hint=f"did you mean '{close[0]}'?" if close else "Seen.files lists them")
        return found[0]

    def _index(self, sample: int | str) -> int:
        return self.sample(sample) if isinstance(sample, str) else operator.index(sample)

    __eq__ = object.__eq__  # of arrays it would be ambiguous
    __hash__ = object.__hash__

    def activations(self) -> list[Activation]:
        """All of them, in the order of the run."""
        return [Activation(self._core.at(address)) for address in self]

    @property
    def skipped(self) -> dict[str, Exception]:
        """The layers that could not be computed, with the reasons."""
        return {address: problem for address, _, problem in self._core.skipped()}

    def statistics(self, address: str | None = None) -> Statistics:
        """Of one activation, over the whole batch."""
        return self.activation(address).statistics()

    def grid(self, address: str | None = None, *, sample: int | str = 0, **options: Any) -> Picture:
        """One activation (the only one, if none is named) as a picture: maps as tiles, sequences as lines, vectors as cells.

        scale: "tile" (each tile alone), "layer", "symmetric", "percentile" or (low, high); cmap: "gray", "viridis",
        "magma", "diverging"; sort: "mean", "max", "variance", "zeros"; channels: which, in which order; columns: tiles
        per row; gap, zoom: in pixels; numbers: the channels' indices in the tiles; colorbar; rgb: True, or three channels: as
        colours; sequence: "auto", "lines", "cells"; tokens: (rows, columns) of patches; sample: which of the batch, also
        by the name of its file.
        """
        return self.activation(address).grid(sample=self._index(sample), **options)

    def show(self, address: str | None = None, **options: Any) -> None:
        """Shows the grid at once, also in the middle of a notebook's cell; options as grid."""
        display(self.grid(address, **options))

    def plot(self, address: str | None = None, *, ax: Any = None, title: str | None = None, **options: Any) -> Any:
        """The grid as a figure of Matplotlib, which must be installed, or in its axes `ax`; options as grid."""
        import matplotlib.pyplot as plt

        picture = self.grid(address, **options)
        if ax is None:
            _, ax = plt.subplots(figsize=(8, 8 * picture.height / picture.width))
        ax.imshow(np.asarray(picture), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.set_title(self.activation(address).address if title is None else title)
        ax.set_axis_off()
        return ax.figure

    def overview(self, *, sample: int | str = 0, depth: int = 0, title: str | None = None, **options: Any) -> Picture:
        """The whole run as one picture: a row per layer. depth: how many levels of nested models, 0 for all.

        Options as grid: scale, cmap, tokens.
        """
        index = self._index(sample)
        return Picture(_core.overview(self._core, self._title if title is None else title, self._lines(index), depth,
                                      self._outputs, _page_options(options), index))

    def _lines(self, index: int) -> list[str]:
        named = [f"sample {index}: {self.files[index]}"] if len(self.files) > 1 and 0 <= index < len(self.files) else []
        return self.notes + named

    def html(self, path: str | os.PathLike[str] | None = None, *, sample: int | str = 0, depth: int = 0, title: str | None = None,
             **options: Any) -> str:
        """The overview as one HTML page that needs nothing else; written to `path` if it is given."""
        index = self._index(sample)
        page = _core.overview_page(self._core, self._title if title is None else title, self._lines(index), depth, self._outputs,
                                   _page_options(options), index)
        if path is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(page)
        return page

    def predictions(self, *, sample: int | str = 0, most: int = 5, labels: Sequence[str] | None = None) -> list[tuple[int, float, str]]:
        """The likeliest classes of the model's output, as (index, value, label); empty without such an output."""
        names = self._labels if labels is None else list(labels)
        for address in self._outputs:
            if address in self:
                return _core.predictions(to_core(self[address]), names, self._index(sample), most)
        return []

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all activations, as .npz: numpy.load(path)[address]. The program reads it, too: kerascope diff a.npz b.npz."""
        name = os.fspath(path)
        ending = os.path.splitext(name)[1]
        if ending not in ("", ".npz"):
            raise error("output-ending", f"activations are written as .npz, not as {ending}")
        self._core.write_npz(name if ending else name + ".npz")

    def _rows(self) -> list[tuple[str, str, str, str]]:
        rows = []
        for one in self.activations():
            dtype = one.array.dtype.name
            rows.append((one.address, one.class_name, " x ".join(map(str, one.shape)), "" if dtype == "float32" else dtype))
        return rows

    def __repr__(self) -> str:
        rows = [tuple(cells) for cells in self._rows()]
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]
        skipped = [f"{address}: not computed" for address in self.skipped]
        return "\n".join(lines + skipped) or "<nothing was seen>"

    def _repr_png_(self) -> bytes | None:
        return self.overview().png() if len(self) else None


def save(seen: Seen | Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Writes activations, or any arrays by name, as .npz."""
    if not isinstance(seen, Seen):
        seen = Seen.of([Activation.of(name, array) for name, array in seen.items()])
    seen.save(path)


class Comparison:
    """Where two runs, or the weights of two models, part. Shows its table and, in a notebook, its curve."""

    def __init__(self, core: _core.Comparison, what: str, skipped: Sequence[Sequence[str]] = ((), ())) -> None:
        self._core, self._what = core, what
        #: The layers that could not be computed, of a and of b.
        self.skipped: list[list[str]] = [list(side) for side in skipped]

    @property
    def first(self) -> str | None:
        """The address of the first row that differs beyond the tolerance."""
        return self._core.first

    @property
    def agree(self) -> bool:
        """True if no row differs beyond the tolerance, and all layers could be computed."""
        return self._core.parted == 0 and not any(self.skipped)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """address, kind ("both", "shapes", "only a", "only b"), shapes, absolute and relative distance, cosine, parts."""
        return self._core.rows()

    def table(self, *, top: int = 0, all: bool = False) -> str:
        """As text. top: only so many rows, the furthest apart first; all: also those that agree."""
        table: str = self._core.table(top, all, self._what)
        for side, layers in zip("ab", self.skipped):
            if layers:
                table += f"{len(layers)} {'layer' if len(layers) == 1 else 'layers'} not computed in {side}: {_some(layers)}\n"
        return table

    def curve(self) -> Picture:
        """The relative distance over the depth of the network."""
        return Picture(_core.curve(self._core, "Relative distance, layer by layer"))

    def __repr__(self) -> str:
        return self.table().rstrip("\n")

    def _repr_html_(self) -> str:
        picture = base64.b64encode(self.curve().png()).decode()
        return f'<pre style="font-family:monospace">{html.escape(self.table())}</pre><img alt="relative distance, layer by layer" src="data:image/png;base64,{picture}">'
