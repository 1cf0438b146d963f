"""Watches the layers of a model while it is trained."""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys
import warnings
from typing import Any

from ._arrays import to_numpy
from ._inputs import is_path, is_pil
from ._live import from_keras
from ._models import Model
from ._record import record
from ._seen import Seen, grid_options


def Watch(inputs: Any, taps: str | list[str] | None = None, *, every: int = 1, folder: str | os.PathLike[str] = "watch",
          film: str = "gif", **options: Any) -> Any:
    """A callback for fit that keeps what the layers show after each epoch.

    >>> model.fit(x, y, epochs=20, callbacks=[ks.Watch("digit.png", taps="conv*")])

    inputs: as Model.run takes them; of a subclassed model, which is recorded, an array.
    every: only each so many epochs, and before the first.
    folder: gets LAYER/epoch-0001.png, LAYER.gif (or film="webp"; both need Pillow), statistics.json (per layer and epoch:
      minimum, maximum, mean, share of zeros, dead channels) and, with Matplotlib, curves.png.
    options: how pictures are drawn, as Seen.grid; preprocessing as Model.run.
    """
    if every < 1:
        raise ValueError("every is at least 1")
    if film not in ("gif", "webp"):
        raise ValueError(f"a film is 'gif' or 'webp', not {film!r}")
    if inputs is None:
        raise TypeError("Watch needs an input to look at")
    grid_options({key: value for key, value in options.items() if key not in ("preprocessing", "sort", "sample")})
    package = next((name for name in ("keras", "tf_keras") if name in sys.modules), None)
    if package is None:
        raise RuntimeError("import keras, or tf_keras, before kerascope.Watch is made: it is a callback of theirs")
    base = sys.modules[package].callbacks.Callback
    return type("Watch", (_Watch, base), {})(inputs, taps, every, pathlib.Path(folder), film, options)


class _Watch:
    """The part of the callback that is the same for each Keras."""

    model: Any

    def __init__(self, inputs: Any, taps: Any, every: int, folder: pathlib.Path, film: str, options: dict[str, Any]) -> None:
        super().__init__()
        self._inputs, self._taps, self._every, self._folder, self._film = inputs, taps, every, folder, film
        self._preprocessing = options.pop("preprocessing", None)
        self._options = options
        self._live: Model | None = None
        #: address -> epoch -> statistics
        self.statistics: dict[str, dict[int, dict[str, Any]]] = {}
        self._pictures: dict[str, list[pathlib.Path]] = {}

    def on_train_begin(self, logs: Any = None) -> None:
        """Before the first epoch: epoch 0."""
        try:
            self._live = from_keras(self.model)
        except ValueError:
            if is_path(self._inputs) or is_pil(self._inputs):
                raise
        self._look(0)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """After each epoch that is to be seen."""
        if (epoch + 1) % self._every == 0:
            self._look(epoch + 1)

    def on_train_end(self, logs: Any = None) -> None:
        """Films and curves."""
        self._write_films()
        self._write_curves()

    def _seen(self) -> Seen:
        if self._live is not None:
            return self._live.run(self._inputs, self._taps, preprocessing=self._preprocessing, progress=False)
        with record(self.model, self._taps) as seen:
            self.model(to_numpy(self._inputs), training=False)
        return seen

    def _look(self, epoch: int) -> None:
        seen = self._seen()
        for one in seen.activations():
            numbers = one.statistics()
            kept = {key: numbers[key] for key in ("minimum", "maximum", "mean", "zero_share")}
            self.statistics.setdefault(one.address, {})[epoch] = kept | {"dead_channels": len(numbers["dead_channels"])}
            path = self._folder / _file_name(one.address) / f"epoch-{epoch:04}.png"
            one.grid(**self._options).save(path)
            self._pictures.setdefault(one.address, []).append(path)
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = self._folder / "statistics.json.part"
        unfinished.write_text(json.dumps(self.statistics, indent=1), encoding="utf-8")
        unfinished.replace(self._folder / "statistics.json")

    def _write_films(self) -> None:
        try:
            from PIL import Image
        except ImportError:
            warnings.warn("Pillow is not installed, so the pictures were not made into films", stacklevel=2)
            return
        for address, paths in self._pictures.items():
            frames = [Image.open(path).convert("RGB") for path in paths]
            frames[0].save(self._folder / f"{_file_name(address)}.{self._film}", save_all=True, append_images=frames[1:],
                           duration=200, loop=0)

    def _write_curves(self) -> None:
        try:
            from matplotlib.figure import Figure
        except ImportError:
            return
        shown = ("mean", "maximum", "zero_share", "dead_channels")
        figure = Figure(figsize=(9, 12), layout="constrained")
        for axis, key in zip(figure.subplots(len(shown), 1, sharex=True), shown):
            for address, epochs in list(self.statistics.items())[:20]:
                axis.plot(list(epochs), [numbers[key] for numbers in epochs.values()], label=address)
            axis.set_ylabel(key.replace("_", " "))
        axis.set_xlabel("epoch")
        axis.xaxis.get_major_locator().set_params(integer=True)
        figure.axes[0].legend(fontsize="small", ncols=3)
        figure.savefig(self._folder / "curves.png")


def _file_name(address: str) -> str:
    return re.sub(r"[^\w.@#-]", "_", address)
