"""Files that are no model, damaged ones and such as claim too much: each gives its message and leaves nothing behind."""

import json
import pathlib
import resource
import zipfile

import h5py
import numpy as np
import pytest
from failures import Cases, check_case, check_failure, files_below
from small_models import edit_archive, edit_h5, layer

ROOT = pathlib.Path(__file__).parent.parent
CASES = Cases()


# Collected when the whole file has been read, so that the table is complete.
def pytest_generate_tests(metafunc):
    if metafunc.function is test_failure:
        metafunc.parametrize("arguments, code, shown, exit_code", CASES)


def test_failure(kerascope, small, tmp_path, arguments, code, shown, exit_code):
    check_case(kerascope, small, tmp_path, arguments, code, shown, exit_code)


# --- files that are no model ---


@CASES.add("file-missing", "there is no file '", "nett.keras'", "did you mean 'net.keras'?")
def missing_model(small, bad, out):
    return "layers", small / "nett.keras"


@CASES.add("file-missing", "there is no folder '")
def missing_folder(small, bad, out):
    return "layers", bad / "nowhere" / "net.keras"


@CASES.add("format-unknown", "the file is empty", "empty.h5")
def empty_model(small, bad, out):
    (bad / "empty.h5").touch()
    return "layers", bad / "empty.h5"


@CASES.add("format-unknown", "this is text, not a model that Keras saved", "note.h5")
def text_as_model(small, bad, out):
    (bad / "note.h5").write_text("Dear model,\n" * 100)
    return "capture", bad / "note.h5", small / "batch.npy", "-o", out / "seen.npz"


@CASES.add("format-unknown", "this is a picture, not a model that Keras saved", "the model comes first")
def picture_as_model(small, bad, out):
    return "show", small / "picture.png", small / "net.keras", "--layer", "conv1", "-o", out / "x.png"


@CASES.add("format-unknown", "this is a picture, not a model that Keras saved", "the model comes first")
def jpeg_as_model(small, bad, out):
    return "layers", small / "picture.jpg"


@CASES.add("model-missing", "this JSON describes no Keras model", "model.to_json()")
def json_of_something_else(small, bad, out):
    (bad / "model.json").write_text('{"version": 1}')
    return "layers", bad / "model.json"


@CASES.add("format-unsupported", "a model of TensorFlow.js", "the .keras or .h5 from which it was converted")
def json_of_tensorflow_js(small, bad, out):
    (bad / "model.json").write_text('{"format": "layers-model", "modelTopology": {}, "weightsManifest": []}')
    return "layers", bad / "model.json"


@CASES.add("model-opaque", "no graph of layers")
def json_without_layers(small, bad, out):
    (bad / "model.json").write_text('{"class_name": "Sequential"}')
    return "layers", bad / "model.json"


@CASES.add("json-invalid", "line 1")
def json_cut_short(small, bad, out):
    (bad / "model.json").write_text('{"class_name": "Sequential", "config": {"layers": [')
    return "layers", bad / "model.json"


@CASES.add("weights-missing", "it is neither HDF5 nor a Keras archive", "save_weights")
def picture_as_weights(small, bad, out):
    (bad / "weights.h5").write_bytes(b"\x89PNG")
    return "layers", small / "net.h5", "--weights", bad / "weights.h5"


@CASES.add("format-unknown", "Git LFS pointer", "git lfs pull")
def lfs_pointer_as_model(small, bad, out):
    (bad / "net.h5").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    return "layers", bad / "net.h5"


@CASES.add("format-unknown", "this is an array of NumPy (.npy)", "the model comes first")
def array_as_model(small, bad, out):
    return "layers", small / "batch.npy"


@CASES.add("format-unknown", "this is a folder, not a model file")
def folder_as_model(small, bad, out):
    return "layers", bad


@CASES.add("format-unknown", "a SavedModel folder of TensorFlow", 'model.save("name.keras")')
def saved_model_folder(small, bad, out):
    (bad / "saved_model.pb").write_bytes(b"\x08\x01")
    return "layers", bad


