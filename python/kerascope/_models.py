"""Models, their layers and functions."""

from __future__ import annotations

import html
import json
import os
import queue
import threading
import warnings
from _signal import SIGINT, default_int_handler, getsignal  # type: ignore[import-not-found]  # signal's own makes enums
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _core
from ._arrays import to_core
from ._custom import registered
from ._errors import error
from ._inputs import Fed, Reading, fed
from ._keras import keras_of
from ._pictures import Picture
from ._seen import Activation, Comparison, Seen, grid_options, table_html

Progress = Callable[[int, int], None]
CoreModel = _core.Model  # within Model, _core is a property


def _interruptible() -> bool:
    """Whether Ctrl-C would raise KeyboardInterrupt in this thread."""
    return threading.get_ident() == threading.main_thread().ident and bool(getsignal(SIGINT) is default_int_handler)


class _Told:
    """Tells a run's progress: to a function of the user's, or with a bar of tqdm if the run is long."""

    def __init__(self, name: str, progress: Progress | bool) -> None:
        self._name = name
        self._bar: Any = None
        #: What the run is to call, and after how many seconds it begins to.
        self.call: Progress | None = progress if callable(progress) else self._draw if progress else None
        self.after = 0.0 if callable(progress) else 2.0

    def _draw(self, done: int, all: int) -> None:
        if self._bar is None:
            try:
                from tqdm.auto import tqdm  # type: ignore[import-untyped,unused-ignore]
            except ImportError:
                self._bar = False
            else:
                self._bar = tqdm(total=all, desc=self._name, unit="step", leave=False)
        if self._bar:
            self._bar.update(done - self._bar.n)

    def __enter__(self) -> _Told:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.close()


class KerasTensor:
    """An output of a layer, without numbers: where a function begins or ends."""

    def __init__(self, core: _core.KerasTensor) -> None:
        self._core = core

    @property
    def name(self) -> str:
        """Its address in the model."""
        return self._core.name

    @property
    def shape(self) -> tuple[int | None, ...]:
        """With the batch; None for open sizes."""
        return self._core.shape

    def __repr__(self) -> str:
        return f"<KerasTensor {self.name} {self.shape}>"


class Layer:
    """A layer of a model."""

    def __init__(self, core: _core.Layer, address: str) -> None:
        self._core, self._address = core, address

    @property
    def name(self) -> str:
        """The last part of its address."""
        return self._core.name

    @property
    def address(self) -> str:
        """Its path through nested models."""
        return self._address

    @property
    def class_name(self) -> str:
        """Keras's: "Conv2D"."""
        return self._core.class_name

    @property
    def output(self) -> KerasTensor:
        """The output of its first call."""
        return KerasTensor(self._core.output())

    @property
    def outputs(self) -> list[KerasTensor]:
        """All outputs of its first call."""
        return [KerasTensor(one) for one in self._core.outputs()]

    @property
    def layers(self) -> list[Layer]:
        """Of a nested model."""
        return [Layer(one, f"{self._address}/{one.name}") for one in self._core.layers()]

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """By Keras's names, in Keras's order: {"kernel": .., "bias": ..}. Views of the file; they cannot be written."""
        return dict(self._core.weights())

    def kernels(self, *, filter: int | None = None, **options: Any) -> Picture:
        """The kernel as a picture, filter by filter. filter: only this one; options as Seen.grid: scale, cmap, gap, zoom."""
        drawn = grid_options(options, ("scale", "cmap", "gap", "zoom"), "a kernel's picture")
        return Picture(_core.kernel_picture(self._core, drawn, filter))

    def _rows(self) -> list[tuple[str, str, str, str]]:
        def numbers(array: np.ndarray) -> tuple[str, str]:
            kind = "" if array.dtype == np.float32 else f" {array.dtype.name}"
            shown = f"{array.min():.4g} .. {array.max():.4g}" if array.size and array.dtype.kind != "O" else ""
            return f"{array.shape}{kind}", shown

        return [(name, *numbers(array), f"{array.size:,}") for name, array in self.weights.items()]

    def __repr__(self) -> str:
        return f"<Layer {self.address}: {self.class_name} {self.output.shape}>"

    def __str__(self) -> str:
        lines = [f"{self.address}   {self.class_name}   {self.output.shape}"]
        return "\n".join(lines + [f"  {name}  {shape}  {values}" for name, shape, values, _ in self._rows()])

    def _repr_html_(self) -> str:
        head = f"<p><b>{html.escape(self.address)}</b> {html.escape(self.class_name)} {html.escape(str(self.output.shape))}</p>"
        rows = self._rows()
        return head + (table_html(["weight", "shape", "range", "numbers"], rows) if rows else "")


