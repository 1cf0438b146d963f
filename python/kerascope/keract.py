"""The functions of keract 4.5, for code that used it: change the import, and it works with every Keras.

>>> from kerascope import keract
>>> activations = keract.get_activations(model, x)
>>> keract.display_activations(activations)
"""

from __future__ import annotations

import difflib
import json
import math
import os
import re
import sys
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._arrays import to_numpy
from ._errors import Error, error
from ._keras import keras_class, keras_of
from ._live import array_of_variable, from_keras
from ._models import Model
from ._record import record
from ._seen import Seen

__all__ = [
    "display_activations", "display_gradients_of_trainable_weights", "display_heatmaps", "get_activations",
    "get_gradients_of_activations", "get_gradients_of_trainable_weights", "load_activations_from_json_file",
    "persist_to_json_file",
]

#: An array, or a list of arrays if a layer has several outputs.
Output = Any


def get_activations(
    model: Any,
    x: Any,
    layer_names: str | Sequence[str] | None = None,
    nodes_to_evaluate: Sequence[Any] | None = None,
    output_format: str = "simple",
    nested: bool = False,
    auto_compile: bool = True,
) -> OrderedDict[Any, Output]:
    """The outputs of the layers by their names: first the model's inputs, then the layers in Keras's order.

    A layer with several outputs has a list of arrays. Of one that is called several times, the first call is returned;
    nodes_to_evaluate gives the others.

    model: of Keras 3 or tf_keras, or of ks.load.
    x: an array, or a list with one per input; these very arrays are returned for the inputs.
    layer_names: only these. nodes_to_evaluate: Keras's tensors and variables, or lists of them, instead of layers.
    output_format: the keys. "simple": names of layers; "full": names of their tensors; "numbered": 0, 1, ..
    nested: instead of models, and of layers of your own, the layers within them: "inner/conv".
    auto_compile: compiles the model if it is not compiled, as keract does; False raises an error then.
    @raises kerascope.Error{layer-not-found}, also a KeyError, if the model has none of layer_names
    """
    if not isinstance(model, Model) and not keras_of(model):
        raise TypeError(f"{type(model).__name__} is no model of Keras 3, tf_keras or Kerascope")
    if nodes_to_evaluate is not None:
        if layer_names is not None:
            raise error("usage", "layer_names and nodes_to_evaluate exclude each other")
        if not nodes_to_evaluate:
            raise error("usage", "nodes_to_evaluate is empty")
        _compile(model, auto_compile)
        found = _of_nodes(model, x, nodes_to_evaluate)
    else:
        names = [layer_names] if isinstance(layer_names, str) else layer_names
        places = _places(model, nested, names or ())
        chosen = [place for place in places if names is None or place.address in names or place.tensor in names]
        if not chosen:
            raise _nothing_chosen(places, names)
        _compile(model, auto_compile)
        outputs = _of_places(model, x, chosen)
        found = OrderedDict((place.tensor if output_format == "full" else place.address, outputs[place.address])
                            for place in chosen if place.address in outputs)
    return OrderedDict(enumerate(found.values())) if output_format == "numbered" else found


#: Models of these names are compiled even with auto_compile=False.
_APPLICATIONS = frozenset(
    "densenet efficientnet inception_resnet_v2 inception_v3 mobilenet mobilenet_v2 nasnet resnet resnet_v2 vgg16 vgg19 xception".split())


def _compile(model: Any, auto_compile: bool) -> None:
    """Nothing here needs it, but callers of keract may count on a compiled model, or on the error."""
    is_compiled = getattr(model, "compiled", False) or getattr(model, "_is_compiled", False)  # Keras 3; tf_keras
    if isinstance(model, Model) or is_compiled:
        return
    is_application = model.name in _APPLICATIONS
    if not auto_compile and not is_application:
        raise error("model-uncompiled", "the model is not compiled", because="auto_compile is False",
                    hint='model.compile(loss="mse", optimizer="adam")')
    model.compile(loss="categorical_crossentropy" if is_application else "mse", optimizer="adam")


