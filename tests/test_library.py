"""The library from C++: models in code take the weights of real Keras in every file it writes, and give them back."""

import importlib
import json
import os
import pathlib
import subprocess
import time
import zipfile

import h5py
import keras
import numpy as np
import pytest
from conftest import oracle_cases


@pytest.fixture(scope="session")
def probe():
    """Runs tests/library/probe.cc, a program that links the library."""

    def run(*arguments, check=True):
        program = pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "kerascope-probe"
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=300)
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


def article(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((12, 10, 2)),
            layers.Conv2D(4, 3, padding="same", name="conv1"),
            layers.Activation("relu", name="conv1out"),
            layers.MaxPooling2D(),
            layers.Conv2D(4, 3, activation="tanh"),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ],
        name="article",
    )


def branches(keras):
    layers = keras.layers
    image, hint = layers.Input((8, 8, 3), name="image"), layers.Input((8, 8, 3), name="hint")

    def conv(name=None):
        return layers.Conv2D(3, 3, padding="same", name=name)

    a, b = conv()(image), conv()(image)
    late = conv("late")
    c = conv()(a)
    shared = layers.DepthwiseConv2D(3, padding="same")
    once = shared(b)
    twice = shared(layers.Add()([c, late(hint)]))
    norm = layers.BatchNormalization()(twice)
    pooled = layers.GlobalAveragePooling2D()(layers.Concatenate()([once, norm, a]))
    return keras.Model([image, hint], [layers.Dense(2)(pooled), norm], name="branches")


def nested(keras):
    layers = keras.layers
    tower = keras.Sequential(
        [
            layers.Input((6, 6, 2)),
            layers.Conv2D(2, 1, name="first", trainable=False),
            layers.BatchNormalization(name="norm"),
            layers.Conv2D(2, 1, name="second"),
        ],
        name="tower",
    )
    left, right = layers.Input((6, 6, 2), name="left"), layers.Input((6, 6, 2), name="right")
    difference = layers.Subtract()([tower(left), tower(right)])
    return keras.Model([left, right], layers.Conv2D(2, 1, name="last")(difference), name="nested")


def twins(keras, first="dense", second="dense_1"):
    layers = keras.layers
    tower = keras.Sequential([layers.Input((4,)), layers.Dense(4, activation="tanh", name=first), layers.Dense(4, name=second)], name="tower")
    inputs = layers.Input((4,), name="input")
    return keras.Model(inputs, layers.Dense(4, name="last")(tower(inputs)), name="twins")


def named_twins(keras):
    return twins(keras, "first", "second")


def many(keras):
    layers = keras.layers
    image = layers.Input((12, 12, 4), name="image")
    x = layers.ZeroPadding2D(((1, 2), (0, 1)))(image)
    x = layers.SeparableConv2D(8, 3, strides=2, use_bias=False)(x)
    x = layers.LeakyReLU(negative_slope=0.1)(x)
    x = layers.GroupNormalization(4, epsilon=0.01)(x)
    x = layers.PReLU(shared_axes=[1, 2])(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="elu")(x)
    x = layers.Cropping2D(((1, 0), (2, 1)))(x)
    x = layers.LayerNormalization(epsilon=0.01)(x)
    x = layers.UpSampling2D((2, 1), interpolation="bilinear")(x)
    x = layers.AveragePooling2D((3, 2), strides=2, padding="same")(x)
    x = layers.ReLU(max_value=3, negative_slope=0.2, threshold=0.1)(x)
    x = layers.Permute((3, 1, 2))(x)
    x = layers.Reshape((4, -1))(x)
    x = layers.Conv1D(5, 2, padding="causal", dilation_rate=2)(x)
    x = layers.Softmax(axis=1)(x)
    x = layers.Rescaling(2, 0.5)(x)
    x = layers.Dot((2, 2), normalize=True)([x, x])
    x = layers.ELU(0.7)(x)
    x = layers.RMSNormalization()(layers.UnitNormalization()(x))
    x = layers.GlobalMaxPooling1D()(x)
    return keras.Model(image, layers.RepeatVector(2)(x), name="many")


