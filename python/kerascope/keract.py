"""The functions of keract 4.5, for code that used it: change the import, and it works with every Keras.

>>> from kerascope import keract
>>> activations = keract.get_activations(model, x)
>>> keract.display_activations(activations)
"""

from __future__ import annotations

import json
import math
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._errors import error
from ._live import from_keras, keras_of
from ._models import Model
from ._record import record
from ._seen import Seen

__all__ = [
    "display_activations", "display_gradients_of_trainable_weights", "display_heatmaps", "get_activations",
    "get_gradients_of_activations", "get_gradients_of_trainable_weights", "load_activations_from_json_file",
    "persist_to_json_file",
]


def get_activations(
    model: Any,
    x: Any,
    layer_names: str | Sequence[str] | None = None,
    nodes_to_evaluate: Sequence[Any] | None = None,
    output_format: str = "simple",
    nested: bool = False,
    auto_compile: bool = True,
) -> dict[Any, np.ndarray]:
    """The outputs of the layers by their names, inputs first.

    model: of Keras 3 or tf_keras, or of ks.load. It need not be compiled, and auto_compile changes nothing.
    x: an array, or a list with one per input.
    layer_names: only these. nodes_to_evaluate: Keras's tensors instead of layers.
    output_format: "simple": names of layers; "full": names of their tensors; "numbered": 0, 1, ..
    nested: the layers of nested models, as "inner/conv", instead of these models.
    """
    names = [layer_names] if isinstance(layer_names, str) else layer_names
    if nodes_to_evaluate is not None:
        if names is not None:
            raise ValueError("layer_names and nodes_to_evaluate exclude each other")
        return _of_tensors(model, x, nodes_to_evaluate, output_format)
    seen, inputs = _seen(model, x)
    inputs_first = sorted(seen.activations(), key=lambda one: one.address not in inputs)
    found: OrderedDict[str, np.ndarray] = OrderedDict()
    for one in inputs_first:
        is_inner_input = one.class_name == "InputLayer" and one.address not in inputs
        wanted = not one.is_model if nested else "/" not in one.address
        if wanted and not is_inner_input:
            found[one.address] = one.array
    if names is not None:
        chosen = OrderedDict((name, array) for name, array in found.items() if name in names)
        if not chosen:
            raise KeyError(f"no layer is named {', '.join(names)}; there are {', '.join(found)}")
        found = chosen
    if not found:
        raise ValueError("the model has no layers")
    return _keyed(found, model, output_format)


def _seen(model: Any, x: Any) -> tuple[Seen, list[str]]:
    """All layers, and the names of the model's inputs."""
    if isinstance(model, Model):
        return model.run(x), [tensor.name for tensor in model.inputs]
    try:
        live = from_keras(model)
    except ValueError:  # it has no graph
        with record(model) as seen:
            model(x)
        return seen, []
    return live.run(x), [tensor.name for tensor in live.inputs]


def _keyed(found: Mapping[str, np.ndarray], model: Any, output_format: str) -> dict[Any, np.ndarray]:
    if output_format == "numbered":
        return OrderedDict(enumerate(found.values()))
    if output_format == "full" and keras_of(model):
        tensors = {layer.name: layer.output for layer in model.layers if hasattr(layer, "output")}
        return OrderedDict((getattr(tensors.get(name), "name", name), array) for name, array in found.items())
    return OrderedDict(found)


def _of_tensors(model: Any, x: Any, tensors: Sequence[Any], output_format: str) -> dict[Any, np.ndarray]:
    live = model if isinstance(model, Model) else from_keras(model)
    addresses = [tensor.name if isinstance(model, Model) else _address(tensor) for tensor in tensors]
    seen = live.run(x, taps=addresses)
    found = OrderedDict((tensor.name, seen[address]) for tensor, address in zip(tensors, addresses))
    return OrderedDict(enumerate(found.values())) if output_format == "numbered" else found


def _address(tensor: Any) -> str:
    history = tensor._keras_history
    layer = getattr(history, "operation", None) or history.layer
    calls = len(layer._inbound_nodes)
    address: str = layer.name
    if calls > 1:
        address += f"@{history.node_index}"
    outputs = layer._inbound_nodes[history.node_index].outputs
    if isinstance(outputs, (list, tuple)) and len(outputs) > 1:
        address += f"#{history.tensor_index}"
    return address


def _no_gradients(*_: Any, **__: Any) -> Any:
    raise error(
        "gradients-missing",
        "Kerascope computes no gradients yet",
        hint="a later release brings them; until then tf.GradientTape, jax.grad or torch.autograd give them",
    )


def get_gradients_of_activations(model: Any, x: Any, y: Any, layer_names: Any = None, output_format: str = "simple",
                                 nested: bool = False) -> Any:
    """A later release brings gradients. @raises kerascope.Error{gradients-missing}"""
    return _no_gradients()


def get_gradients_of_trainable_weights(model: Any, x: Any, y: Any) -> Any:
    """A later release brings gradients. @raises kerascope.Error{gradients-missing}"""
    return _no_gradients()


def _figures(activations: Mapping[Any, Any]) -> Any:
    """Those that keract draws: of one sample. Says what is passed over."""
    for name, array in activations.items():
        array = np.asarray(array)
        print(name, array.shape, end="" if array.shape[0] == 1 else " -> Skipped. First dimension is not 1.")
        print()
        if array.shape[0] == 1:
            yield str(name), array


def _channel_axis(data_format: str) -> int:
    if data_format not in ("channels_last", "channels_first"):
        raise ValueError("data_format is 'channels_last' or 'channels_first'")
    return -1 if data_format == "channels_last" else 0