class _Place(NamedTuple):
    """A layer of a model, or an input."""

    address: str  #: "inner/conv"
    tensor: str  #: the name of its output
    layer: Any = None  #: Keras's, if it is no input


def _places(model: Any, nested: bool, names: Sequence[str]) -> list[_Place]:
    layers = _layers_of_file(model, nested, names) if isinstance(model, Model) else _layers(model, nested, names)
    return _inputs(model) + [_Place(address, _tensor_name(layer, address), layer) for address, layer in layers]


def _inputs(model: Any) -> list[_Place]:
    """In their order; none of a subclassed model, whose inputs come from no layer."""
    if isinstance(model, Model):
        return [_Place(tensor.name, tensor.name) for tensor in model.inputs]
    tensors = [tensor for tensor in getattr(model, "inputs", None) or [] if hasattr(tensor, "_keras_history")]
    return [_Place(_source(tensor).name, tensor.name) for tensor in tensors]


def _source(tensor: Any) -> Any:
    """The layer or operation that Keras's tensor comes from."""
    history = tensor._keras_history
    return history.operation if hasattr(history, "operation") else history.layer


def _layers_of_file(model: Model, nested: bool, names: Sequence[str]) -> Iterator[tuple[str, None]]:
    rows = json.loads(model._core.summary_json())["layers"]
    models = {row["index"].rpartition("/")[0] for row in rows if row["index"]}
    inside = tuple(f"{row['address']}/" for row in rows if row["index"] in models)
    for row in rows:
        address = _of_first_call(row["address"])
        is_wanted = row["index"] not in models or address in names if nested else not row["address"].startswith(inside)
        if address and is_wanted and row["class"] != "InputLayer":
            yield address, None


def _layers(model: Any, nested: bool, names: Sequence[str], outer: str = "") -> Iterator[tuple[str, Any]]:
    """Keras's layers by address; with `nested` those in models, but what is in `names` stays closed."""
    for layer in _inner(model):
        address = outer + layer.name
        if nested and address not in names and _inner(layer):
            yield from _layers(layer, nested, names, f"{address}/")
        elif type(layer).__name__ != "InputLayer":
            yield address, layer


def _inner(layer: Any) -> Sequence[Any]:
    """The layers of a model, or of a layer of the user's own; Keras's own layers stay closed."""
    if keras_class(layer, "Model"):
        layers: Sequence[Any] = getattr(layer, "operations", None) or layer.layers  # Keras 3's `layers` misses keras.ops
        return layers
    nearest = next(base for base in type(layer).__mro__ if base.__module__.split(".")[0] in ("keras", "tf_keras"))
    return list(layer._flatten_layers(include_self=False, recursive=False)) if nearest.__name__ == "Layer" else []


def _tensor_name(layer: Any, otherwise: str) -> str:
    try:
        return getattr(layer.output, "name", otherwise)  # several outputs are a list
    except (AttributeError, RuntimeError, ValueError):  # no call, or several
        return otherwise


def _nothing_chosen(places: Sequence[_Place], names: Sequence[str] | None) -> Error:
    addresses = [place.address for place in places]
    if not places:
        return error("model-empty", "the model has no layers")
    if not names:
        return error("layer-not-found", "layer_names is empty")
    close = difflib.get_close_matches(names[0], addresses, 1)
    return error("layer-not-found", f"the model has no layer '{names[0]}'",
                 hint=f"did you mean '{close[0]}'?" if close else f"it has {', '.join(addresses)}")