MODELS = {make.__name__: make for make in (article, branches, nested, twins, named_twins, many)}


def trained(name, library):
    """A model whose weights, statistics too, are random numbers; and inputs by name."""
    keras = importlib.import_module(library)
    keras.utils.set_random_seed(7)
    model = MODELS[name](keras)
    random = np.random.default_rng(7)
    model.set_weights([random.uniform(0.1, 1, weight.shape) for weight in model.get_weights()])
    inputs = {tensor.name: random.normal(size=(2, *tensor.shape[1:])).astype("float32") for tensor in model.inputs}
    return model, inputs


def answers(model, inputs):
    given = model.predict(list(inputs.values()), verbose=0)
    return given if isinstance(given, list) else [given]


def close(seen, truth):
    np.testing.assert_allclose(seen, truth, atol=1e-5 * np.abs(truth).max())


def addresses_of_outputs(name):
    return {"article": ["dense"], "branches": ["dense", "batch_normalization"], "nested": ["last"], "twins": ["last"], "named_twins": ["last"], "many": ["repeat_vector"]}[name]


def compare(probe, folder, name, inputs, weights, truth, how="order"):
    """In code, with these weights: its outputs are Keras's, and so are those of what it saves, in Keras itself."""
    np.savez(folder / "inputs.npz", **inputs)
    done = probe("in-code", name, weights, folder / "inputs.npz", folder / "seen.npz", folder / "saved.keras", how)
    seen = np.load(folder / "seen.npz")
    for address, answer in zip(addresses_of_outputs(name), truth):
        close(seen[address], answer)
    for again, answer in zip(answers(keras.saving.load_model(folder / "saved.keras"), inputs), truth):
        close(again, answer)
    return done.stdout


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("file", ["only.weights.h5", "whole.keras", "whole.h5"])
def test_weights_of_keras_3_by_order(probe, tmp_path, name, file):
    model, inputs = trained(name, "keras")
    (model.save_weights if file == "only.weights.h5" else model.save)(tmp_path / file)
    compare(probe, tmp_path, name, inputs, tmp_path / file, answers(model, inputs))


@pytest.mark.parametrize("name", ["article", "branches", "nested"])
@pytest.mark.parametrize("file", ["only.h5", "only.weights.h5", "whole.h5", "whole.keras"])
def test_weights_of_keras_2_by_order(probe, tmp_path, name, file):
    model, inputs = trained(name, "tf_keras")
    (model.save_weights if file.startswith("only") else model.save)(tmp_path / file)
    compare(probe, tmp_path, name, inputs, tmp_path / file, answers(model, inputs))


@pytest.mark.parametrize("file", ["only.h5", "whole.h5"])
def test_names_do_not_matter_by_order(probe, tmp_path, file):
    tf_keras = importlib.import_module("tf_keras")
    model, inputs = trained("article", "tf_keras")
    renamed = tf_keras.models.clone_model(model)
    for number, layer in enumerate(renamed.layers):
        layer._name = f"other_{number}"
    renamed.set_weights(model.get_weights())
    (renamed.save_weights if file == "only.h5" else renamed.save)(tmp_path / file)
    compare(probe, tmp_path, "article", inputs, tmp_path / file, answers(model, inputs))


FLAGS = [{"tower": False}, {"first": True}, {"first": True, "second": False}, {"norm": False}, {"tower": False, "second": True}]


def with_other_flags(name, library, flags):
    model, inputs = trained(name, library)
    tower = model.get_layer("tower")
    for name, trainable in flags.items():
        (tower if name == "tower" else tower.get_layer(name)).trainable = trainable
    return model, inputs


