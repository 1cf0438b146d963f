"""What the package knows of the inside of Keras 3 and tf_keras."""

from __future__ import annotations

from typing import Any

def keras_class(thing: Any, name: str) -> Any:
    """Keras's own class of this name, "Model" or "Layer", from which a class, or the thing's, is derived; otherwise None."""
    ours = (base for base in (thing if isinstance(thing, type) else type(thing)).__mro__ if base.__module__.split(".")[0] in ("keras", "tf_keras"))
    return next((base for base in ours if base.__name__ == name), None)


def keras_of(thing: Any) -> str:
    """The package of a model, a layer or a class of these, "keras" or "tf_keras"; empty for anything else."""
    layer_class = keras_class(thing, "Layer")
    return layer_class.__module__.split(".")[0] if layer_class else ""


def variables_by_path(thing: Any) -> dict[str, Any]:
    """Each variable of a model or layer by the path that it has in a .weights.h5: Keras's own traversal finds them."""
    package = keras_of(thing)
    saving = __import__(f"{package}.src.saving.saving_lib", fromlist=["_save_state"])
    found: dict[str, Any] = {}

    class Group:
        def __init__(self, path: str) -> None:
            self._path = path

        def __setitem__(self, name: str, variable: Any) -> None:
            found[f"{self._path}/vars/{name}".strip("/")] = variable

    class Store(saving.H5IOStore):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            pass

        def __bool__(self) -> bool:
            return True

        def make(self, path: str, metadata: Any = None) -> Group:
            return Group(path)

    # tf_keras's layers store copies of their variables' numbers; what a class of its own stores stays as it is.
    base = keras_class(thing, "Layer")
    former = base.save_own_variables
    if package == "tf_keras":
        base.save_own_variables = _store_variables
    try:
        saving._save_state(thing, Store(), None, "", set())
    finally:
        base.save_own_variables = former
    return found


def _store_variables(layer: Any, store: Any) -> None:
    for number, variable in enumerate(layer._trainable_weights + layer._non_trainable_weights):
        store[str(number)] = variable