def _of_places(model: Any, x: Any, places: Sequence[_Place]) -> dict[str, Output]:
    """By address; a layer that the model does not call is missing."""
    if _is_without_eager(model):
        tensors = dict(_graph_tensors(model, places))
        found = dict(zip(tensors, _in_session(model, x, list(tensors.values()))))
    else:
        found = {}
        addresses = [place.address for place in places]
        for one in _seen(model, x, addresses).activations():
            address, _, is_one_of_several = _of_first_call(one.address).partition("#")
            if address not in addresses:
                continue
            if is_one_of_several:
                found.setdefault(address, []).append(np.array(one.array))
            else:
                found[address] = np.array(one.array)
    inputs = _inputs(model)
    given = x if isinstance(x, (list, tuple)) and len(x) == len(inputs) else [x]
    return found | {place.address: to_numpy(one) for place, one in zip(inputs, given) if hasattr(one, "shape")}


#: Keras itself shows what is in a model without a graph and in a layer of the user's own.
_FOR_KERAS = ("custom-layer-failed", "custom-layer-shape", "layer-not-found", "layer-unknown", "model-opaque")


def _seen(model: Any, x: Any, addresses: Sequence[str]) -> Seen:
    try:
        return (model if isinstance(model, Model) else from_keras(model)).run(x, addresses)
    except Error as problem:
        if isinstance(model, Model) or problem.code not in _FOR_KERAS:
            raise
    with record(model) as seen:
        model(x)
    return seen


def _of_first_call(address: str) -> str:
    """Without what tells calls apart; empty for a later call."""
    return "" if re.search(r"@[1-9]\d*([/#]|$)", address) else re.sub(r"@0(?=[/#]|$)", "", address)


def _of_nodes(model: Any, x: Any, nodes: Sequence[Any]) -> OrderedDict[str, Output]:
    if _is_without_eager(model):
        return OrderedDict(zip(map(_node_name, nodes), _in_session(model, x, nodes)))
    tensors = [part for node in nodes for part in (node if isinstance(node, (list, tuple)) else [node]) if not _is_variable(part)]
    addresses = {id(tensor): _address(model, tensor) for tensor in tensors}
    seen = _seen(model, x, list(addresses.values())).activations() if addresses else []
    found = {_of_first_call(one.address): one for one in seen} | {one.address: one for one in seen}

    def output(node: Any) -> Output:
        if isinstance(node, (list, tuple)):
            return [output(part) for part in node]
        return np.array(array_of_variable(node) if _is_variable(node) else found[addresses[id(node)]].array)

    return OrderedDict((_node_name(node), output(node)) for node in nodes)


def _is_variable(node: Any) -> bool:
    return hasattr(node, "assign")


def _node_name(node: Any) -> str:
    if isinstance(node, (list, tuple)):
        return "_".join(map(_node_name, node))
    name: str = getattr(node, "path", node.name)  # Keras 3's variables are named only "kernel"
    return name


def _address(model: Any, tensor: Any) -> str:
    if isinstance(model, Model):
        name: str = tensor.name
        return name
    layer, index = _source(tensor), tensor._keras_history.tensor_index
    node = layer._inbound_nodes[tensor._keras_history.node_index]
    address = _path(model, layer) or layer.name  # a Sequential's own input is none of its layers
    calls = _calls(model, layer)
    if calls and node not in calls:
        raise error("layer-not-found", f"the tensor '{tensor.name}' belongs to another model, which calls '{address}', too")
    call = f"@{calls.index(node)}" if len(calls) > 1 else ""
    outputs = node.outputs
    return address + call + (f"#{index}" if isinstance(outputs, (list, tuple)) and len(outputs) > 1 else "")


def _path(model: Any, layer: Any) -> str:
    """Empty if it is not in the model."""
    for one in _inner(model):
        inner = "" if one is layer else _path(one, layer)
        if one is layer or inner:
            return f"{one.name}/{inner}".rstrip("/")
    return ""


def _calls(model: Any, layer: Any) -> list[Any]:
    """The nodes of one of the model's outermost layers that belong to this model, not to another that shares the layer."""
    functional = getattr(model, "_functional", model)  # of a Sequential of Keras 3
    if not hasattr(functional, "_nodes_by_depth"):
        raise error("model-opaque", f"{type(model).__name__} is a subclassed model, which has no graph")
    nodes = {id(node) for level in functional._nodes_by_depth.values() for node in level}
    return [node for node in layer._inbound_nodes if id(node) in nodes]