# What others write, each told by its content; the names say nothing.
FOREIGN = {
    "a TensorFlow Lite model": b"\x1c\0\0\0TFL3" + bytes(64),
    "an ONNX model": b"\x08\x08\x12\x07pytorch\x1a\x032.1:\x06\x12\x04mainB\x04\x0a\x00\x10\x11",
    "a SavedModel of TensorFlow": b"\x08\x01\x12\x08\x0a\x06\x12\x04\x73\x65\x72\x76",
    "a frozen graph of TensorFlow": b"\x0a\x10\x0a\x01x\x12\x0bPlaceholder\x22\x00",
    "a file of PyTorch": b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.",
    "a pickle of Python": b"\x80\x04\x95\x0c\x00",
    "a safetensors file": (2).to_bytes(8, "little") + b"{}" + bytes(8),
    "a checkpoint of TensorFlow": bytes(40) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb",
    "a web page (HTML)": b"\n <!DOCTYPE html><html><head>" + b"<p>sign in</p>" * 500,
    "a gzip archive": b"\x1f\x8b\x08\x00",
    "a tar archive": bytes(257) + b"ustar\x0000" + bytes(200),
    "a model as YAML": b"backend: tensorflow\nclass_name: Model\n",
    "an XML file": b'<?xml version="1.0"?>\n<net name="x" version="11">',
    "a GGUF file": b"GGUF\x03\0\0\0",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_files_of_others_are_named(kerascope, tmp_path, what):
    (tmp_path / "model.h5").write_bytes(FOREIGN[what])
    done = kerascope("layers", tmp_path / "model.h5", check=False, cwd=tmp_path)
    assert done.returncode == 1 and f"error[format-unknown]: this is {what}" in done.stderr
    assert "model.h5" in done.stderr and "try: " in done.stderr
    # Cut anywhere it is something or nothing, and never a crash.
    for length in range(0, len(FOREIGN[what]), 7):
        (tmp_path / "model.h5").write_bytes(FOREIGN[what][:length])
        assert kerascope("layers", tmp_path / "model.h5", check=False).returncode == 1


@pytest.mark.parametrize(
    "members, what",
    [
        (["archive/data.pkl", "archive/data/0"], "a file of PyTorch"),
        (["m/saved_model.pb", "m/variables/variables.index"], "a zipped SavedModel of TensorFlow"),
        (["folder/net.h5"], "a zip archive that holds 'folder/net.h5'"),
        (["model/config.json", "model/model.weights.h5"], "a zip archive that holds 'model/config.json'"),
        (["a.npy", "b.npy"], "an archive of NumPy's arrays (.npz)"),
    ],
)
def test_archives_of_others_are_named(kerascope, tmp_path, members, what):
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        for member in members:
            archive.writestr(member, "x")
    done = kerascope("layers", tmp_path / "model.keras", check=False)
    assert done.returncode == 1 and f"error[format-unknown]: this is {what}" in done.stderr, done.stderr


@pytest.mark.parametrize(
    "files, what",
    [
        (["model.index", "model.data-00000-of-00001"], "a checkpoint of TensorFlow"),
        (["b.h5", "a.keras"], "give a file in it: a.keras, b.h5"),
        (["model.weights.h5"], "unpack the whole .keras file"),
    ],
)
def test_folders_of_others_are_named(kerascope, tmp_path, files, what):
    for file in files:
        (tmp_path / file).touch()
    done = kerascope("layers", tmp_path, check=False)
    assert done.returncode == 1 and "error[format-unknown]" in done.stderr and what in done.stderr


@CASES.add("file-unreadable", "device or a pipe")
def device_as_model(small, bad, out):
    return "layers", "/dev/zero"


@CASES.add("model-missing", "the HDF5 file holds no Keras model", "model_config")
def hdf5_without_model(small, bad, out):
    with h5py.File(bad / "data.h5", "w") as file:
        file["numbers"] = np.arange(9)
    return "layers", bad / "data.h5"


@CASES.add("weights-only", "holds weights but no model", "save_weights", "net.weights.h5", "--weights FILE")
def weights_of_keras_3(small, bad, out):
    return "profile", small / "net.weights.h5"


@CASES.add("weights-only", "holds weights but no model", "save_weights")
def weights_of_keras_2(small, bad, out):
    with h5py.File(small / "net.h5") as model, h5py.File(bad / "weights.h5", "w") as file:
        for name, group in model["model_weights"].items():
            model.copy(group, file, name)
        file.attrs["layer_names"] = model["model_weights"].attrs["layer_names"]
    return "profile", bad / "weights.h5"


@CASES.add("model-missing", "holds no Keras model", "config.json")
def zip_without_config(small, bad, out):
    with zipfile.ZipFile(bad / "other.keras", "w") as file:
        file.writestr("readme.txt", "nothing")
    return "layers", bad / "other.keras"


@CASES.add("format-unsupported", "configuration but no weights")
def archive_without_weights(small, bad, out):
    with zipfile.ZipFile(small / "net.keras") as old, zipfile.ZipFile(bad / "net.keras", "w") as file:
        file.writestr("config.json", old.read("config.json"))
    return "layers", bad / "net.keras"


@CASES.add("model-missing", "configuration but no weights")
def hdf5_without_weights(small, bad, out):
    def change(file):
        del file["model_weights"]

    return "layers", edit_h5(small / "net.h5", bad / "net.h5", change)


@CASES.add("format-unsupported", "Keras 1 wrote this file")
def keras_1(small, bad, out):
    def change(file):
        file.attrs["keras_version"] = "1.2.2"

    return "layers", edit_h5(small / "net.h5", bad / "net.h5", change)


@CASES.add("model-opaque", "'zoo>Tiger'", 'keras.Model(i, m.call(i)).save("flat.keras")', "opaque.keras")
def subclassed_model(small, bad, out):
    return "layers", small / "opaque.keras"


KERAS_1 = {
    "convolution": {"class_name": "Convolution2D", "config": {"name": "c", "nb_filter": 8, "border_mode": "same"}},
    "dense": {"class_name": "Dense", "config": {"name": "d", "output_dim": 10, "activation": "linear"}},
    "dropout": {"class_name": "Dropout", "config": {"name": "d", "p": 0.5}},
}


@pytest.mark.parametrize("kind", KERAS_1)
def test_keras_1_is_told_by_its_keys(kerascope, tmp_path, kind):
    """The first of its versions did not write which they were."""
    for config in ([KERAS_1[kind]], {"layers": [KERAS_1[kind]], "input_layers": [], "output_layers": []}):
        (tmp_path / "model.json").write_text(json.dumps({"class_name": "Sequential", "config": config}))
        done = kerascope("layers", tmp_path / "model.json", check=False)
        assert done.returncode == 1 and "error[format-unsupported]: Keras 1 wrote this file" in done.stderr


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_the_lines_that_flatten_a_subclassed_model_work(kerascope, tmp_path, library):
    """What the message of model-opaque says to do in Python."""
    import importlib

    keras = importlib.import_module(library)

    @keras.utils.register_keras_serializable("zoo")
    class Tiger(keras.Model):
        def __init__(self, **options):
            super().__init__(**options)
            self.conv = keras.layers.Conv2D(4, 3, activation="relu", name="conv")
            self.pool = keras.layers.GlobalAveragePooling2D(name="pool")
            self.dense = keras.layers.Dense(2, name="dense")

        def call(self, x):
            return self.dense(self.pool(self.conv(x)))

    m = Tiger()
    inputs = np.random.default_rng(1).random((2, 32, 32, 3), "float32")
    truth = np.asarray(m(inputs))
    m.save(tmp_path / "model.keras")
    done = kerascope("layers", tmp_path / "model.keras", check=False)
    assert done.returncode == 1 and "error[model-opaque]" in done.stderr
    lines = done.stderr.split("and save that: ")[1].strip()
    assert lines.endswith('.save("flat.keras")') and lines in (ROOT / "README.md").read_text()
    exec(lines.replace("flat.keras", str(tmp_path / "flat.keras")), {"keras": keras, "m": m})
    np.save(tmp_path / "inputs.npy", inputs)
    kerascope("capture", tmp_path / "flat.keras", tmp_path / "inputs.npy", "-o", tmp_path / "seen.npz")
    seen = np.load(tmp_path / "seen.npz")
    assert {"conv", "pool", "dense"} <= set(seen.files) and np.allclose(seen["dense"], truth, atol=1e-5)


# --- damaged configurations ---


def archive_case(code, *shown):
    """A case whose function alters the configuration of net.keras, or gives its new text."""

    def register(change):
        def arguments(small, bad, out):
            return "layers", edit_archive(small / "net.keras", bad / "net.keras", change)

        arguments.__name__ = change.__name__
        CASES.add(code, *shown)(arguments)
        return change

    return register


@archive_case("json-invalid", "not JSON", "config.json in ", "line 1, column 2")
def config_is_no_json(config):
    return "{class_name"


@archive_case("json-invalid", "not JSON", "config.json in ")
def config_is_no_text(config):
    return b"\x89\xff\x00\x1b[31m"


@archive_case("json-invalid", "nested deeper than 200 levels", "config.json in ")
def lists_are_too_deep(config):
    return "[" * 100_000


@archive_case("json-invalid", "nested deeper than 200 levels")
def objects_are_too_deep(config):
    return '{"config":' * 50_000 + "1" + "}" * 50_000


@archive_case("config-invalid", "models are nested deeper than 50 levels")
def models_are_too_deep(config):
    inner = config["config"]["layers"][0]
    for number in range(60):
        inner = {"class_name": "Sequential", "config": {"name": f"level{number}", "layers": [inner]}}
    config["config"]["layers"] = [inner]


@archive_case("config-invalid", "the model's configuration is no object")
def config_is_a_list(config):
    return "[]"


@archive_case("config-invalid", "config.layers[1] in config.json in ")
def layer_is_a_number(config):
    config["config"]["layers"][1] = 5


@archive_case("config-invalid", "a layer has no class_name", "config.layers[2] in config.json in ")
def layer_without_class(config):
    del config["config"]["layers"][2]["class_name"]


@archive_case("config-invalid", "two layers are named 'bn'", "config.layers in config.json in ")
def two_layers_of_one_name(config):
    config["config"]["layers"][3]["config"]["name"] = "bn"


@archive_case("config-invalid", "the Sequential model has no layers")
def no_layers(config):
    config["config"]["layers"] = []


@archive_case("config-invalid", "an InputLayer stands inside a Sequential")
def input_in_the_middle(config):
    config["config"]["layers"].append({"class_name": "InputLayer", "config": {"name": "late"}})


@archive_case("model-opaque", "'Sequential'", "no graph of layers")
def layers_are_missing(config):
    del config["config"]["layers"]


def functional_case(code, *shown):
    """The same with the functional model nested.keras."""

    def register(change):
        def arguments(small, bad, out):
            return "layers", edit_archive(small / "nested.keras", bad / "nested.keras", change)

        arguments.__name__ = change.__name__
        CASES.add(code, *shown)(arguments)
        return change

    return register


def history(config, name):
    """[layer, node, tensor]: what the first argument of the layer's first call comes from."""
    return layer(config, name)["inbound_nodes"][0]["args"][0]["config"]["keras_history"]


@functional_case("config-invalid", "layers of 'nested' need each other's outputs in a circle", "in config.json in ")
def circle(config):
    history(config, "conv")[0] = "answer"


@functional_case("config-invalid", "'head' is called on 'bass', which the model does not have", "did you mean 'base'?")
def call_on_an_unknown_layer(config):
    history(config, "head")[0] = "bass"


@functional_case("config-invalid", "'inbound_nodes' is missing", "config.layers[1]")
def no_calls(config):
    del layer(config, "conv")["inbound_nodes"]


@functional_case("config-invalid", "no input or no output")
def no_outputs(config):
    config["config"]["output_layers"] = []


@functional_case("config-invalid", "an input of the model is not an InputLayer")
def input_is_a_convolution(config):
    config["config"]["input_layers"] = [["conv", 0, 0]]


@pytest.mark.parametrize("name", ["nested", "shared"])
def test_two_layers_with_one_address(kerascope, small, tmp_path, name):
    """`base/conv` beside a model `base` that holds `conv`; `conv@0` beside a `conv` that is called twice."""
    with zipfile.ZipFile(small / f"{name}.keras") as archive:
        config = json.loads(archive.read("config.json"))
    old, new = ("conv", "base/conv") if name == "nested" else ("answer", "conv@0")
    changed = layer(config, old)
    changed["config"]["name"] = changed["name"] = new
    # The last reference is that of the outermost model.
    before, after = json.dumps(config).rsplit(f'["{old}", 0, 0]', 1)
    (tmp_path / "m.json").write_text(f'{before}["{new}", 0, 0]{after}')
    out = tmp_path / "out"
    out.mkdir()
    done = kerascope("capture", tmp_path / "m.json", small / "batch.npy", "-o", out / "x.npz", check=False)
    shown = ("two layers have the address", "config.layers[", "give one of them another name")
    check_failure(done, "config-invalid", shown, 1, out)


def deep(levels, calls):
    """An architecture of models in models, each of which calls the one below so often."""

    def at(level):
        name = f"m{level}"
        tensor = lambda of, node: {
            "class_name": "__keras_tensor__",
            "config": {"shape": [None, 2], "dtype": "float32", "keras_history": [of, node, 0]},
        }
        source = {"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, 2], "name": "x"}, "inbound_nodes": []}
        if level == 0:
            inner = {"class_name": "ReLU", "name": "r", "config": {"name": "r"}}
        else:
            inner = at(level - 1)
        first = 1 if level > 0 else 0
        inner["inbound_nodes"] = [
            {"args": [tensor("x", 0) if node == 0 else tensor(inner["name"], node - 1)], "kwargs": {}} for node in range(calls)
        ]
        return {
            "class_name": "Functional", "module": "keras.src.models.functional", "name": name,
            "config": {"name": name, "layers": [source, inner], "input_layers": [["x", 0, 0]],
                       "output_layers": [[inner["name"], calls - 1 + first, 0]]},
        }  # fmt: skip

    return at(levels)


def test_models_in_models_do_not_multiply_without_end(kerascope, tmp_path):
    (tmp_path / "few.json").write_text(json.dumps(deep(5, 2)))
    np.save(tmp_path / "x.npy", np.ones((1, 2), "float32"))
    assert len(json.loads(kerascope("capture", tmp_path / "few.json", tmp_path / "x.npy", "--json").stdout)["layers"]) > 64
    (tmp_path / "many.json").write_text(json.dumps(deep(30, 2)))
    for command in ("layers", tmp_path / "many.json"), ("capture", tmp_path / "many.json", tmp_path / "x.npy"):
        done = kerascope(*command, check=False)
        check_failure(done, "model-too-large", ("calls of layers, and the most is 100000", "many.json"), 1, tmp_path / "none")


def test_more_axes_than_a_tensor_may_have(kerascope, small, tmp_path):
    """Of an input, of an array, of what a layer makes."""
    architecture = deep(0, 1)

    def write(axes):
        architecture["config"]["layers"][0]["config"]["batch_shape"] = [None] + [1] * axes
        (tmp_path / "m.json").write_text(json.dumps(architecture))
        return tmp_path / "m.json"

    np.save(tmp_path / "x.npy", np.ones([1] * 20, "float32"))
    kerascope("capture", write(19), tmp_path / "x.npy", "-o", tmp_path / "seen.npz")
    for axes in 100, 22_000:
        for command in ("layers",), ("capture", tmp_path / "x.npy", "-o", tmp_path / "other.npz"):
            done = kerascope(command[0], write(axes), *command[1:], check=False)
            assert done.returncode == 1 and "error[" in done.stderr and "unexpected" not in done.stderr, done.stderr
    assert files_below(tmp_path) == ["m.json", "seen.npz", "x.npy"]

    def change(config):
        layer(config, "flat").update({"class_name": "Reshape"})
        layer(config, "flat")["config"] = {"name": "flat", "target_shape": [1] * 22_000 + [54]}

    done = kerascope("capture", edit_archive(small / "net.keras", tmp_path / "m.keras", change), small / "batch.npy", check=False)
    assert done.returncode == 3 and "a tensor has 22002 axes, and the most is 64" in done.stderr


def test_a_layer_of_many_inputs(kerascope, tmp_path):
    """More than a machine word has bits."""
    import keras

    picture = keras.Input((3,), name="picture")
    many = [keras.layers.Rescaling(1.0 / (i + 1), name=f"r{i}")(picture) for i in range(70)]
    layers = keras.layers
    outputs = [layers.Add(name="add")(many), layers.Average(name="average")(many), layers.Concatenate(name="concatenate")(many),
               layers.Maximum(name="maximum")(many), layers.Multiply(name="multiply")(many)]  # fmt: skip
    model = keras.Model(picture, outputs)
    model.save(tmp_path / "m.keras")
    numbers = np.random.default_rng(2).normal(size=(4, 3)).astype("float32")
    np.save(tmp_path / "x.npy", numbers)
    kerascope("capture", tmp_path / "m.keras", tmp_path / "x.npy", "-o", tmp_path / "seen.npz")
    seen = np.load(tmp_path / "seen.npz")
    for output, truth in zip(outputs, model.predict(numbers, verbose=0)):
        name = output._keras_history.operation.name
        np.testing.assert_allclose(seen[name], truth, rtol=1e-4, atol=1e-30)


# --- layers that cannot be computed: an error by name, partly done otherwise, and what lies before is seen ---

BROKEN = []


def broken(code, *shown, of="conv2", seen=("picture", "conv1", "bn", "pool")):
    """Registers a change of net.keras's configuration that stops the layer `of`; `seen` is what stays."""

    def register(change):
        BROKEN.append(pytest.param(change, code, shown, of, seen, id=change.__name__))
        return change

    return register


@pytest.mark.parametrize("change, code, shown, of, seen", BROKEN)
def test_broken_layer_stops_only_what_needs_it(kerascope, small, tmp_path, change, code, shown, of, seen):
    out = tmp_path / "out"
    out.mkdir()
    model = edit_archive(small / "net.keras", tmp_path / "net.keras", change)
    for name in (of, "answer"):
        done = kerascope("capture", model, small / "batch.npy", "-l", name, "-o", out / "x.npz", check=False, cwd=out)
        check_failure(done, code, shown, 1, out)
        assert f"{len(seen)} of 8 layers can be seen" in done.stderr
    done = kerascope("capture", model, small / "batch.npy", "-o", out / "all.npz", check=False)
    assert done.returncode == 3, done.stderr
    assert np.load(out / "all.npz").files == list(seen)
    assert f"{8 - len(seen)} layers cannot be seen" in done.stderr
    for words in shown[:2]:
        assert words in done.stderr
    listed = json.loads(kerascope("layers", model, "--json").stdout)["layers"]
    assert [entry["address"] for entry in listed if entry["computable"]] == list(seen)
    assert all(entry["problem"]["code"] == code for entry in listed if not entry["computable"])
    kerascope("capture", model, small / "batch.npy", "-l", seen[-1], "-o", out / "one.npz")
    assert files_below(out) == ["all.npz", "one.npz"]


@broken(
    "layer-unknown",
    "layer 'conv2' has the type 'Conv9D', which Kerascope cannot compute",
    "config.layers[4] in config.json",
)
def unknown_class(config):
    layer(config, "conv2")["class_name"] = "Conv9D"
    layer(config, "conv2")["registered_name"] = "Conv9D"


@broken("layer-unknown", "layer 'conv2' has the type 'Custom>SpatialGate'", "config.layers[4] in config.json")
def custom_class(config):
    layer(config, "conv2")["registered_name"] = "Custom>SpatialGate"
    layer(config, "conv2")["class_name"] = "SpatialGate"


@broken("config-missing", "layer 'conv2' (Conv2D) has no 'filters', which it needs", "config.layers[4]")
def missing_key(config):
    del layer(config, "conv2")["config"]["filters"]


@broken("config-type", "'filters' of layer 'conv2' (Conv2D) is \"many\", not a whole number")
def text_for_a_number(config):
    layer(config, "conv2")["config"]["filters"] = "many"


@broken("config-type", "'filters' of layer 'conv2' (Conv2D) is \"NaN\", not a whole number")
def nan_for_a_whole_number(config):
    layer(config, "conv2")["config"]["filters"] = float("nan")


@broken("config-type", "'strides' of layer 'conv2' (Conv2D) is (-1, 1), not at least 1", "config.layers[4] in config.json")
def negative_strides(config):
    layer(config, "conv2")["config"]["strides"] = [-1, 1]


@broken(
    "config-type",
    "'rate' of layer 'drop' (Dropout) is 1.5, not from 0 to 1",
    of="drop",
    seen=("picture", "conv1", "bn", "pool", "conv2"),
)
def rate_above_one(config):
    layer(config, "drop")["config"]["rate"] = 1.5


@broken("config-type", "'epsilon' of layer 'bn' (BatchNormalization) is \"small\"", of="bn", seen=("picture", "conv1"))
def text_for_epsilon(config):
    layer(config, "bn")["config"]["epsilon"] = "small"


@broken("activation-unknown", "'conv2'", "'sparkle'")
def unknown_activation(config):
    layer(config, "conv2")["config"]["activation"] = "sparkle"


@broken(
    "weight-shape",
    "weight 'kernel' of layer 'conv2' (Conv2D) has shape (2, 2, 4, 6), its config needs (3, 3, 4, 6)",
    "vars/0 in model.weights.h5 in ",
    "load the weights that were saved with this architecture",
)
def kernel_of_another_size(config):
    layer(config, "conv2")["config"]["kernel_size"] = [3, 3]


@pytest.mark.parametrize("filters", [2**24, 2**31, 2**40, 2**62, 2**63, 2**70, -5, 0, 1e300])
@pytest.mark.limits_memory
def test_sizes_that_a_file_claims_take_no_memory(kerascope, small, tmp_path, filters):
    """In a gigabyte of address space, more than which no such model may want."""

    def change(config):
        layer(config, "conv2")["config"]["filters"] = filters

    model = edit_archive(small / "net.keras", tmp_path / "net.keras", change)
    for arguments in ((), ("-l", "answer"), ("-l", "conv2")):
        done = kerascope("capture", model, small / "batch.npy", *arguments, check=False, preexec_fn=little_memory)
        assert done.returncode == (1 if arguments else 3), done.stderr
        code = "weight-shape" if filters in (2**24, 2**31) else "size-too-large" if filters == 2**40 else "config-type"
        if arguments:
            assert f"error[{code}]" in done.stderr, done.stderr
        assert "conv2" in done.stderr


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))