def _maps(array: np.ndarray, data_format: str) -> list[np.ndarray]:
    """The channels of one sample, each (height, width) or (1, steps)."""
    channels = np.moveaxis(array[0], _channel_axis(data_format), 0)
    return [channel[None] if channel.ndim == 1 else channel for channel in channels]


def _subplots(count: int, size: tuple[float, float]) -> Any:
    import matplotlib.pyplot as plt

    rows = math.ceil(math.sqrt(count))
    figure, axes = plt.subplots(rows, math.ceil(count / rows), squeeze=False, figsize=size)
    for axis in axes.flat:
        axis.axis("off")
    return figure, axes.flat


def _finish(figure: Any, name: str, index: int, directory: str, save: bool) -> None:
    import matplotlib.pyplot as plt

    if save:
        os.makedirs(directory, exist_ok=True)
        plt.savefig(os.path.join(directory, f"{index}_{name.split('/')[0]}.png"), bbox_inches="tight")
    else:
        plt.show()
    plt.close(figure)


def display_activations(
    activations: Mapping[Any, Any],
    cmap: Any = None,
    save: bool = False,
    directory: str = ".",
    data_format: str = "channels_last",
    fig_size: tuple[float, float] = (24, 24),
    reshape_1d_layers: bool = False,
) -> None:
    """A figure of Matplotlib per layer, with a subplot per channel; saved as directory/INDEX_NAME.png or shown."""
    _channel_axis(data_format)
    for index, (name, array) in enumerate(_figures(activations)):
        if array.ndim <= 2:
            vector = array.reshape(1, -1)
            maps = [vector.reshape(_near_square(vector.size)) if reshape_1d_layers else vector]
        else:
            maps = _maps(array, data_format)
        figure, axes = _subplots(len(maps), fig_size)
        drawn = None
        for axis, channel in zip(axes, maps):
            drawn = axis.imshow(channel, cmap=cmap)
        figure.suptitle(name)
        figure.subplots_adjust(right=0.8)
        if drawn is not None:
            figure.colorbar(drawn, cax=figure.add_axes([0.85, 0.15, 0.03, 0.7]))
        _finish(figure, name, index, directory, save)


def _near_square(count: int) -> tuple[int, int]:
    """Its two factors that are nearest to each other, the larger first."""
    small = next(factor for factor in range(math.isqrt(count), 0, -1) if count % factor == 0)
    return count // small, small


def display_heatmaps(
    activations: Mapping[Any, Any],
    input_image: Any,
    directory: str = ".",
    save: bool = False,
    fix: bool = True,
    merge_filters: bool = False,
) -> None:
    """Each channel, or with merge_filters the sum of all, as a heatmap over the picture; maps and sequences only.

    input_image: (height, width[, 3]), 0 to 1; fix: a batch axis, a single channel and numbers to 255 are taken, too.
    """
    picture = np.array(input_image, dtype="float32")
    if fix:
        if picture.ndim == 4:
            picture = picture[0]
        if picture.ndim == 3 and picture.shape[2] == 1:
            picture = picture[:, :, 0]
        if picture.min() >= 0 and 1 < picture.max() <= 255:
            picture = picture / 255
    drawable = {name: array for name, array in activations.items() if np.ndim(array) > 2}
    for index, (name, array) in enumerate(_figures(drawable)):
        maps = _maps(array, "channels_last")
        if merge_filters:
            maps = [np.sum([_unit(channel) for channel in maps], axis=0)]
        figure, axes = _subplots(len(maps), (12, 12))
        figure.suptitle(name)
        extent = (0, picture.shape[1], picture.shape[0], 0)
        for axis, channel in zip(axes, maps):
            axis.imshow(picture, extent=extent)
            axis.imshow(channel, alpha=0.3, cmap="jet", interpolation="bilinear", extent=extent)
        _finish(figure, name, index, directory, save)


def _unit(channel: np.ndarray) -> np.ndarray:
    low, high = channel.min(), channel.max()
    return (channel - low) / (high - low) if high > low else np.zeros_like(channel)


def display_gradients_of_trainable_weights(gradients: Mapping[Any, Any], directory: str = ".", save: bool = False) -> None:
    """A grid of a convolution's gradients, (height, width, channels, filters): channels across, filters down."""
    import matplotlib.pyplot as plt

    index = 0
    for name, array in gradients.items():
        array = np.asarray(array)
        if array.ndim != 4:
            print(name, ": expected (height, width, channels, filters), got", array.shape)
            continue
        figure, axes = plt.subplots(array.shape[3], array.shape[2], squeeze=False, figsize=(12, 12))
        for row in range(array.shape[3]):
            for column in range(array.shape[2]):
                axes[row, column].imshow(array[:, :, column, row], aspect="auto")
                axes[row, column].axis("off")
        figure.suptitle(str(name))
        _finish(figure, str(name), index, directory, save)
        index += 1


def persist_to_json_file(activations: Mapping[Any, Any], filename: str | os.PathLike[str]) -> None:
    """Writes activations as nested lists."""
    with open(filename, "w", encoding="utf-8") as file:
        json.dump(OrderedDict((key, np.asarray(value).tolist()) for key, value in activations.items()), file, indent=2)


def load_activations_from_json_file(filename: str | os.PathLike[str]) -> OrderedDict[str, np.ndarray]:
    """Reads what persist_to_json_file wrote."""
    with open(filename, encoding="utf-8") as file:
        read = json.load(file, object_pairs_hook=OrderedDict)
    return OrderedDict((key, np.array(value)) for key, value in read.items())