def _is_without_eager(model: Any) -> bool:
    """Whether tf.compat.v1.disable_eager_execution() was called: then only a session of Keras knows numbers."""
    tensorflow = sys.modules.get("tensorflow")
    if isinstance(model, Model) or tensorflow is None or tensorflow.executing_eagerly():
        return False
    backend = sys.modules[keras_of(model)].backend
    if backend.backend() == "tensorflow" and not hasattr(backend, "function"):
        raise error("eager-missing", "Keras 3 does not compute without TensorFlow's eager execution",
                    hint="remove tf.compat.v1.disable_eager_execution()")
    return hasattr(backend, "function")


def _graph_tensors(model: Any, places: Sequence[_Place]) -> Iterator[tuple[str, Any]]:
    """Address and output of the layers' first calls in the model."""
    for place in places:
        nodes = (_calls(model, place.layer)[:1] or place.layer._inbound_nodes[-1:]) if place.layer else []
        for node in nodes:  # of an inner layer the last: its first is within its own model
            outputs = node.outputs
            yield place.address, outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs


def _in_session(model: Any, x: Any, tensors: Sequence[Any]) -> list[Output]:
    copied = sys.modules["tensorflow"].identity  # what is fed cannot be fetched
    fed = {id(tensor) for tensor in model.inputs}
    fetched = [copied(tensor) if id(tensor) in fed else tensor for tensor in tensors]
    return sys.modules[keras_of(model)].backend.function(model.inputs, fetched)(x) if fetched else []


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


