"""Asks Kerascope which of real Keras's layers and operations it can compute: writes docs/layers.md and the README's sentence about them.

Usage: list_layers.py PROGRAM [--check]. With --check nothing is written, and the exit code is 1 where a page is not true.
"""

import importlib
import inspect
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import keras
import tf_keras
from keras.src.ops.operation import Operation

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE, README = ROOT / "docs/layers.md", ROOT / "README.md"
# Classes that no model holds: what other classes are made of.
ABSTRACT = {"Layer", "Wrapper", "AbstractRNNCell", "InputLayer"}
# What tells a layer that runs the user's own code from one of keras.applications, which is known.
CONFIGS = {"Lambda": {"function": {"class_name": "__lambda__", "config": {"code": "4w==", "defaults": None, "closure": None}}}}
SENTENCE = re.compile(r"\[docs/layers\.md\]\(docs/layers\.md\) lists[^.]*\.(?=\s)")


def classes_of(package):
    """{class name: family}, aliases once."""
    found = {}
    for name in dir(package.layers):
        one = getattr(package.layers, name)
        if not inspect.isclass(one) or not issubclass(one, package.layers.Layer) or one.__name__ in ABSTRACT:
            continue
        path = one.__module__.split(".")
        found[one.__name__] = path[3] if path[2] == "layers" and len(path) > 4 else "others"
    return found


def all_classes():
    """The families are Keras 3's; a layer that only Keras 2 has is named so."""
    today, before = classes_of(keras), classes_of(tf_keras)
    names = {"activation": "activations", "locally_connected": "convolutional"}
    for name, family in before.items():
        if name not in today:
            today[name] = names.get(family, family)
    return today, set(before) - set(classes_of(keras))


def operation_classes():
    """Those of keras.ops, by their modules, each in one."""
    found = {}
    for module in ("core", "image", "linalg", "math", "nn", "numpy"):
        home = importlib.import_module(f"keras.src.ops.{module}")
        for name, one in inspect.getmembers(home, inspect.isclass):
            if issubclass(one, Operation) and one is not Operation and one.__module__ == home.__name__ and name[0] != "_":
                found[name] = home.__name__
    return found


def computed(program, module_of):
    """Those that the program does not call unknown, and what it says of the others: one model with a call of each class."""
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 8, 8, 3], "dtype": "float32", "keras_history": ["x", 0, 0]}}
    layers = [{"class_name": "InputLayer", "name": "x", "inbound_nodes": [], "config": {"name": "x", "batch_shape": [None, 8, 8, 3]}}]
    for name, module in module_of.items():
        layers.append({"class_name": name, "module": module, "name": name, "config": {"name": name, **CONFIGS.get(name, {})},
                       "inbound_nodes": [{"args": [tensor], "kwargs": {}}]})  # fmt: skip
    config = {"name": "all", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [[layers[-1]["name"], 0, 0]]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"class_name": "Functional", "config": config}, file)
        file.flush()
        told = subprocess.run([program, "layers", file.name, "--json"], capture_output=True, text=True, check=True)
    rows = json.loads(told.stdout)["layers"]
    unknown = {
        row["class"]: row["problem"]["what"] for row in rows if not row["computable"] and row["problem"]["code"] == "layer-unknown"
    }
    assert {row["class"] for row in rows} == {"InputLayer", *module_of}
    return set(module_of) - set(unknown), unknown


def listed(names):
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def pages(program):
    """The page, and the sentence."""
    family_of, only_keras_2 = all_classes()
    known, unknown = computed(program, {name: "keras.layers" for name in sorted(family_of)})
    families = sorted(set(family_of.values()), key=lambda family: (family == "others", family))
    rows, whole, none = [], [], []
    for family in families:
        names = sorted(name for name in family_of if family_of[name] == family)
        shown = {name: name + (" (Keras 2)" if name in only_keras_2 else "") for name in names}
        yes, no = [n for n in names if n in known], [n for n in names if n not in known]
        rows.append(f"| {family} | {', '.join(map(shown.get, yes)) or '-'} | {', '.join(map(shown.get, no)) or '-'} |")
        if not no:
            whole.append(family)
        elif not yes and family != "others":
            none.append(family)
    foreign = [match[1] for told in unknown.values() if (match := re.fullmatch(r"layer '\w+' \((.*), which the model's file does not describe", told))]
    out_of_reach = "; ".join(sorted(text.replace(") runs", " runs") for text in foreign))
    operations = operation_classes()
    known_operations, _ = computed(program, operations)
    missing_operations = ", ".join(sorted(set(operations) - known_operations))
    count = f"{len(known)} of {len(family_of)}"
    page = f"""# Keras's layers

Kerascope computes {count} classes of `keras.layers`, of Keras {keras.__version__} and of Keras 2 (tf_keras {tf_keras.__version__}). A layer that is not
computed yet does not close the model: it is listed, and everything that does not depend on it can be seen.

`build/venv/bin/python tools/list_layers.py build/release/kerascope` makes this page of real Keras's classes and the program's
answers; a test compares them.

| family | computed | not yet |
| --- | --- | --- |
{chr(10).join(rows)}

Out of reach is what no model file describes: {out_of_reach}.

Dense, EinsumDense, Embedding and ReversibleEmbedding are computed in each of Keras's quantisations: int8, int4 (by channel or in
groups), float8, GPTQ and AWQ. LoRA's low-rank product is merged into the weights when Keras saves.

Of Lambda, code that is one expression is read, never run; `--lambda` says what any other computes.

## Operations

{len(known_operations)} of the {len(operations)} operations of `keras.ops` are computed as nodes of a model. Not yet: {missing_operations}.
"""
    sentence = (
        f"[docs/layers.md](docs/layers.md) lists all layers of Keras 2 and 3: {count} are computed, "
        f"all of the families {listed(whole)}{f'; none of {listed(none)}' if none else ''}."
    )
    return page, sentence


def main(program, *options):
    page, sentence = pages(program)
    readme = README.read_text()
    (old,) = SENTENCE.findall(readme) or [""]
    if options == ("--check",):
        wrong = []
        if not PAGE.exists() or PAGE.read_text() != page:
            wrong.append("docs/layers.md")
        if " ".join(old.split()) != sentence:
            wrong.append(f"README.md, which should say: {sentence}")
        if wrong:
            sys.exit("not true: " + "; ".join(wrong) + f"\nrun tools/list_layers.py {program}")
        return
    PAGE.write_text(page)
    README.write_text(SENTENCE.sub(lambda _: sentence, readme))
    if not old:
        sys.exit("README.md has no sentence that begins with [docs/layers.md](docs/layers.md) lists")


if __name__ == "__main__":
    main(*sys.argv[1:])