@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.parametrize("library, file", [("tf_keras", "only.h5"), ("keras", "whole.h5")])
@pytest.mark.parametrize("how", ["order", "name"])
def test_names_tell_the_order_of_other_flags(probe, tmp_path, library, file, flags, how):
    """The list of a nested model in HDF5 is ordered by the flags of the model that was saved."""
    model, inputs = with_other_flags("nested", library, flags)
    (model.save_weights if file == "only.h5" else model.save)(tmp_path / file)
    compare(probe, tmp_path, "nested", inputs, tmp_path / file, answers(model, inputs), how)


def rename_weights(path, layer, new_name):
    with h5py.File(path, "r+") as file:
        group = file[layer]
        names = [name if isinstance(name, str) else name.decode() for name in group.attrs["weight_names"]]
        renamed = [new_name(i, name) for i, name in enumerate(names)]
        for name, new in zip(names, renamed):
            group.move(name, new)
        group.attrs["weight_names"] = [name.encode() for name in renamed]


def test_names_that_mean_nothing_leave_the_order(probe, tmp_path):
    model, inputs = trained("nested", "tf_keras")
    model.save_weights(tmp_path / "only.h5")
    rename_weights(tmp_path / "only.h5", "tower", lambda i, name: f"{name.split('/')[0]}_1/w{i}:0")
    compare(probe, tmp_path, "nested", inputs, tmp_path / "only.h5", answers(model, inputs))


@pytest.mark.parametrize("how", ["order", "name"])
def test_other_flags_without_names_are_a_mismatch(probe, tmp_path, how):
    model, inputs = with_other_flags("nested", "tf_keras", {"first": True, "norm": False})
    model.save_weights(tmp_path / "only.h5")
    rename_weights(tmp_path / "only.h5", "tower", lambda i, name: f"{name.split('/')[0]}_1/{name.split('/')[1]}")
    np.savez(tmp_path / "in.npz", **inputs)
    done = probe("in-code", "nested", tmp_path / "only.h5", tmp_path / "in.npz", tmp_path / "out.npz", tmp_path / "x.keras", how, check=False)
    assert done.returncode == 1
    assert "the weights do not fit 'nested': 1 mismatch\n" in done.stderr
    assert "the weights of 'tower' stand in another order than the `trainable` flags of its layers say" in done.stderr
    assert ("or load by name" in done.stderr) == (how == "order")


@pytest.mark.parametrize("library, file", [("tf_keras", "only.h5"), ("keras", "whole.h5")])
def test_names_that_keras_made_up_do_not_tell_the_order(probe, tmp_path, library, file):
    """With (dense, dense_1) the one that was saved first may be the frozen one, or the one that was made later."""
    model, inputs = with_other_flags("named_twins", library, {"first": False})
    (model.save_weights if file == "only.h5" else model.save)(tmp_path / file)
    compare(probe, tmp_path, "named_twins", inputs, tmp_path / file, answers(model, inputs))
    model, inputs = with_other_flags("twins", library, {"dense": False})
    (model.save_weights if file == "only.h5" else model.save)(tmp_path / file)
    done = probe("in-code", "twins", tmp_path / file, tmp_path / "inputs.npz", tmp_path / "out.npz", tmp_path / "x.keras", "order", check=False)
    assert done.returncode == 1 and "in another order than the `trainable` flags of its layers say" in done.stderr


def test_equal_models_give_equal_files(probe, tmp_path):
    model, inputs = trained("article", "keras")
    model.save(tmp_path / "whole.keras")
    np.savez(tmp_path / "in.npz", **inputs)
    probe("resave", tmp_path / "whole.keras", tmp_path / "in.npz", tmp_path / "out.npz", tmp_path / "one.keras")
    time.sleep(1.1)  # HDF5 counts in seconds
    probe("resave", tmp_path / "whole.keras", tmp_path / "in.npz", tmp_path / "out.npz", tmp_path / "two.keras")
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()