@pytest.mark.parametrize("side", [2**20, 2**31, 2**40, 2**62, 2**63, -7, "wide", 0])
@pytest.mark.limits_memory
def test_input_sizes_that_a_file_claims_take_no_memory(kerascope, small, tmp_path, side):
    def change(config):
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, side, side, 3]

    model = edit_archive(small / "net.keras", tmp_path / "net.keras", change)
    done = kerascope("layers", model, check=False, preexec_fn=little_memory)
    assert done.returncode in (0, 1) and (done.returncode == 0 or "error[" in done.stderr), done.stderr
    for file in ("batch.npy", "picture.png"):
        done = kerascope("capture", model, small / file, check=False, preexec_fn=little_memory)
        assert done.returncode in (0, 1, 3), done.stderr
        if done.returncode == 1:
            assert "error[unexpected]" not in done.stderr and "error[" in done.stderr, done.stderr


# --- weights that do not fit, in HDF5 ---


def test_weights_of_another_shape(kerascope, small, tmp_path):
    def change(file):
        names = file["model_weights/conv2"].attrs["weight_names"]
        place = f"model_weights/conv2/{names[0]}"
        del file[place]
        file[place] = np.zeros((2, 2, 4, 5), "float32")

    model, out = edit_h5(small / "net.h5", tmp_path / "net.h5", change), tmp_path / "out"
    out.mkdir()
    done = kerascope("show", model, small / "batch.npy", "-l", "conv2", "-o", out / "x.png", check=False)
    shown = (
        "weight 'kernel' of layer 'conv2' (Conv2D) has shape (2, 2, 4, 5), its config needs (2, 2, 4, 6)",
        "where: /model_weights/conv2/",
        "net.h5",
    )
    check_failure(done, "weight-shape", shown, 1, out)


