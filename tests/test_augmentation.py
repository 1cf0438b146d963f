"""Augmentation before a network: still at inference, said to keep still in the training phase; RandomCrop as each Keras has it."""

import json
import zipfile

import keras
import numpy as np
import pytest
import tf_keras

RANDOM = np.random.default_rng(3)
PICTURE = RANDOM.uniform(0, 255, (2, 24, 20, 3)).astype("float32")


def augmented(library):
    """As tutorials have it: augmentation as a Sequential of its own, then what prepares the picture, then the network."""
    layers = library.layers
    library.utils.set_random_seed(4)
    normalization = layers.Normalization(name="norm")
    normalization.adapt(RANDOM.uniform(0, 255, (8, 24, 20, 3)))
    shaken = library.Sequential(
        [
            layers.RandomFlip("horizontal_and_vertical"),
            layers.RandomRotation(0.2),
            layers.RandomZoom(0.1),
            layers.RandomContrast(0.2),
            layers.RandomTranslation(0.1, 0.1),
        ],
        name="shaken",
    )
    x = picture = library.Input(PICTURE.shape[1:], name="picture")
    for layer in (
        shaken,
        normalization,
        layers.Resizing(16, 17, name="resize"),
        layers.CenterCrop(12, 12, name="crop"),
        layers.Conv2D(4, 3, activation="relu", name="conv"),
        layers.GlobalAveragePooling2D(name="mean"),
    ):
        x = layer(x)
    return library.Model(picture, x)


def files():
    yield pytest.param(keras, "model.keras", id="Keras 3")
    yield pytest.param(keras, "model.h5", id="Keras 3 in HDF5")
    yield pytest.param(tf_keras, "model.h5", id="Keras 2")


@pytest.fixture
def seen(kerascope, tmp_path):
    """{address: numbers} and what was said of a model and an input."""

    def seen(model, x, *more):
        np.save(tmp_path / "x.npy", x)
        done = kerascope("capture", model, tmp_path / "x.npy", "-o", tmp_path / "seen.npz", *more)
        return dict(np.load(tmp_path / "seen.npz")), done.stderr

    return seen


@pytest.mark.parametrize("library, file", files())
def test_every_layer_of_an_augmented_network_equals_keras(seen, tmp_path, library, file):
    model = augmented(library)
    model.save(str(tmp_path / file))
    maps, said = seen(tmp_path / file, PICTURE)
    assert "still" not in said
    for layer in model.layers:
        truth = library.Model(model.inputs, layer.output).predict(PICTURE, verbose=0)
        np.testing.assert_allclose(maps[layer.name], truth, atol=1e-5 * np.abs(truth).max(), err_msg=layer.name)
    np.testing.assert_array_equal(maps["shaken"], PICTURE)
    assert sum(name.startswith("shaken/") for name in maps) == 6


def test_the_training_phase_says_what_keeps_still(seen, tmp_path):
    augmented(keras).save(tmp_path / "model.keras")
    maps, said = seen(tmp_path / "model.keras", PICTURE, "--phase", "training")
    np.testing.assert_array_equal(maps["shaken"], PICTURE)
    assert said.count("keeps still in the training phase: Kerascope does not compute it yet") == 5
    assert "(RandomRotation) keeps still" in said
    _, said = seen(tmp_path / "model.keras", PICTURE, "--phase", "training", "--seed", "off")
    assert "still" not in said


def of_version(model, version, target):
    """The file as an older Keras would have written it."""
    with zipfile.ZipFile(model) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "metadata.json":
                content = json.dumps(json.loads(content) | {"keras_version": version})
            new.writestr(name, content)


def smart_resize(x, size):
    return np.asarray(keras.preprocessing.image.smart_resize(x, size))


def cut_at_the_corner(x, size):
    """From the corner of the largest middle part of these proportions, resized where there is too little."""
    (height, width), (tall, wide) = x.shape[1:3], size
    top = (height - min(height, width * tall // wide)) // 2
    left = (width - min(width, height * wide // tall)) // 2
    return np.asarray(keras.ops.image.resize(x[:, top : top + tall, left : left + wide], size))


def resized_then_cut(x, size):
    """One side fits, of the other the middle is taken."""
    (height, width), (tall, wide) = x.shape[1:3], size
    is_tall = height / width > tall / wide
    larger = (wide * height // width, wide) if is_tall else (tall, tall * width // height)
    x = np.asarray(keras.ops.image.resize(x, larger))
    top, left = (larger[0] - tall) // 2, (larger[1] - wide) // 2
    return x[:, top : top + tall, left : left + wide]


@pytest.mark.parametrize("size", [(12, 15), (30, 9), (5, 40), (30, 40)])
@pytest.mark.parametrize(
    "version, does",
    [
        ("2.6.0", resized_then_cut),
        ("2.7.0", smart_resize),
        ("2.15.0", smart_resize),
        ("3.5.0", smart_resize),
        ("3.6.0", cut_at_the_corner),
        ("3.7.0", cut_at_the_corner),
        ("3.8.0", lambda x, size: x),
        ("3.15.1", lambda x, size: x),
    ],
)
def test_a_random_crop_does_at_inference_what_its_keras_did(seen, tmp_path, version, does, size):
    keras.Sequential([keras.Input(PICTURE.shape[1:]), keras.layers.RandomCrop(*size, name="crop")]).save(tmp_path / "new.keras")
    of_version(tmp_path / "new.keras", version, tmp_path / "old.keras")
    maps, _ = seen(tmp_path / "old.keras", PICTURE)
    np.testing.assert_allclose(maps["crop"], does(PICTURE, size), atol=1e-3)


def test_a_random_crop_cuts_the_middle_out_in_the_training_phase(seen, tmp_path):
    keras.Sequential([keras.Input(PICTURE.shape[1:]), keras.layers.RandomCrop(10, 8, name="crop")]).save(tmp_path / "crop.keras")
    maps, said = seen(tmp_path / "crop.keras", PICTURE, "--phase", "training")
    np.testing.assert_array_equal(maps["crop"], PICTURE[:, 7:17, 6:14])
    assert "layer 'crop' (RandomCrop) cuts the middle out in the training phase: Kerascope does not compute it yet" in said


def test_categories_are_counted_by_their_weights(kerascope, tmp_path):
    ids, weights = keras.Input((4,), dtype="int64", name="ids"), keras.Input((4,), name="weights")
    count = keras.layers.CategoryEncoding(6, output_mode="count", name="count")(ids, count_weights=weights)
    model = keras.Model([ids, weights], count)
    model.save(tmp_path / "count.keras")
    inputs = {"ids": RANDOM.integers(0, 6, (3, 4)), "weights": RANDOM.normal(size=(3, 4)).astype("float32")}
    np.savez(tmp_path / "inputs.npz", **inputs)
    truth = model.predict([inputs["ids"], inputs["weights"]], verbose=0)
    kerascope("capture", tmp_path / "count.keras", tmp_path / "inputs.npz", "-o", tmp_path / "out.npz")
    np.testing.assert_allclose(np.load(tmp_path / "out.npz")["count"], truth, atol=1e-6)