@pytest.mark.parametrize("library, file", [("tf_keras", "only.h5"), ("keras", "only.weights.h5"), ("keras", "whole.keras")])
def test_by_name_takes_what_has_the_name_and_says_what_has_not(probe, tmp_path, library, file):
    keras = importlib.import_module(library)
    model, inputs = trained("article", library)
    layers = keras.layers
    other = keras.Sequential([layers.Input((12, 10, 2)), layers.Conv2D(4, 3, padding="same", name="conv1"), layers.Dense(2, name="mine")])
    other.layers[0].set_weights(model.get_layer("conv1").get_weights())
    (other.save_weights if file.startswith("only") else other.save)(tmp_path / file)
    np.savez(tmp_path / "inputs.npz", **inputs)
    done = probe("in-code", "article", tmp_path / file, tmp_path / "inputs.npz", tmp_path / "seen.npz", tmp_path / "x.keras", "name", check=False)
    assert "loaded: conv1\nmissing: conv2d dense\nunused: mine" in done.stdout
    assert "weight-missing" in done.stderr or "'kernel' of layer 'conv2d'" in done.stderr


def test_all_mismatches_are_listed(probe, tmp_path):
    layers = keras.layers
    wrong = keras.Sequential([layers.Input((12, 10, 2)), layers.Conv2D(5, 3, padding="same"), layers.MaxPooling2D(), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(7)])
    wrong.save_weights(tmp_path / "wrong.weights.h5")
    np.savez(tmp_path / "inputs.npz", **trained("article", "keras")[1])
    done = probe("in-code", "article", tmp_path / "wrong.weights.h5", tmp_path / "inputs.npz", tmp_path / "seen.npz", tmp_path / "x.keras", "order", check=False)
    assert done.returncode == 1 and done.stderr.startswith("error[weights-mismatch]: the weights do not fit 'article': 5 mismatches")
    for part in ("'kernel' of layer 'conv1' (Conv2D) has shape (3, 3, 2, 5), its config needs (3, 3, 2, 4)", "'bias' of layer 'conv1'", "'kernel' of layer 'conv2d'", "'kernel' of layer 'dense'", "'bias' of layer 'dense'"):
        assert part in done.stderr
    assert not (tmp_path / "x.keras").exists()


@pytest.mark.parametrize("folder, file", oracle_cases("nested"))
def test_saved_again_keras_3_gives_the_same(probe, tmp_path, folder, file):
    """Models of Keras 2 and 3, nested, shared, frozen, with several inputs and outputs: as real Keras once computed."""
    path = next(path for path in (folder / "input.npy", folder / "input.npz") if path.exists())
    done = probe("resave", folder / file, path, tmp_path / "seen.npz", tmp_path / "saved.keras", check=False)
    bytes_of_file = (folder / file).read_bytes()
    # TensorFlow's own functions have no layer in Keras 3; its hard_sigmoid is not that of Keras 2.
    kept = [word for word in ("TFOpLambda", "hard_sigmoid") if word.encode() in bytes_of_file]
    if kept and done.returncode:
        assert done.stderr.startswith("error[save-unsupported]") and kept[0] in done.stderr
        assert not (tmp_path / "saved.keras").exists()
        return
    assert done.returncode == 0, done.stderr
    model = keras.saving.load_model(tmp_path / "saved.keras")
    given = np.load(path)
    inputs = given if path.suffix == ".npy" else [given[tensor.name] for tensor in model.inputs]
    answer = model.predict(inputs, verbose=0)
    expected = np.load(folder / "expected.npz")
    for one in answer.values() if isinstance(answer, dict) else answer if isinstance(answer, list) else [answer]:
        assert any(
            expected[key].shape == one.shape and np.abs(expected[key] - one).max() <= 1e-3 * np.abs(one).max()
            for key in expected.files
        )


