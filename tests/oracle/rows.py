"""Real Keras answers every row of src/layers/**/*.rows.json.  Usage: rows.py OUT_DIR [PATTERN]

With PATTERN it answers only the rows whose tests or file it names; what it answered before stays. The format of a rows file
is described in tests/README.md. OUT_DIR/manifest.json lists the answered rows for the C++ driver; each row's folder holds model.h5, model.keras (not where tf_keras, which is Keras 2, answers), input.npz and expected.npz.
"""

import importlib
import importlib.util
import inspect
import json
import pathlib
import re
import sys

import cache
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 3
KEYS = {"class", "config", "input", "inputs", "tokens", "texts", "training", "adapt", "scale", "offset", "tolerance", "keras", "archive", "axes", "required", "why", "arguments", "call", "steps"}
# TensorFlow's CPU kernels refuse channels_first for these: the numbers come from a channels_last twin.
LAST_ONLY = ("Conv", "DepthwiseConv", "SeparableConv", "MaxPooling", "AveragePooling")


def source_of(module):
    """What the answers for a class of one's own depend on: its module's text; of Keras's the versions are known."""
    if not module or module.split(".")[0] in ("keras", "tf_keras"):
        return None
    return pathlib.Path(importlib.util.find_spec(module).origin).read_text()


def is_named_by(pattern, question):
    """Whether a test of that name, or of rows that are like it, needs the answer."""
    driver = (ROOT / "src/layers/rows_test.cc").read_text()
    tests = [f"{suite}.{test}" for suite, test in re.findall(r"^TEST(?:_P)?\((\w+), (\w+)\)", driver, re.MULTILINE)]
    return any(pattern in name for name in [question["file"], f"{question['class']}_{question['row']}", *tests])


def questions():
    """Every row with the folder name that its answer has."""
    script = pathlib.Path(__file__).read_text()
    for path in sorted((ROOT / "src/layers").rglob("*.rows.json")):
        table = json.loads(path.read_text())
        for number, row in enumerate(table["rows"]):
            unknown = set(row) - KEYS
            if unknown:
                sys.exit(f"{path}: row {number} has the unknown keys {sorted(unknown)}")
            parts = [script, table["class"], row]
            if table.get("module"):
                parts += [table["module"], source_of(table["module"])]
            yield {
                "file": str(path.relative_to(ROOT)),
                "row": number,
                "class": table["class"],
                "keras": "keras",
                "required": table.get("required", []),
                "unread": table.get("unread", []),
                "module": table.get("module"),
                **row,
                "folder": f"{row.get('class', table['class'])}-{cache.key_of(*parts)}",
            }


def randomise(layer, random):
    """No weight keeps a value that would hide a mistake: no zero biases, no unit variances."""
    values = []
    for weight in layer.weights:
        shape, name = weight.shape, weight.name
        if weight.dtype != "float32":
            values.append(weight.numpy())
        elif "variance" in name:
            values.append(random.uniform(0.5, 2, shape))
        elif "gamma" in name:
            values.append(random.uniform(0.5, 1.5, shape))
        elif "kernel" in name:
            values.append(random.normal(0, 1 / np.sqrt(max(1, np.prod(shape[:-1]))), shape))
        else:
            values.append(random.normal(0, 0.5, shape))
    layer.set_weights(values)


def flatten(outputs):
    return [part for item in outputs for part in flatten(item)] if isinstance(outputs, (list, tuple)) else [outputs]


def made(config, keras):
    """Layers in a layer's config are made of their own."""
    if isinstance(config, list):
        return [made(item, keras) for item in config]
    if not isinstance(config, dict):
        return config
    if set(config) == {"class_name", "config"}:
        return getattr(keras.layers, config["class_name"])(**made(config["config"], keras))
    return {key: made(value, keras) for key, value in config.items()}


def call(layer, tensors, question, **more):
    """The tensors that `arguments` places by name stand there, the others in front of them."""
    named = question.get("arguments", {})
    places = {place for value in named.values() for place in (value if isinstance(value, list) else [value])}
    plain = [tensor for place, tensor in enumerate(tensors) if place not in places]
    given = {name: [tensors[i] for i in value] if isinstance(value, list) else tensors[value] for name, value in named.items()}
    is_list = "inputs" in question and not named
    return layer(*([plain] if is_list else plain[:1]), **given, **question.get("call", {}), **more)


