"""What the program says about its numbers: wrong preprocessing, classes' names, constant, dead and non-finite channels, order."""

import json

import h5py
import numpy as np
import pytest
from conftest import oracle_cases
from PIL import Image

SIDE = 48
MODES = ("tf", "caffe", "torch", "unit", "raw")
LARGE = ("caffe", "raw")  # numbers about 255 times those of the other modes


def picture(seed):
    """Smooth colours of every size with some noise, as photographs have; 0 to 255."""
    random = np.random.default_rng(seed)
    pixels = random.uniform(40, 215, (1, 1, 3)) + random.normal(0, 8, (SIDE, SIDE, 3))
    for grain in (3, 6, 12, 24):
        coarse = random.normal(0, 25, (grain, grain, 3))
        pixels = pixels + np.kron(coarse, np.ones((SIDE // grain, SIDE // grain, 1)))
    return pixels.clip(0, 255).round()


def prepared(pixels, mode):
    """keras.applications' preprocess_input, written down once more."""
    if mode == "caffe":
        return pixels[..., ::-1] - [103.939, 116.779, 123.68]
    if mode == "torch":
        return (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return {"tf": pixels / 127.5 - 1, "unit": pixels / 255, "raw": pixels}[mode]


def learn_statistics(model, inputs):
    """Gives each batch normalization the moments of its input as moving statistics."""
    norms = [layer for layer in model.layers if type(layer).__name__ == "BatchNormalization"]
    for norm in norms:
        norm.momentum = 0.0
    model(np.asarray(inputs, "float32"), training=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Models whose statistics fit one way to prepare pictures, and pictures that they have not seen."""
    import keras

    keras.utils.set_random_seed(3)
    layers = keras.layers
    folder = tmp_path_factory.mktemp("honest")
    seen = np.stack([picture(seed) for seed in range(24)])

    def net():
        return keras.Sequential(
            [
                keras.Input((SIDE, SIDE, 3), name="pixels"),
                layers.Conv2D(12, 3, name="first"),
                layers.BatchNormalization(name="norm"),
                layers.ReLU(),
                layers.Conv2D(8, 3, strides=2, name="second"),
                layers.BatchNormalization(),
                layers.GlobalAveragePooling2D(),
                layers.Dense(3, activation="softmax"),
            ]
        )

    for mode in MODES:
        model = net()
        learn_statistics(model, prepared(seen, mode))
        model.save(folder / f"{mode}.keras")
        model.save(folder / f"{mode}.h5")
    net().save(folder / "untrained.keras")

    first = keras.Sequential([keras.Input((3, 16, 16), name="planes"), layers.BatchNormalization(axis=1), layers.Flatten()])
    learn_statistics(first, np.random.default_rng(0).normal([[[1]], [[20]], [[-5]]], 3, (50, 3, 16, 16)).reshape(50, 3, 16, 16))
    first.save(folder / "planes.keras")
    vector = keras.Sequential([keras.Input((30,)), layers.Dense(20, name="dense"), layers.BatchNormalization()])
    learn_statistics(vector, np.random.default_rng(0).normal(size=(200, 30)))
    vector.save(folder / "vector.keras")

    Image.fromarray(picture(100).astype("uint8")).save(folder / "new.png")
    np.save(folder / "new.npy", picture(100).astype("float32"))
    for name, colour in (("black", 0), ("white", 255), ("grey", 120)):
        Image.new("RGB", (SIDE, SIDE), (colour,) * 3).save(folder / f"{name}.png")
    return folder


@pytest.mark.parametrize("fed", MODES)
@pytest.mark.parametrize("learnt", MODES)
def test_a_scale_that_the_model_never_saw_is_noticed_and_the_right_one_named(kerascope, made, learnt, fed):
    file = f"{learnt}.{'h5' if fed == 'tf' else 'keras'}"
    done = kerascope("capture", made / file, made / "new.png", "--preprocess", fed)
    if (learnt in LARGE) == (fed in LARGE):
        assert "warning" not in done.stderr
    else:
        more = "less" if learnt in LARGE else "more"
        first, second = done.stderr.split("warning")[1].splitlines()[:2]
        assert first.startswith("   first varies about ") and first.endswith(
            f" times {more} than its batch normalization expects"
        )
        assert second == f"          try: --preprocess {learnt}"


def test_the_warning_is_a_field_of_the_json_and_given_to_show_too(kerascope, made, tmp_path):
    for command in (["capture"], ["show", "--layer", "first", "-o", tmp_path / "a.png"]):
        wrong = json.loads(kerascope(*command, made / "tf.keras", made / "new.png", "--json").stdout)["warning"]
        assert wrong["layer"] == "first" and wrong["try"] == "--preprocess tf" and 5000 < wrong["variance_ratio"] < 50000
        assert wrong["what"].startswith("first varies about ")
        right = kerascope(*command, made / "tf.keras", made / "new.png", "--json", "--preprocess", "tf")
        assert "warning" not in json.loads(right.stdout)
    assert kerascope("capture", made / "tf.keras", made / "new.png", "--quiet").stderr == ""


def test_arrays_are_looked_at_as_well(kerascope, made, tmp_path):
    done = kerascope("capture", made / "tf.keras", made / "new.npy")
    assert "try: --preprocess tf" in done.stderr
    assert "warning" not in kerascope("capture", made / "tf.keras", made / "new.npy", "--preprocess", "tf").stderr
    np.save(tmp_path / "unit.npy", np.load(made / "new.npy") / 255)
    done = kerascope("capture", made / "raw.keras", tmp_path / "unit.npy")
    assert "times less than its batch normalization expects" in done.stderr
    assert "try:" not in done.stderr, "no mode makes numbers larger"


@pytest.mark.parametrize("colour", ["black", "white", "grey"])
@pytest.mark.parametrize("learnt", MODES)
def test_a_picture_of_one_colour_alone_is_no_reason(kerascope, made, learnt, colour):
    done = kerascope("capture", made / f"{learnt}.keras", made / f"{colour}.png", "--preprocess", learnt)
    assert "warning" not in done.stderr


def test_nothing_is_said_where_nothing_can_be_known(kerascope, made, tmp_path):
    picture = made / "new.png"
    assert "warning" not in kerascope("capture", made / "tf.keras", picture, "--phase", "training").stderr
    assert "warning" not in kerascope("capture", made / "untrained.keras", picture).stderr
    assert "warning" not in kerascope("show", made / "tf.keras", picture, "--layer", "pixels", "-o", tmp_path / "a.png", "-q").stderr
    array = np.load(made / "new.npy")
    array[:] = np.nan
    np.save(tmp_path / "nan.npy", array)
    done = kerascope("capture", made / "tf.keras", tmp_path / "nan.npy")
    assert "batch normalization" not in done.stderr
    assert "\nwarning   the numbers for input 'pixels' are not all finite\n" in done.stderr
    assert ": 0 NaN   1 NaN" in done.stdout


def test_the_axis_of_the_normalization_is_its_own(kerascope, made, tmp_path):
    random = np.random.default_rng(1)
    array = random.normal([[[1]], [[20]], [[-5]]], 3, (3, 16, 16)).astype("float32")
    np.save(tmp_path / "right.npy", array)
    np.save(tmp_path / "large.npy", array * 40)
    np.save(tmp_path / "far.npy", array + 400)
    assert "warning" not in kerascope("capture", made / "planes.keras", tmp_path / "right.npy").stderr
    assert "planes varies about 1," in kerascope("capture", made / "planes.keras", tmp_path / "large.npy").stderr
    assert (
        "planes lies about 130 standard deviations from where its batch normalization expects it"
        in kerascope("capture", made / "planes.keras", tmp_path / "far.npy").stderr
    )


def test_one_vector_has_a_place_but_no_variance(kerascope, made, tmp_path):
    vector = np.random.default_rng(1).normal(size=(1, 30)).astype("float32")
    np.save(tmp_path / "right.npy", vector)
    np.save(tmp_path / "large.npy", vector * 1000)
    np.save(tmp_path / "twice.npy", np.repeat(vector, 2, axis=0))
    for name in ("right", "twice"):
        assert "warning" not in kerascope("capture", made / "vector.keras", tmp_path / f"{name}.npy").stderr
    assert "dense lies about" in kerascope("capture", made / "vector.keras", tmp_path / "large.npy").stderr


@pytest.mark.parametrize("folder, file", oracle_cases("networks"))
def test_networks_that_are_fed_rightly_are_left_alone(kerascope, folder, file, tmp_path):
    done = kerascope("capture", folder / file, folder / "input.npy", "--layer", "0..3")
    assert "warning" not in done.stderr
    if "mobilenet" in folder.name or "inception" in folder.name:
        np.save(tmp_path / "pixels.npy", (np.load(folder / "input.npy") + 1) * 127.5)
        done = kerascope("capture", folder / file, tmp_path / "pixels.npy", "--layer", "0..3")
        assert "try: --preprocess tf" in done.stderr


def test_a_model_that_does_not_say_its_inputs_shape_is_checked_as_well(kerascope, tmp_path):
    import tf_keras as keras

    model = keras.Sequential([keras.layers.BatchNormalization(name="norm"), keras.layers.Flatten(), keras.layers.Dense(2)])
    model(np.zeros((1, 8, 8, 3), "float32"))
    model.layers[0].set_weights([np.ones(3), np.zeros(3), np.zeros(3), np.full(3, 1e9)])
    model.save(tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "a") as file:
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"] = [one for one in config["config"]["layers"] if one["class_name"] != "InputLayer"]
        for layer in config["config"]["layers"]:
            layer["config"].pop("batch_input_shape", None)
        file.attrs["model_config"] = json.dumps(config)
    np.save(tmp_path / "flat.npy", np.random.default_rng(0).normal(100, 1, (1, 8, 8, 3)).astype("float32"))
    done = kerascope("capture", tmp_path / "net.h5", tmp_path / "flat.npy")
    assert "norm        H8 W8 C3" in done.stdout and "warning" not in done.stderr


@pytest.fixture(scope="module")
def applications(tmp_path_factory):
    """MobileNets whose largest outputs are known: as they are, nested in another model, of 5 classes, and one that is none."""
    import keras

    folder = tmp_path_factory.mktemp("applications")

    def mobilenet(classes):
        model = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=classes)
        bias = np.zeros(classes, "float32")
        bias[[1, 3, 0] if classes < 1000 else [281, 0, 999, 517, 134]] = [20, 19, 18] if classes < 1000 else [20, 19, 18, 17, 16]
        model.layers[-1].set_weights([model.layers[-1].get_weights()[0] * 0, bias])
        return model

    mobilenet(1000).save(folder / "whole.keras")
    mobilenet(5).save(folder / "five.keras")
    keras.Sequential([keras.Input((32, 32, 3)), mobilenet(1000)]).save(folder / "nested.h5")
    keras.Sequential([keras.Input((32, 32, 3)), keras.layers.Flatten(), keras.layers.Dense(1000)]).save(folder / "own.keras")
    Image.new("RGB", (32, 32), (9, 99, 200)).save(folder / "blue.png")
    (folder / "labels.txt").write_text("\n".join(f"class-{i}" for i in range(1000)))
    return folder


def test_a_network_of_keras_applications_names_its_classes(kerascope, applications):
    for model in ("whole.keras", "nested.h5"):
        line = kerascope("capture", applications / model, applications / "blue.png").stdout.splitlines()[-1]
        names = [part.strip().rsplit(" ", 1)[0] for part in line.split(": ")[1].split("   ")]
        assert names == ["tabby", "tench", "toilet tissue", "crane (machine)", "crane (bird)"]
    seen = kerascope("capture", applications / "whole.keras", applications / "blue.png", "--json").stdout
    largest = json.loads(seen)["predictions"][0]["largest"][0]
    assert largest["index"] == 281 and largest["label"] == "tabby"


def test_classes_that_are_not_imagenets_are_numbers(kerascope, applications):
    line = kerascope("capture", applications / "five.keras", applications / "blue.png").stdout.splitlines()[-1]
    assert "predictions: 1 0." in line
    line = kerascope("capture", applications / "own.keras", applications / "blue.png").stdout.splitlines()[-1]
    assert all(part.strip().split(" ")[0].isdigit() for part in line.split(": ")[1].split("   "))
    labelled = kerascope(
        "capture", applications / "whole.keras", applications / "blue.png", "--labels", applications / "labels.txt"
    )
    assert "predictions: class-281 " in labelled.stdout


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """A convolution with a constant, a dead, a NaN and an infinite channel; a map, a sequence and a vector."""
    import keras

    layers = keras.layers
    folder = tmp_path_factory.mktemp("odd")
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1), name="pixels"),
            layers.Conv2D(7, 1, activation="relu", name="conv"),
        ]
    )
    kernel = np.array([1, 0, -1, np.nan, np.inf, 0.5, 1], "float32")
    model.layers[0].set_weights([kernel.reshape(1, 1, 1, 7), np.array([0, 2, 0, 0, 0, 0, 0], "float32")])
    model.save(folder / "odd.keras")
    clean = keras.Sequential(
        [
            keras.Input((6, 6, 1), name="pixels"),
            layers.Conv2D(9, 3, activation="relu", name="conv"),
            layers.Reshape((16, 9), name="sequence"),
            layers.Flatten(name="flat"),
        ]
    )
    keras.utils.set_random_seed(5)
    clean.layers[0].set_weights([np.random.normal(size=(3, 3, 1, 9)), np.random.normal(size=9)])
    clean.save(folder / "clean.keras")
    np.save(folder / "input.npy", np.random.default_rng(0).uniform(0.1, 1, (2, 6, 6, 1)).astype("float32"))
    return folder


def test_constant_dead_and_non_finite_channels_are_counted(kerascope, odd, tmp_path):
    done = kerascope("show", odd / "odd.keras", odd / "input.npy", "--layer", "conv", "-o", tmp_path / "a.png")
    told = "1 of 7 dead: 2; 1 of 7 constant: 1; 2 of 7 with NaN or infinity: 3, 4"
    assert f"\nchannels  {told}\n" in done.stdout
    table = kerascope("capture", odd / "odd.keras", odd / "input.npy").stdout.splitlines()
    row = next(line for line in table if line.startswith("conv"))
    assert row.endswith("  " + told)
    for command, key in (
        (["capture"], "layers"),
        (["show", "--layer", "conv", "-o", tmp_path / "a.png"], "pictures"),
        (["show", "-o", tmp_path / "overview.png"], "layers"),
    ):
        listed = json.loads(kerascope(*command, odd / "odd.keras", odd / "input.npy", "--json").stdout)[key]
        conv = next(entry for entry in listed if entry["address"] == "conv")
        assert (conv["channels"], conv["constant_channels"], conv["dead_channels"]) == (7, 2, 1)
        assert conv["non_finite_channels"] == 2
        assert (conv["constant_indices"], conv["dead_indices"], conv["non_finite_indices"]) == ([1, 2], [2], [3, 4])
    done = kerascope("show", odd / "clean.keras", odd / "input.npy", "--layer", "flat", "-o", tmp_path / "a.png")
    assert "channels" not in done.stdout


def test_many_dead_channels_are_ranges_and_nearly_constant_ones_are_none(kerascope, tmp_path):
    import keras

    model = keras.Sequential([keras.Input((4, 4, 1), name="pixels"), keras.layers.Conv2D(64, 1, name="conv")])

    def told(dead, constant=()):
        kernel, bias = np.full(64, 1e-6, "float32"), np.ones(64, "float32")  # 1e-6 beside 1: nearly constant
        kernel[[*dead, *constant]] = 0
        bias[list(dead)] = 0
        model.layers[0].set_weights([kernel.reshape(1, 1, 1, 64), bias])
        model.save(tmp_path / "net.keras")
        np.save(tmp_path / "x.npy", np.arange(16, dtype="float32").reshape(1, 4, 4, 1))
        text = kerascope("capture", tmp_path / "net.keras", tmp_path / "x.npy", "--layer", "conv").stdout
        (entry,) = json.loads(kerascope("capture", tmp_path / "net.keras", tmp_path / "x.npy", "-l", "conv", "--json").stdout)["layers"]
        assert entry["dead_indices"] == sorted(dead) and entry["constant_indices"] == sorted([*dead, *constant])
        return text.splitlines()[1].split("%")[1].strip()

    assert told([]) == ""
    assert told([3, 7, 8, 12, 13, 14, 15]) == "7 of 64 dead: 3, 7, 8, 12-15"
    assert told([63], [0, 1, 2]) == "1 of 64 dead: 63; 3 of 64 constant: 0-2"
    assert told(range(64)) == "64 of 64 dead: 0-63"
    assert told(range(0, 64, 2)) == "32 of 64 dead: 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, .. 20 more"


@pytest.mark.parametrize("layer", ["conv", "sequence", "flat"])
@pytest.mark.parametrize("by", ["mean", "max", "variance", "zeros"])
def test_channels_stand_in_the_order_that_numpy_gives(kerascope, odd, tmp_path, layer, by):
    kerascope("capture", odd / "clean.keras", odd / "input.npy", "-q", "-o", tmp_path / "all.npz")
    numbers = np.load(tmp_path / "all.npz")[layer][1].astype("float64")
    numbers = numbers.reshape(-1, numbers.shape[-1])
    key = {"mean": np.mean, "max": np.max, "variance": np.var, "zeros": lambda x, axis: (x == 0).mean(axis)}[by]
    key = key(numbers, axis=0)
    expected = sorted(range(len(key)), key=lambda channel: (-key[channel], channel))
    arguments = ["show", odd / "clean.keras", odd / "input.npy", "--layer", layer, "--sample", 1, "--sort", by]
    arguments += ["-o", tmp_path / "sorted.png", "--gap", 0, "--zoom", 1]
    order = json.loads(kerascope(*arguments, "--json").stdout)["pictures"][0]["order"]
    assert order == expected
    said = ", ".join(map(str, expected[:8]))
    assert f"\nsorted    by {by}: {said}, ..\n" in kerascope(*arguments).stdout
    if layer != "conv":
        return
    kerascope(*arguments[:7], "-o", tmp_path / "plain.png", "--gap", 0, "--zoom", 1)
    tiles = [
        np.asarray(Image.open(tmp_path / name)).reshape(3, 4, 3, 4).transpose(0, 2, 1, 3).reshape(9, 4, 4)
        for name in ("plain.png", "sorted.png")
    ]
    varied = np.ptp(numbers, axis=0)[expected] > 0  # the hatching of the others goes on from tile to tile
    assert varied.sum() > 5
    assert (tiles[1] == tiles[0][expected])[varied].all()


def test_equal_channels_stand_as_they_are_and_nan_comes_last(kerascope, odd, tmp_path):
    arguments = ["--sort", "max", "--json", "-o", tmp_path / "a.png"]
    picture = json.loads(kerascope("show", odd / "odd.keras", odd / "input.npy", "--layer", "conv", *arguments).stdout)
    assert picture["pictures"][0]["order"] == [1, 0, 6, 5, 2, 3, 4]
    wrong = kerascope("show", odd / "odd.keras", odd / "input.npy", "--layer", "conv", "--sort", "size", check=False)
    assert wrong.returncode == 2 and "mean" in wrong.stderr


# --- the model's own scaling ---


def own_scalers(keras):
    """Ways in which models bring 0 to 255 near 0 or 1, each with what the message calls it."""
    layers = keras.layers

    def adapted():
        layer = layers.Normalization(name="norm_in")
        layer.adapt(np.stack([picture(seed) for seed in range(8)]))
        return layer

    return {
        "rescaling": (lambda x: layers.Rescaling(1 / 255, name="unit")(x), "layer 'unit'"),
        "tf": (lambda x: layers.Rescaling(1 / 127.5, offset=-1, name="tf")(x), "layer 'tf'"),
        "channels": (lambda x: layers.Rescaling([1 / 255, 1 / 254, 1 / 253], name="three")(x), "layer 'three'"),
        "normalization": (lambda x: layers.Normalization(mean=[120.0] * 3, variance=[3000.0] * 3, name="n")(x), "layer 'n'"),
        "adapted": (lambda x: adapted()(x), "layer 'norm_in'"),
        "divide": (lambda x: x / 255, "operation '"),
        "multiply": (lambda x: 0.0039 * x, "operation '"),
        "subtract": (lambda x: x - 127.5, "operation '"),
        "behind": (
            lambda x: layers.Rescaling(1 / 255, name="unit")(
                layers.ZeroPadding2D(1)(layers.Dropout(0.1)(layers.Reshape((SIDE, SIDE, 3))(layers.RandomFlip()(x))))
            ),
            "layer 'unit'",
        ),
    }


def learnt_behind(keras, scaler, depth=0):
    """A network whose first batch normalization comes after `depth` other layers with weights."""
    layers = keras.layers
    x = scaler(inputs := keras.Input((SIDE, SIDE, 3), name="pixels"))
    for i in range(depth):
        x = layers.Conv2D(8, 3, activation="relu", bias_initializer=keras.initializers.RandomUniform(-0.3, 0.3))(x)
        x = layers.MaxPooling2D(2)(x) if i % 2 else x
    x = layers.BatchNormalization(name="norm")(layers.Conv2D(8, 3, name="last")(x))
    model = keras.Model(inputs, layers.Dense(3)(layers.GlobalAveragePooling2D()(layers.ReLU()(x))))
    learn_statistics(model, np.stack([picture(seed) for seed in range(24)]))
    return model


DOUBLE = "warning   input 'pixels' is scaled twice: by {} preprocessing, and by the model's own {}"
OWN_SCALERS = "rescaling tf channels normalization adapted divide multiply subtract behind".split()


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
@pytest.mark.parametrize("name", OWN_SCALERS)
def test_a_mode_beside_the_models_own_scaling_is_warned_of(kerascope, made, tmp_path, library, name):
    keras = pytest.importorskip(library)
    keras.utils.set_random_seed(1)
    scaler, called = own_scalers(keras)[name]
    learnt_behind(keras, scaler).save(tmp_path / "own.h5")
    for mode in ("unit", "tf", "torch", "mean=120,std=60"):
        done = kerascope("capture", tmp_path / "own.h5", made / "new.png", "--preprocess", mode, "-l", "pixels")
        assert DOUBLE.format(mode, called) in done.stderr, (mode, done.stderr)
        assert "\n          try: --preprocess raw\n" in done.stderr
    for options in ([], ["--preprocess", "raw"]):
        done = kerascope("capture", tmp_path / "own.h5", made / "new.png", *options, check=False)
        assert "warning" not in done.stderr, done.stderr


def test_the_warning_of_double_scaling_is_before_the_run_and_in_the_json(kerascope, made, tmp_path):
    import keras

    learnt_behind(keras, lambda x: x / 255).save(tmp_path / "own.keras")
    given = ["capture", tmp_path / "own.keras", made / "new.png", "--preprocess", "unit", "--layer", "pixels"]
    assert "is scaled twice" in kerascope(*given).stderr, "no batch normalization is reached"
    assert json.loads(kerascope(*given, "--json").stdout)["warning"]["try"] == "--preprocess raw"
    array = kerascope("capture", tmp_path / "own.keras", made / "new.npy", "--preprocess", "unit")
    assert "is scaled twice" in array.stderr


@pytest.mark.parametrize("scale, offset, mode", [(2, -1, "unit"), (1 / 0.25, -0.5 / 0.25, "unit"), (255, 0, "unit"),
                                                 (1 / 255, 0, "caffe"), (1 / 127, 0, "mean=127,std=1")])  # fmt: skip
def test_steps_that_belong_together_are_not_double(kerascope, made, tmp_path, scale, offset, mode):
    import keras

    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Rescaling(scale, offset), keras.layers.Conv2D(2, 3)])
    model.save(tmp_path / "own.keras")
    done = kerascope("capture", tmp_path / "own.keras", made / "new.png", "--preprocess", mode)
    assert "warning" not in done.stderr


def test_double_scaling_is_seen_in_nested_models(kerascope, made, tmp_path):
    import keras

    layers = keras.layers
    base = keras.applications.EfficientNetB0(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    augment = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.RandomFlip(), layers.RandomZoom(0.1)], name="augment")
    own = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Rescaling(1 / 255, name="inner"), layers.Conv2D(4, 3)])
    pixels = keras.Input((SIDE, SIDE, 3), name="pixels")
    for name, model, called in [
        ("scales-inside", keras.Sequential([pixels, augment, base, layers.Flatten()]), "rescaling"),
        ("own-inside", keras.Sequential([pixels, layers.Dropout(0.1), own]), "inner"),
    ]:
        for ending in ("keras", "h5"):
            model.save(tmp_path / f"{name}.{ending}")
            given = ["capture", tmp_path / f"{name}.{ending}", made / "new.png", "--layer", "0"]
            done = kerascope(*given, "--preprocess", "unit", check=False)
            assert "is scaled twice: by unit preprocessing, and by the model's own layer '" + called in done.stderr, done.stderr
            assert "warning" not in kerascope(*given, check=False).stderr
    done = kerascope("capture", tmp_path / "scales-inside.keras", made / "new.png", check=False)
    assert "efficientnetb0 scales its input itself" in done.stderr


def test_each_of_several_inputs_has_its_own_scaling(kerascope, made, tmp_path):
    import keras

    layers = keras.layers
    raw, unit = keras.Input((SIDE, SIDE, 3), name="raw"), keras.Input((SIDE, SIDE, 3), name="scaled")
    x = layers.Add()([layers.Conv2D(2, 3)(raw), layers.Conv2D(2, 3)(layers.Rescaling(1 / 255, name="unit")(unit))])
    keras.Model([raw, unit], x).save(tmp_path / "two.keras")
    done = kerascope("capture", tmp_path / "two.keras", made / "new.png", made / "new.png", "--preprocess", "unit")
    assert "input 'scaled' is scaled twice" in done.stderr and "input 'raw' is scaled" not in done.stderr
    done = kerascope("capture", tmp_path / "two.keras", made / "new.png", made / "new.png")
    lines = [line for line in done.stderr.splitlines() if line.startswith("input")]
    assert lines[0].endswith("for input 'raw'; raw preprocessing (numbers 0 to 255)")
    assert lines[1].endswith("for input 'scaled'; raw preprocessing, the model's own layer 'unit' scales")


@pytest.mark.parametrize("depth", [0, 1, 4])
def test_batch_normalizations_see_double_scaling_wherever_they_come(kerascope, made, tmp_path, depth):
    """Their epsilon, 0.001, is more than the variance of what such a model's convolutions give."""
    import keras

    keras.utils.set_random_seed(2)
    learnt_behind(keras, lambda x: keras.layers.Rescaling(0.3 / 255, name="unit")(x), depth).save(tmp_path / "own.keras")
    done = kerascope("capture", tmp_path / "own.keras", made / "new.png", "--preprocess", "unit")
    assert "last varies about " in done.stderr and "times less than its batch normalization expects" in done.stderr
    assert "warning" not in kerascope("capture", tmp_path / "own.keras", made / "new.png").stderr
    np.save(tmp_path / "unit.npy", np.load(made / "new.npy") / 255)
    done = kerascope("capture", tmp_path / "own.keras", tmp_path / "unit.npy")
    assert "try: numbers from 0 to 255, which the model's own layer 'unit' scales" in done.stderr, done.stderr


def test_batch_normalizations_behind_every_input_are_looked_at(kerascope, made, tmp_path):
    import keras

    layers = keras.layers

    def tower(side):
        x = inputs = keras.Input((SIDE, SIDE, 3))
        for i in range(4):
            x = layers.BatchNormalization(momentum=0.0)(layers.Conv2D(4, 3, name=f"{side}{i}")(x))
        return keras.Model(inputs, layers.GlobalAveragePooling2D()(x), name=side)

    inputs = [keras.Input((SIDE, SIDE, 3), name=f"to_{side}") for side in ("left", "right")]
    model = keras.Model(inputs, layers.Concatenate()([tower("left")(inputs[0]), tower("right")(inputs[1])]))
    unit = np.stack([picture(seed) for seed in range(24)]) / 255
    model([unit, unit], training=True)
    model.save(tmp_path / "towers.keras")
    np.save(tmp_path / "unit.npy", np.load(made / "new.npy")[None] / 255)
    done = kerascope("capture", tmp_path / "towers.keras", tmp_path / "unit.npy", made / "new.npy")
    assert "right/right0 varies about " in done.stderr, done.stderr
    assert "warning" not in kerascope("capture", tmp_path / "towers.keras", tmp_path / "unit.npy", tmp_path / "unit.npy").stderr


def test_only_what_lies_before_the_first_weights_prepares_an_input(kerascope, made, tmp_path):
    import keras

    layers, ops = keras.layers, keras.ops
    side = (SIDE, SIDE, 3)
    tower_in = keras.Input(side)
    tower = keras.Model(tower_in, ops.abs(layers.Dense(4)(layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(tower_in)))), name="tower")
    a, b = keras.Input(side, name="a"), keras.Input(side, name="b")
    mobile = keras.applications.MobileNetV2((32, 32, 3), weights=None, include_top=False)

    def single(build):
        return keras.Model(x := keras.Input(side, name="pixels"), build(x))

    models = {
        "siamese": (keras.Model([a, b], layers.Dense(1)(ops.abs(tower(a) - tower(b)))), None),
        "distance": (keras.Model([a, b], layers.Dense(1)(layers.Flatten()(ops.abs(a - b)))), None),
        "behind": (single(lambda x: ops.abs(layers.Conv2D(4, 3)(x))), None),
        "pooled": (single(lambda x: layers.Dense(3)(ops.mean(x, axis=(1, 2)))), None),
        "before": (single(lambda x: layers.Conv2D(4, 3)(ops.abs(x))), "the model's own operation 'absolute' prepares its input"),
        "centred": (single(lambda x: layers.Conv2D(4, 3)(x - ops.mean(x, axis=(1, 2), keepdims=True))),
                    "the model's own operation 'subtract' prepares its input"),
        "cropped": (single(lambda x: mobile(x[:, 8:40, 8:40])), "guessed from mobilenetv2"),
    }  # fmt: skip
    for name, (model, reason) in models.items():
        model.save(tmp_path / f"{name}.keras")
        done = kerascope("capture", tmp_path / f"{name}.keras", *[made / "new.png"] * len(model.inputs), "-l", "0")
        line = done.stderr.splitlines()[0]
        if reason is None:
            assert line.endswith("; raw preprocessing (numbers 0 to 255)"), (name, line)
        else:
            assert reason.split(" '")[0] in line and "numbers 0 to 255" not in line, (name, line)
