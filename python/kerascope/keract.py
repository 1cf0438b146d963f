"""The functions of keract 4.5, for code that used it: change the import, and it works with every Keras.

>>> from kerascope import keract
>>> activations = keract.get_activations(model, x)
>>> keract.display_activations(activations)
"""

from __future__ import annotations

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
    """The outputs of the layers by their names: the model's inputs, then the layers in Keras's order.

    A layer with several outputs has a list of arrays; one that is called several times has a key per call, "shared@0".

    model: of Keras 3 or tf_keras, or of ks.load.
    x: an array, or a list with one per input. These very arrays are given back for the inputs.
    layer_names: only these. nodes_to_evaluate: Keras's tensors and variables, or lists of them, instead of layers.
    output_format: the keys. "simple": names of layers; "full": names of their tensors; "numbered": 0, 1, ..
    nested: the layers within models and within layers of your own, as "inner/conv", instead of these.
    auto_compile: a model that is not compiled is compiled first, as keract did; False: it is an error.
    @raises kerascope.Error{layer-not-found}, a KeyError, if the model has none of layer_names
    """
    if nodes_to_evaluate is not None:
        if layer_names is not None:
            raise error("usage", "layer_names and nodes_to_evaluate exclude each other")
        if len(nodes_to_evaluate) == 0:
            raise error("usage", "nodes_to_evaluate is empty")
        _compile(model, auto_compile)
        found = _of_nodes(model, x, nodes_to_evaluate)
    else:
        names = [layer_names] if isinstance(layer_names, str) else layer_names
        places = _places(model, nested, names or [])
        chosen = [one for one in places if names is None or one.address in names or one.full in names]
        if not chosen:
            raise _nothing_chosen(places, names)
        _compile(model, auto_compile)
        outputs = _outputs(model, x, chosen)
        found = OrderedDict((one.full if output_format == "full" else one.address, outputs[one.address]) for one in chosen)
    return OrderedDict(enumerate(found.values())) if output_format == "numbered" else found