def expected_output(layer, inputs, question):
    """The layer's own answer, or its channels_last twin's with the channel axis moved there and back."""
    # Keras's augmentation acts where nobody says anything; tf_keras refuses the argument where it means nothing.
    is_known = "training" in inspect.signature(layer.call).parameters
    training = {"training": question.get("training", False)} if is_known else {}
    config = question["config"]
    if config.get("data_format") == "channels_first" and question["class"].startswith(LAST_ONLY):
        is_recurrent = question["class"].startswith("ConvLSTM")  # (N, T, C, H, W), and its activation is no last step
        activation = {"activation": None} if "activation" in config and not is_recurrent else {}
        twin = type(layer)(**{**config, "data_format": "channels_last", **activation})
        moved = np.moveaxis(np.asarray(inputs[0]), 1 + is_recurrent, -1)
        twin.build(moved.shape)
        twin.set_weights(layer.get_weights())
        axes = [1 + (is_recurrent and config.get("return_sequences", False)), 1, 1]
        outputs = [np.moveaxis(np.asarray(part), -1, axis) for part, axis in zip(flatten(twin(moved)), axes)]
        return np.asarray(layer.activation(outputs[0])) if activation else outputs
    return call(layer, inputs, question, **training)


def given(question, shape, random, place=0):
    tokens = question.get("tokens")
    tokens = tokens[place] if isinstance(tokens, list) else tokens
    if "texts" in question:
        return random.choice(question["texts"], shape)
    if tokens:
        return random.integers(0, tokens, shape)
    return (question.get("scale", 1) * random.normal(size=shape) + question.get("offset", 0)).astype("float32")


def is_text(array):
    return array.dtype.kind == "U"


def as_numpy(part):
    array = np.asarray(part)
    return np.char.decode(array.astype("S"), "utf-8") if array.dtype.kind in "OS" else array


def answer(question, folder, keras):
    import tensorflow

    random = np.random.default_rng(int(question["folder"][-16:], 16))
    shapes = question.get("inputs") or [question["input"]]
    inputs = [given(question, [BATCH, *shape], random, place) for place, shape in enumerate(shapes)]
    home = importlib.import_module(question["module"]) if question["module"] else keras.layers
    layer_class = getattr(home, question["class"])
    make = (lambda **config: layer_class.from_config(config)) if "layers" in question["config"] else layer_class
    layer = make(**made(question["config"], keras), name="layer")
    if question.get("adapt"):
        normal = random.normal(1, 2, inputs[0].shape).astype("float32")
        layer.adapt(given(question, inputs[0].shape, random) if {"texts", "tokens"} & set(question) else normal)
    types = ["string" if is_text(array) else array.dtype for array in inputs]
    symbols = [keras.Input(shape, dtype=types[k], name=f"input_{k}") for k, shape in enumerate(shapes)]
    fed = symbols
    if "steps" in question:  # how many count, item by item: the others hold 0 and are masked
        for item, count in enumerate(question["steps"]):
            inputs[0][item, count:] = 0
        masking = keras.layers.Masking(name="masking")
        fed = [masking(symbols[0]), *symbols[1:]]
    # Tensors, as tf_keras takes an initial state that is an array for something else.
    seen = [tensorflow.constant(array) for array in inputs]
    if "steps" in question:
        seen[0] = masking(seen[0])
    output = call(layer, fed, question)
    if not question.get("adapt"):
        randomise(layer, random)
    weights = layer.get_weights() if question.get("training") else None
    expected = [as_numpy(part) for part in flatten(expected_output(layer, seen, question))]
    if weights:
        layer.set_weights(weights)  # those before the step of training
    if not all(is_text(part) or np.isfinite(part).all() for part in expected):
        raise ValueError("Keras's own answer is not finite; choose another input")
    model = keras.Model(symbols, flatten(output) if len(expected) > 1 else output)
    if question["keras"] == "keras":
        model.save(folder / "model.keras")
    if not question.get("archive"):
        model.save(str(folder / "model.h5"))
    np.savez(folder / "input.npz", **{f"input_{k}": array for k, array in enumerate(inputs)})
    np.savez(folder / "expected.npz", **{f"output_{k}": part for k, part in enumerate(expected)})


def main(out, pattern=""):
    out.mkdir(parents=True, exist_ok=True)
    asked = list(questions())
    folders = [question["folder"] for question in asked]
    twice = {folder for folder in folders if folders.count(folder) > 1}
    if twice:
        sys.exit(f"the same row stands twice: {sorted(twice)}")
    missing = [question for question in asked if not cache.is_made(out / question["folder"]) and is_named_by(pattern, question)]
    if missing:
        from real_keras import keras as current

        refused = 0
        for question in missing:
            keras = current
            if question["keras"] == "tf_keras":
                import tf_keras as keras  # Keras 2 as it is still maintained
            folder = cache.fresh(out / question["folder"])
            try:
                answer(question, folder, keras)
                cache.mark_made(folder)
            except Exception as error:
                refused += 1
                print(f"{question['file']}: row {question['row']} {question['config']}: {error}")
            keras.backend.clear_session()
        if refused:
            sys.exit(f"real Keras refused {refused} rows")
    if not pattern:
        cache.remove_others(out, folders)
    answered = [question for question in asked if cache.is_made(out / question["folder"])]
    (out / "manifest.json").write_text(json.dumps(answered, indent=1))
    print(f"{len(answered)} of {len(asked)} layer rows, {len(missing)} of them asked anew")


main(pathlib.Path(sys.argv[1]), *sys.argv[2:])