def test_missing_weight(kerascope, small, tmp_path):
    def change(file):
        group = file["model_weights/conv2"]
        group.attrs["weight_names"] = group.attrs["weight_names"][:1]

    model, out = edit_h5(small / "net.h5", tmp_path / "net.h5", change), tmp_path / "out"
    out.mkdir()
    done = kerascope("show", model, small / "batch.npy", "-l", "conv2", "-o", out / "x.png", check=False)
    check_failure(done, "weight-missing", ("weight 'bias' of layer 'conv2' (Conv2D) is not in the file",), 1, out)
    done = kerascope("capture", model, small / "batch.npy", "-l", "pool")


def test_weights_of_another_count_of_layers(kerascope, small, tmp_path):
    def change(file):
        group = file["model_weights"]
        names = list(group.attrs["layer_names"])
        group.attrs["layer_names"] = ["other", *names[1:-1]]
        group.move(names[0], "other")

    model = edit_h5(small / "net.h5", tmp_path / "net.h5", change)
    done = kerascope("layers", model, check=False)
    check_failure(
        done,
        "weights-mismatch",
        ("the file stores weights of ", "its configuration has ", "/model_weights in "),
        1,
        tmp_path / "none",
    )


# --- files cut short ---


@pytest.mark.parametrize("name", ["net.h5", "net.keras"])
def test_a_model_cut_short_at_any_length_is_an_error(kerascope, small, tmp_path, name):
    whole, cut, out = (small / name).read_bytes(), tmp_path / name, tmp_path / "out"
    out.mkdir()
    lengths = sorted({1, 4, 8, 100, 511, 512, len(whole) - 1, len(whole) - 22, *range(0, len(whole), len(whole) // 24)})
    for length in lengths:
        cut.write_bytes(whole[:length])
        done = kerascope("capture", cut, small / "batch.npy", "-o", out / "seen.npz", check=False)
        assert done.returncode == 1 and done.stdout == "", (length, done.stdout, done.stderr)
        assert done.stderr.startswith("error[") and "unexpected" not in done.stderr, (length, done.stderr)
        assert name in done.stderr and str(tmp_path) in done.stderr, (length, done.stderr)
        assert files_below(out) == []