def called_twice(keras, inner, outputs):
    """A nested model on its own output, some of whose calls are outputs; all that once more inside another model."""
    layers = keras.layers
    x = layers.Input((4,), name="inner_in")
    dense = layers.Dense(4, activation="tanh", name="dense")
    block = keras.Sequential([x, dense], name="inner") if inner == "Sequential" else keras.Model(x, dense(x), name="inner")
    x = layers.Input((4,), name="middle_in")
    once = block(x)
    both = {"once": once, "again": block(once), "behind": layers.Dense(4, name="behind")(once)}
    middle = keras.Model(x, [both[name] for name in outputs], name="middle")
    x = layers.Input((4,), name="outer_in")
    left, right = middle(x)
    return keras.Model(x, [*middle(layers.Subtract(name="less")([left, right])), right], name="outer")


@pytest.mark.parametrize("outputs", ["once again", "again once", "behind again", "once behind"])
@pytest.mark.parametrize("inner", ["Functional", "Sequential"])
@pytest.mark.parametrize("library", ["keras", "tf_keras"])
@pytest.mark.parametrize("file", ["model.keras", "model.h5"])
def test_outputs_are_the_calls_that_keras_means(probe, tmp_path, library, file, inner, outputs):
    """Keras 3 counts a nested model's calls from 0 where they are inputs, and from 1 where they are outputs."""
    writer = importlib.import_module(library)
    writer.utils.set_random_seed(7)
    model = called_twice(writer, inner, outputs.split())
    inputs = np.random.default_rng(7).normal(size=(2, 4)).astype("float32")
    truth = model.predict(inputs, verbose=0)
    model.save(tmp_path / file)
    np.save(tmp_path / "in.npy", inputs)
    probe("predict", tmp_path / file, tmp_path / "in.npy", tmp_path / "out", tmp_path / "saved.keras")
    saved = keras.saving.load_model(tmp_path / "saved.keras").predict(inputs, verbose=0)
    for i, answer in enumerate(truth):
        close(np.load(tmp_path / f"out.{i}.npy"), answer)
        close(saved[i], answer)


@pytest.mark.parametrize(
    "library, file", [("keras", "w.weights.h5"), ("keras", "whole.h5"), ("tf_keras", "w.h5"), ("tf_keras", "w.weights.h5")]
)
def test_an_architecture_with_weights_on_the_command_line(kerascope, tmp_path, library, file):
    model, inputs = trained("branches", library)
    (tmp_path / "model.json").write_text(model.to_json())
    (model.save_weights if file.startswith("w.") else model.save)(tmp_path / file)
    np.savez(tmp_path / "inputs.npz", **inputs)
    arguments = (tmp_path / "model.json", tmp_path / "inputs.npz")
    kerascope("capture", *arguments, "--weights", tmp_path / file, "-o", tmp_path / "seen.npz")
    seen = np.load(tmp_path / "seen.npz")
    for layer, answer in zip(model.output_names, answers(model, inputs)):
        close(seen[layer], answer)
    # Without weights what needs none is seen, and the rest says what is missing.
    done = kerascope("capture", *arguments, "-o", tmp_path / "some.npz", check=False)
    assert done.returncode == 3 and "has not been loaded" in done.stderr
    assert np.load(tmp_path / "some.npz").files == ["image", "hint"]
    done = kerascope("capture", *arguments, "--layer", "late", check=False)
    assert done.returncode == 1 and "try: load_weights(file) first, or --weights FILE" in done.stderr


def test_weights_that_are_loaded_later_are_seen_by_functions(probe, tmp_path):
    model, inputs = trained("article", "keras")
    model.save_weights(tmp_path / "one.weights.h5")
    first = answers(model, inputs)[0]
    model.set_weights([weight * 0.5 for weight in model.get_weights()])
    model.save_weights(tmp_path / "two.weights.h5")
    np.save(tmp_path / "input.npy", next(iter(inputs.values())))
    probe("twice", "article", tmp_path / "one.weights.h5", tmp_path / "two.weights.h5", tmp_path / "input.npy", tmp_path)
    close(np.load(tmp_path / "first.npy"), first)
    close(np.load(tmp_path / "second.npy"), answers(model, inputs)[0])
    assert np.abs(first - answers(model, inputs)[0]).max() > 1e-3