class Profile:
    """What the steps of a run cost: layers that are computed together are one step."""

    def __init__(self, core: _core.ModelProfile) -> None:
        self._core = core

    @property
    def steps(self) -> list[dict[str, Any]]:
        """addresses, operation, shape, seconds, flops, bytes (at least moved), least_seconds (what these take at best)."""
        return self._core.steps

    @property
    def seconds(self) -> float:
        """Of a run: all steps, and what lies between them."""
        return self._core.seconds

    @property
    def first_seconds(self) -> float:
        """Of the first run, which reads the weights."""
        return self._core.first_seconds

    @property
    def least_seconds(self) -> float:
        """What the arithmetic and the memory traffic of a run take at best."""
        return self._core.least_seconds

    def __repr__(self) -> str:
        return self._core.table().rstrip("\n")

    def _repr_html_(self) -> str:
        def row(name: str, seconds: float, least: float, operation: str) -> list[str]:
            return [name, f"{1e3 * seconds:.3f}", f"{seconds / self.seconds:.1%}", f"{1e3 * least:.3f}", operation]

        rows = [row(step["addresses"], step["seconds"], step["least_seconds"], step["operation"]) for step in self.steps]
        return table_html(["step", "ms", "share", "at least", "operation"], [*rows, row("all", self.seconds, self.least_seconds, "")])


class _Facts(NamedTuple):
    """What every call needs of an opened model, asked for once."""

    name: str
    inputs: list[str]
    outputs: list[str]
    labels: list[str]


