"""Kerascope: what every layer of a trained Keras model does to an input.

>>> import kerascope as ks
>>> model = ks.load("flowers.keras")
>>> seen = model.run("rose.jpg", taps="resnet50/conv*")
>>> seen["resnet50/conv1_relu"]            # an array
>>> seen.show("resnet50/conv1_relu")       # its grid
>>> ks.diff(model, ks.load("later.keras"), "rose.jpg")
"""

from . import _core
from ._custom import CustomLayer, register
from ._errors import Error
from ._live import from_keras
from ._models import Function, KerasTensor, Layer, Model, Profile, diff, function, load, read_labels
from ._pictures import Picture
from ._record import record
from ._seen import Activation, Comparison, Seen, Statistics, save
from ._watch import Watch

__version__: str = _core.version

__all__ = [
    "Activation", "Comparison", "CustomLayer", "Error", "Function", "KerasTensor", "Layer", "Model", "Picture", "Profile", "Seen",
    "Statistics", "Watch", "diff", "from_keras", "function", "load", "read_labels", "record", "register", "save",
]
for _name in __all__:
    globals()[_name].__module__ = __name__