@pytest.mark.parametrize(
    "folder, file", [case for case in oracle_cases("nested") if "nested_in_nested" in case.id or "fine_tuned" in case.id]
)
def test_what_is_fed_in_the_middle_of_a_nested_model_arrives(probe, tmp_path, kerascope, folder, file):
    """Feeds the output of the last layer inside in its place: the answer is that of the whole."""
    path = next(path for path in (folder / "input.npy", folder / "input.npz") if path.exists())
    expected = np.load(folder / "expected.npz")
    inside = [address for address in expected.files if "/" in address]
    probe("from-the-middle", folder / file, path, inside[-1], tmp_path / "out.npy")
    out = np.load(tmp_path / "out.npy")
    assert any(
        expected[key].shape == out.shape and np.abs(expected[key] - out).max() <= 1e-4 * np.abs(out).max()
        for key in expected.files
    )


def saved(model, path):
    model.save(path)
    return path


def weights_in(archive, folder):
    with zipfile.ZipFile(archive) as members:
        return members.extract("model.weights.h5", folder / (archive.name + ".parts"))


@pytest.mark.parametrize("file", ["model.keras", "model.h5"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_weights_of_other_types_are_shown_and_saved_as_they_are(probe, kerascope, tmp_path, file, dtype):
    layers = keras.layers
    x = keras.Input((6, 6, 2), name="x")
    conv = layers.Conv2D(3, 3, dtype=dtype, bias_initializer="normal", name="conv")
    model = keras.Model(x, layers.Dense(2, name="plain")(conv(x)))
    if file == "model.h5" and dtype == "bfloat16":
        pytest.skip("Keras writes this type into archives only")
    model.save(tmp_path / file)
    for name, parts in (("conv", {"dtype": dtype}), ("plain", {})):
        shown = json.loads(kerascope("layers", tmp_path / file, "--layer", name, "--json").stdout)
        for weight, truth in zip(shown["layers"][0]["weights"], model.get_layer(name).weights):
            assert {key: weight[key] for key in parts} == parts and ("dtype" in weight) == bool(parts)
            assert weight["max"] == pytest.approx(float(np.max(np.asarray(truth.numpy(), "float64"))), rel=1e-6)
    said = kerascope("layers", tmp_path / file, "--layer", "conv").stdout
    assert f"(3, 3, 2, 3) {dtype}" in said
    kerascope("show", tmp_path / file, "--kernels", "conv", "-o", tmp_path / "kernels.png")

    given = np.random.default_rng(5).normal(size=(2, 6, 6, 2)).astype("float32")
    np.savez(tmp_path / "inputs.npz", x=given)
    probe("resave", tmp_path / file, tmp_path / "inputs.npz", tmp_path / "seen.npz", tmp_path / "again.keras")
    again = keras.saving.load_model(tmp_path / "again.keras")
    for one, truth in zip(again.weights, model.weights, strict=True):
        assert one.dtype == truth.dtype
        assert (np.asarray(one.numpy(), "float64") == np.asarray(truth.numpy(), "float64")).all(), truth.path
    with h5py.File(weights_in(tmp_path / "again.keras", tmp_path)) as stored, h5py.File(
        weights_in(saved(model, tmp_path / "truth.keras"), tmp_path)
    ) as expected:
        place = "layers/conv2d/vars/0"
        assert stored[place].dtype == expected[place].dtype
        assert dict(stored[place].attrs) == dict(expected[place].attrs)
    with np.load(tmp_path / "seen.npz") as seen:
        np.testing.assert_allclose(seen["plain"], model.predict(given, verbose=0), atol={"float64": 1e-6}.get(dtype, 0.02))