class Model:
    """A trained model. In a notebook it shows its layers. Many threads may run one model at a time."""

    _known: tuple[CoreModel, _Facts] | None = None
    _checks_arrays = True  #: at the first call only, as it runs a part of the model

    def __init__(self, core: _core.Model, path: str | None = None) -> None:
        self._loaded, self._path = core, path

    @property
    def _core(self) -> CoreModel:
        return self._loaded

    def _opened(self) -> tuple[CoreModel, _Facts]:
        core = self._core
        if self._known is None or self._known[0] is not core:
            self._known = core, _Facts(core.name, [one.name for one in core.inputs()], [one.name for one in core.outputs()],
                                       core.labels())
        return self._known

    def _fed(self, core: CoreModel, facts: _Facts, inputs: Any, reading: Reading) -> Fed:
        given = fed(core, facts.inputs, inputs, reading, self._checks_arrays)
        self._checks_arrays = False
        for line in given.warnings:
            warnings.warn(line, stacklevel=3)
        return given

    @property
    def name(self) -> str:
        """In Keras: "sequential"."""
        return self._core.name

    @property
    def class_name(self) -> str:
        """"Functional", "Sequential" or a user's own."""
        return self._core.class_name

    @property
    def keras_version(self) -> str:
        """Of the Keras that wrote it."""
        return self._core.keras_version

    @property
    def inputs(self) -> list[KerasTensor]:
        """In the order in which run takes them."""
        return [KerasTensor(one) for one in self._core.inputs()]

    @property
    def outputs(self) -> list[KerasTensor]:
        """In the order in which predict returns them."""
        return [KerasTensor(one) for one in self._core.outputs()]

    @property
    def layers(self) -> list[Layer]:
        """The outermost layers; layer.layers gives those of a nested model."""
        return [Layer(one, one.name) for one in self._core.layers()]

    def layer(self, address: str | int) -> Layer:
        """By name at any depth, path, pattern that one layer matches, or index."""
        core = self._core.layer(address)
        return Layer(core, core.output().name.split("@")[0].split("#")[0])

    def tensor(self, address: str) -> KerasTensor:
        """The tensor at an address, for ks.function: "conv2/pre_activation"."""
        return KerasTensor(self._core.tensor(address))

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """All weights: {"resnet50/conv1_conv/kernel": ..}. Views of the file; they cannot be written."""
        found: dict[str, np.ndarray] = {}

        def gather(layers: Iterable[Layer]) -> None:
            for layer in layers:
                if inner := layer.layers:
                    gather(inner)
                else:
                    found.update({f"{layer.address}/{name}": array for name, array in layer.weights.items()})

        gather(self.layers)
        return found

    def summary(self) -> str:
        """A table of all layers, for people."""
        return self._core.summary()

    def run(
        self,
        inputs: Any,
        taps: str | Iterable[str] | None = None,
        *,
        phase: str = "inference",
        seed: int | None = 0,
        exact: bool = False,
        threads: int = 0,
        memory: int = 0,
        assume: str | Iterable[str] = (),
        preprocessing: str | None = None,
        resize: str | None = "nearest",
        keep_aspect_ratio: bool = False,
        skip_damaged: bool = False,
        progress: Progress | bool = True,
        on_ready: Callable[[Activation], None] | None = None,
    ) -> Seen:
        """Computes all layers at every depth, or those that `taps` names, in one pass.

        inputs: a path (picture, folder of pictures, .npy, .npz), a picture of PIL, an array of NumPy, TensorFlow, JAX or
          torch, batch first; for a model with several inputs a list in their order, or a dict by their names.
        taps: names, paths, indices (3, -1, "0..5"), layers, patterns ("conv*", "**/conv?", "type:Conv2D"), calls
          ("dense@1"), "conv1/pre_activation", channels ("conv5:17"). None: all layers.
        phase: "inference"; "training" (batch statistics, dropout with the seed; seed=None: none); "as-called".
        exact: without Winograd. threads: 0 for all. memory: a limit in bytes, 0 for none.
        assume: layers that cannot be computed, to be replaced by the identity.
        preprocessing: "raw", "unit", "tf", "caffe", "torch" or "mean=..,std=.."; None: for pictures what the architecture
          expects, for arrays none (and a warning, at a model's first call, if they probably lack it).
        resize: "nearest", "bilinear", .. or None.
        progress: True: a bar if the run is long and tqdm is there; or progress(done, all) before each step.
        on_ready: gets each activation as soon as it is computed, with memory of its own; then the result holds none.
        """
        core, facts = self._opened()
        given = self._fed(core, facts, inputs, Reading(preprocessing, resize, keep_aspect_ratio, skip_damaged))
        ready = None if on_ready is None else lambda *parts: on_ready(_streamed(*parts))
        with _Told(facts.name, progress) as told:
            seen = core.run(given.arrays, _names(taps), _names(assume or None), phase, seed, exact, threads, memory, ready,
                            told.call, told.after, _interruptible())
        return Seen(seen, facts.name, facts.outputs, facts.labels, given.notes, given.files)

    def predict(self, inputs: Any, *, phase: str = "inference", seed: int | None = 0, exact: bool = False, threads: int = 0,
                preprocessing: str | None = None, resize: str | None = "nearest", progress: Progress | bool = True) -> Any:
        """Only the model's outputs: an array, or a list of arrays if there are several. Arguments as run."""
        core, facts = self._opened()
        given = self._fed(core, facts, inputs, Reading(preprocessing, resize))
        with _Told(facts.name, progress) as told:
            outputs = core.predict(given.arrays, phase, seed, exact, threads, told.call, told.after, _interruptible())
        return outputs[0] if len(outputs) == 1 else outputs

    def stream(self, inputs: Any, taps: str | Iterable[str] | None = None, **options: Any) -> Iterator[Activation]:
        """One activation after the other, as soon as it is computed; only one is held. Arguments as run.

        Layers that together exceed the memory can be seen so. Leaving the loop ends the run.
        """
        ready: queue.Queue[Any] = queue.Queue(maxsize=1)
        ended = threading.Event()

        class Left(Exception):
            pass

        def put(one: Any) -> None:
            while not ended.is_set():
                try:
                    return ready.put(one, timeout=0.05)
                except queue.Full:
                    continue
            raise Left

        def compute() -> None:
            try:
                self.run(inputs, taps, on_ready=put, **options)
                put(None)
            except Left:
                pass
            except BaseException as error:  # to be raised where the loop is
                try:
                    put(error)
                except Left:
                    pass

        worker = threading.Thread(target=compute, name="kerascope-stream")
        worker.start()
        try:
            while (one := ready.get()) is not None:
                if isinstance(one, BaseException):
                    raise one
                yield one
        finally:
            ended.set()
            worker.join()

    def batches(self, data: Iterable[Any], taps: str | Iterable[str] | None = None, **options: Any) -> Iterator[Seen]:
        """Runs a tf.data.Dataset, a keras.utils.PyDataset or any iterable of batches, a Seen per batch.

        Of a batch that is a tuple, (x, y) or (x, y, weights), x is taken. Arguments as run.
        """
        if isinstance(data, (str, os.PathLike, np.ndarray)):
            raise TypeError(f"batches takes an iterable of batches, not {type(data).__name__}; run(data) takes it as one batch")
        sized: Any = data
        batches = (sized[i] for i in range(len(sized))) if hasattr(data, "__getitem__") and hasattr(data, "__len__") else data
        for batch in batches:
            yield self.run(batch[0] if isinstance(batch, tuple) else batch, taps, **options)

    def profile(self, inputs: Any, taps: str | Iterable[str] | None = None, *, runs: int = 10, phase: str = "inference",
                seed: int | None = 0, exact: bool = False, threads: int = 0, preprocessing: str | None = None,
                resize: str | None = "nearest", progress: Progress | bool = True) -> Profile:
        """What each step of a run costs, beside what it would cost at least on this machine. Arguments as run.

        runs: how many are timed, after two that warm up; the means are of the middle half.
        """
        core, facts = self._opened()
        given = self._fed(core, facts, inputs, Reading(preprocessing, resize))
        with _Told(facts.name, progress) as told:
            return Profile(core.profile(given.arrays, _names(taps), runs, phase, seed, exact, threads, told.call, told.after,
                                        _interruptible()))

    def load_weights(self, path: str | os.PathLike[str], *, by_name: bool = False) -> dict[str, list[str]]:
        """As Keras's: the layers that were loaded, those missing in the file, and those that the model lacks."""
        done = self._core.load_weights(os.fspath(path), by_name)
        self._path = None  # the file has other weights
        return dict(zip(("loaded", "missing", "unused"), done))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes a .keras archive that Keras 3 opens."""
        self._core.save(os.fspath(path))

    def __reduce__(self) -> Any:
        if self._path is None:
            raise TypeError("no file has this model's weights; save it, and pickle ks.load(path)")
        return load, (self._path,)

    def __copy__(self) -> Model:
        return self

    def __deepcopy__(self, memo: Any) -> Model:
        return self

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __repr__(self) -> str:
        return self.summary().rstrip("\n")

    def _repr_html_(self) -> str:
        title = html.escape(self.summary().partition("\n")[0])
        return f"<p>{title}</p>" + _model_html(json.loads(self._core.summary_json()))


def _model_html(summary: Mapping[str, Any]) -> str:
    """A table per model; nested models fold."""
    rows = summary["layers"]

    def shape(row: Mapping[str, Any]) -> str:
        sizes = row.get("output")
        return "" if sizes is None else " x ".join("?" if size is None else str(size) for size in sizes[1:]) or "1"

    def table(prefix: str) -> str:
        parts = []
        for row in rows:
            address = row["address"]
            if not address.startswith(prefix) or "/" in address[len(prefix):]:
                continue
            parameters = row.get("parameters")
            note = "" if row.get("computable", True) else "not computed"
            cells = [str(row.get("index") if row.get("index") is not None else ""), address[len(prefix):], row["class"],
                     shape(row), f"{parameters:,}" if parameters else "", note]
            parts.append("<tr>" + "".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in cells) + "</tr>")
            inner = address + "/"
            if any(other["address"].startswith(inner) for other in rows):
                parts.append(f'<tr><td></td><td colspan="5" style="text-align:left"><details><summary>layers of {html.escape(address)}</summary>'
                             f"{table(inner)}</details></td></tr>")
        head = "".join(f'<th style="text-align:left">{one}</th>' for one in ("", "layer", "class", "output", "parameters", ""))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(parts)}</tbody></table>"

    return table("")


def _names(given: Any) -> list[str]:
    """Addresses and patterns, from names, indices, layers and tensors."""
    if given is None:
        return []
    names = [given] if isinstance(given, (str, int, Layer, KerasTensor)) else list(given)
    if not names:
        raise error("taps-empty", "no layer is asked for", hint="None asks for all layers")
    return [_name(one) for one in names]


def _name(one: Any) -> str:
    if isinstance(one, Layer):
        return one.address
    if isinstance(one, KerasTensor):
        return one.name
    if not isinstance(one, (str, int)) or isinstance(one, bool):
        raise TypeError(f"a layer is named by its address, its index or itself, not by {one!r}")
    return str(one)


def _streamed(address: str, axes: str, class_name: str, is_model: bool, first: int, array: np.ndarray) -> Activation:
    return Activation.of(address, array, axes, class_name, is_model)


class Function:
    """Computes tensors of a model from others, as K.function did; see ks.function."""

    def __init__(self, core: _core.Function, inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor], one: bool) -> None:
        self._core, self._inputs, self._outputs, self._one = core, list(inputs), list(outputs), one

    def __call__(self, *inputs: Any, phase: str = "inference", seed: int | None = 0, exact: bool = False, threads: int = 0) -> Any:
        """f(x), f(x, y) or f([x, y]): an array per output; not in a list if ks.function was given no list of outputs."""
        given = inputs[0] if len(inputs) == 1 and isinstance(inputs[0], (list, tuple)) and len(self._inputs) == len(inputs[0]) else inputs
        outputs = self._core.call([to_core(one) for one in given], phase, seed, exact, threads, None, 0.0, _interruptible())
        return outputs[0] if self._one else outputs

    def __repr__(self) -> str:
        return f"<function from {[one.name for one in self._inputs]} to {[one.name for one in self._outputs]}>"


Ends = KerasTensor | Layer | Sequence[KerasTensor | Layer]


def _tensors(ends: Ends) -> list[KerasTensor]:
    tensors = []
    for end in [ends] if isinstance(ends, (str, KerasTensor, Layer)) else ends:
        if not isinstance(end, (KerasTensor, Layer)):
            raise TypeError(f"a function begins and ends at layers and tensors, not at {end!r}; model.layer(..), model.tensor(..)")
        tensors.append(end.output if isinstance(end, Layer) else end)
    return tensors


def function(inputs: Ends, outputs: Ends) -> Function:
    """A function from any tensors of a model to any others; a layer stands for its output.

    >>> f = ks.function(model.inputs, model.layer("conv1").output)
    >>> maps = f(image)
    """
    ins, outs = _tensors(inputs), _tensors(outputs)
    core = _core.function([one._core for one in ins], [one._core for one in outs])
    return Function(core, ins, outs, isinstance(outputs, (KerasTensor, Layer)))


def load(path: str | os.PathLike[str], *, lambdas: Mapping[str, str] | None = None) -> Model:
    """Opens a trained model: .keras, .h5, or the .json of an architecture, written by any Keras from 2 on.

    Nothing in the file is ever run. A layer that Kerascope cannot compute is no error: those that do not need it are.
    ks.register gives layers of your own a meaning. A Lambda is computed if its code is one expression that can be read
    with certainty; lambdas says what others compute, by their addresses or patterns, in expressions of the input x:

    >>> model = ks.load("net.keras", lambdas={"centre": "x / 127.5 - 1", "distance": "K.abs(x[0] - x[1])"})
    """
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"load takes a path, not {type(path).__name__}; ks.from_keras(model) takes a model in memory")
    name = os.fspath(path)
    meanings = [(str(address), str(meaning)) for address, meaning in (lambdas or {}).items()]
    return Model(_core.load(name, registered(), meanings, _interruptible()), os.path.abspath(name))


def diff(a: Any, b: Any, inputs: Any = None, *, tolerance: float = 1e-4, **options: Any) -> Comparison:
    """Where two models part, layer by layer, for an input; without an input, where their weights do.

    a and b: models, of Keras too, their paths, or what runs have seen (.npz, too). tolerance: the largest difference that
    counts as equal, relative to the layer's largest number; NaN equals NaN. Further options as Model.run.
    """
    if not tolerance >= 0:
        raise ValueError(f"a tolerance is at least 0, not {tolerance}")
    sides = [_side(one) for one in (a, b)]
    if inputs is None and options:
        raise TypeError(f"without inputs nothing is run, so '{next(iter(options))}' means nothing")
    if inputs is not None:
        sides = [one.run(inputs, **options) if isinstance(one, Model) else one for one in sides]
    if all(isinstance(one, Model) for one in sides):
        comparison, what = _core.compare_weights(sides[0]._core, sides[1]._core, tolerance), "weights"
    elif all(isinstance(one, Seen) for one in sides):
        comparison, what = _core.compare(sides[0]._core, sides[1]._core, tolerance), "layers"
        return Comparison(comparison, what, [list(side.skipped) for side in sides])
    else:
        raise TypeError("a model and what a run has seen are compared for an input: ks.diff(model, seen, image)")
    return Comparison(comparison, what)


def _side(one: Any) -> Any:
    """A side of a comparison: a Model or a Seen."""
    if isinstance(one, (str, os.PathLike)):
        if not os.fspath(one).endswith(".npz"):
            return load(one)
        with np.load(one) as arrays:
            return Seen.of([Activation.of(address, arrays[address]) for address in arrays])
    if isinstance(one, (Model, Seen)):
        return one
    if keras_of(one):
        from ._live import from_keras  # it imports this module

        return from_keras(one)
    raise TypeError(f"diff compares models, runs and their files, not {type(one).__name__}")


def read_labels(path: str | os.PathLike[str]) -> list[str]:
    """Names of classes: one per line, or JSON."""
    return _core.read_labels(os.fspath(path))
