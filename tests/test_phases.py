"""What a call trains: the phase of the run, what the file stores with calls, and what Keras makes of both."""

import inspect
import pathlib
import re

import keras
import numpy as np
import pytest
import tf_keras

SHAPE = (6, 6, 3)
PICTURES = np.random.default_rng(4).normal(3, 2, (5, *SHAPE)).astype("float32")


def norm(kit, name, **options):
    return kit.layers.BatchNormalization(
        name=name, gamma_initializer="random_normal", moving_mean_initializer="random_normal", **options
    )


def stored(kit):
    """Both values stored, and layers behind them that store none."""
    x = picture = kit.Input(SHAPE, name="picture")
    x = first = norm(kit, "first")(x)
    x = true = norm(kit, "true")(x, training=True)
    x = behind = norm(kit, "behind")(x)
    x = false = norm(kit, "false")(x, training=False)
    return kit.Model(picture, [first, true, behind, false, norm(kit, "last")(x)])


def tower(kit, **call):
    """A nested model whose own node stores training=True."""
    x = inside = kit.Input(SHAPE, name="inside")
    x = norm(kit, "plain")(x)
    x = norm(kit, "stores")(x, training=True)
    x = kit.layers.ReLU(name="relu")(x)
    inner = kit.Model(inside, norm(kit, "end")(x), name="tower")
    picture = kit.Input(SHAPE, name="picture")
    return kit.Model(picture, norm(kit, "out")(inner(picture, **call)))


def after_dropout(kit):
    """Keras 3 hands the default of Dropout's `training`, False, on to the model that is called next."""
    inner = tower(kit)
    picture = kit.Input(SHAPE, name="from")
    x = kit.layers.Dropout(0.5, name="dropout")(picture)
    return kit.Model(picture, inner(x))


def after_resizing(kit):
    """The default of Resizing's is True."""
    picture = kit.Input(SHAPE, name="picture")
    return kit.Model(picture, norm(kit, "norm")(kit.layers.Resizing(5, 4, name="resizing")(picture)))


def shared(kit):
    """Two calls of one layer, of which one stores its phase."""
    layer = norm(kit, "norm")
    picture = kit.Input(SHAPE, name="picture")
    return kit.Model(picture, [layer(picture, training=True), layer(picture), layer(picture, training=False)])


def frozen(kit):
    picture = kit.Input(SHAPE, name="picture")
    return kit.Model(picture, norm(kit, "norm", trainable=False)(picture, training=True))


MODELS = {
    "stored": stored,
    "nested": tower,
    "nested true": lambda kit: tower(kit, training=True),
    "nested false": lambda kit: tower(kit, training=False),
    "after dropout": after_dropout,
    "after resizing": after_resizing,
    "shared": shared,
    "frozen": frozen,
}


@pytest.mark.parametrize("kit, ending", [(keras, "keras"), (keras, "h5"), (tf_keras, "h5")], ids=["3-keras", "3-h5", "2-h5"])
@pytest.mark.parametrize("name", MODELS)
def test_each_phase_is_that_of_keras(kerascope, tmp_path, name, kit, ending):
    kit.utils.set_random_seed(8)
    model = MODELS[name](kit)
    file = tmp_path / f"m.{ending}"
    model.save(file)
    np.save(tmp_path / "x.npy", PICTURES)
    as_list = lambda outputs: outputs if isinstance(outputs, list) else [outputs]
    weights = model.get_weights()  # which a call that trains changes
    truths = {}
    for phase, call in {
        "inference": lambda: model.predict(PICTURES, verbose=0),
        "training": lambda: model(PICTURES, training=True),
        "as-called": lambda: model(PICTURES),
    }.items():
        model.set_weights(weights)
        truths[phase] = call()
    addresses = {"shared": ["norm@0", "norm@1", "norm@2"], "stored": ["first", "true", "behind", "false", "last"]}
    for phase, truth in truths.items():
        if name == "after dropout" and phase == "training":
            continue
        done = kerascope("capture", file, tmp_path / "x.npy", "--phase", phase, "-o", tmp_path / "seen.npz")
        seen = np.load(tmp_path / "seen.npz")
        for address, numbers in zip(addresses.get(name, [seen.files[-1]]), as_list(truth)):
            numbers = np.asarray(numbers)
            np.testing.assert_allclose(seen[address], numbers, atol=2e-5 * np.abs(numbers).max(), err_msg=f"{phase} {address}")
        differs = not np.allclose(as_list(truths["inference"])[-1], as_list(truths["as-called"])[-1], atol=1e-4)
        said = "model(x) would train" in done.stderr
        assert said or not (differs and phase == "inference"), done.stderr
        assert not (said and phase != "inference"), done.stderr


def test_the_note_names_the_calls_that_would_train(kerascope, tmp_path):
    stored(keras).save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", PICTURES)
    done = kerascope("capture", tmp_path / "m.keras", tmp_path / "x.npy")
    assert "model(x) would train in 'true', 'behind'; shown is model.predict(x)" in done.stderr
    stored(tf_keras).save(tmp_path / "m.h5")
    assert "model(x)" not in kerascope("capture", tmp_path / "m.h5", tmp_path / "x.npy").stderr


def classes_by_default(value):
    for name, layer in sorted(vars(keras.layers).items()):
        if inspect.isclass(layer) and issubclass(layer, keras.Layer):
            argument = inspect.signature(layer.call).parameters.get("training")
            if argument is not None and argument.default is value:
                yield name


def test_the_defaults_of_training_are_those_of_keras():
    """Read from the source, as few of these layers can be computed yet."""
    source = (pathlib.Path(__file__).parents[1] / "src" / "layers" / "phase.cc").read_text()
    listed = {
        table: set(re.findall(r'"(\w+)"', re.search(rf"{table} = {{(.*?)}};", source, re.S)[1])) for table in ("kFalse", "kTrue")
    }
    # These wrap code of other libraries, or a saved model.
    foreign = {"FlaxLayer", "JaxLayer", "TFSMLayer"}
    assert listed["kFalse"] == set(classes_by_default(False)) - foreign
    assert listed["kTrue"] == {name for name in classes_by_default(True) if not name.startswith("Random")}