def _drawable(activations: Mapping[Any, Output], least_rank: int) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of one sample. Prints all shapes, and which are passed over."""
    for name, output in activations.items():
        for array in map(np.asarray, output if isinstance(output, list) else [output]):
            problem = ""
            if array.shape[:1] != (1,):
                problem = "is passed over: only a batch of 1 is drawn"
            elif array.ndim < least_rank:
                problem = "is passed over: it has no positions"
            print(name, array.shape, problem)
            if not problem:
                yield str(name), array


def _channels(array: np.ndarray, data_format: str) -> np.ndarray:
    """One sample as (channel, position ..)."""
    if data_format not in ("channels_last", "channels_first"):
        raise error("usage", f"data_format is {data_format!r}", hint="'channels_last' or 'channels_first'")
    return np.moveaxis(array[0], -1 if data_format == "channels_last" else 0, 0)


def _subplots(count: int, size: tuple[float, float]) -> Any:
    import matplotlib.pyplot as plt

    rows = math.ceil(math.sqrt(count))
    figure, axes = plt.subplots(rows, math.ceil(count / rows), squeeze=False, figsize=size)
    for axis in axes.flat:
        axis.axis("off")
    return figure, axes.flat


def _add_colorbar(figure: Any, drawn: Any, **spaces: float) -> None:
    figure.subplots_adjust(right=0.8, **spaces)
    figure.colorbar(drawn, cax=figure.add_axes([0.85, 0.15, 0.03, 0.7]))


def _finish(figure: Any, name: str, index: int, directory: str, save: bool) -> None:
    import matplotlib.pyplot as plt

    if save:
        os.makedirs(directory, exist_ok=True)
        figure.savefig(os.path.join(directory, f"{index}_{name.split('/')[0]}.png"), bbox_inches="tight")
    else:
        plt.show()
    plt.close(figure)


def display_activations(
    activations: Mapping[Any, Output],
    cmap: Any = None,
    save: bool = False,
    directory: str = ".",
    data_format: str = "channels_last",
    fig_size: tuple[float, float] = (24, 24),
    reshape_1d_layers: bool = False,
) -> None:
    """A figure of Matplotlib per layer, with a subplot per channel; shown, or saved as directory/INDEX_NAME.png.

    cmap: of Matplotlib. fig_size: width and height in inches. data_format: "channels_last" or "channels_first".
    reshape_1d_layers: a vector as a rectangle that is nearly a square, not as a line.
    """
    for index, (name, array) in enumerate(_drawable(activations, 0)):
        vector = array.reshape(1, 1, -1)
        if array.ndim <= 2:
            channels = vector.reshape(1, *_convert_1d_to_2d(vector.size)) if reshape_1d_layers else vector
        else:
            channels = _channels(array, data_format)
        figure, axes = _subplots(len(channels), fig_size)
        for axis, channel in zip(axes, channels):
            drawn = axis.imshow(channel.reshape(-1, channel.shape[-1]), cmap=cmap)  # a volume's slices one below the other
        figure.suptitle(name)
        _add_colorbar(figure, drawn)
        _finish(figure, name, index, directory, save)


def _convert_1d_to_2d(count: int) -> tuple[int, int]:
    """The two factors that are nearest to each other, the larger first."""
    small = next(factor for factor in range(math.isqrt(count), 0, -1) if count % factor == 0)
    return count // small, small


def display_heatmaps(
    activations: Mapping[Any, Output],
    input_image: Any,
    directory: str = ".",
    save: bool = False,
    fix: bool = True,
    merge_filters: bool = False,
) -> None:
    """Each channel of a layer, or with merge_filters the sum of all, as a heatmap over the picture; maps and sequences only.

    input_image: (height, width[, 3]), 0 to 1; fix: a batch axis, a single channel and numbers to 255 are taken, too.
    """
    from PIL import Image

    picture = np.asarray(input_image)
    if fix:
        if picture.ndim == 4:
            picture = picture[0]
        if picture.ndim == 3 and picture.shape[2] == 1:
            picture = picture[:, :, 0]
        if picture.min() >= 0 and 1 < picture.max() <= 255:
            picture = picture / 255
    for index, (name, array) in enumerate(_drawable(activations, 3)):
        if array.ndim > 4:
            raise error("shape-rank", f"'{name}' has the shape {array.shape}, which does not lie over a picture")
        channels = _channels(array, _image_data_format())
        if merge_filters:
            channels = np.sum([_unit(channel) for channel in channels], axis=0)[None]
        figure, axes = _subplots(len(channels), (12, 12))
        figure.suptitle(name)
        for axis, channel in zip(axes, channels):
            heat = Image.fromarray(channel.reshape(len(channel), -1))  # a sequence runs down
            heat = heat.resize((picture.shape[1], picture.shape[0]), Image.Resampling.BILINEAR)
            axis.imshow(picture)
            axis.imshow(np.asarray(heat), alpha=0.3, cmap="jet", interpolation="bilinear")
        _finish(figure, name, index, directory, save)


def _image_data_format() -> str:
    """The setting of the Keras that is in use."""
    used = [sys.modules[name].backend.image_data_format() for name in ("keras", "tf_keras") if name in sys.modules]
    return "channels_first" if "channels_first" in used else "channels_last"


def _unit(channel: np.ndarray) -> np.ndarray:
    low, high = channel.min(), channel.max()
    return (channel - low) / (high - low) if high > low else np.zeros_like(channel)


def display_gradients_of_trainable_weights(gradients: Mapping[Any, Any], directory: str = ".", save: bool = False) -> None:
    """A grid per convolution's gradients, (height, width, channels, filters): channels across, filters down."""
    import matplotlib.pyplot as plt

    index = 0
    for name, array in gradients.items():
        array = np.asarray(array)
        if array.ndim != 4:
            print(name, array.shape, "is passed over: not (height, width, channels, filters)")
            continue
        print(name, array.shape)
        figure, axes = plt.subplots(array.shape[3], array.shape[2], squeeze=False, figsize=(12, 12))
        figure.suptitle(str(name))
        for row in range(array.shape[3]):
            for column in range(array.shape[2]):
                drawn = axes[row, column].imshow(array[:, :, column, row], aspect="auto")
                axes[row, column].axis("off")
        _add_colorbar(figure, drawn, wspace=0.02, hspace=0.3)
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
