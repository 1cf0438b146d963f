"""Layers that Kerascope cannot compute: what the file says of them is shown, and what else can be seen is seen."""

import json

import keras
import numpy as np
import pytest
from small_models import SHAPE, edit_archive, layer

layers = keras.layers


@keras.saving.register_keras_serializable("zoo")
class Gate(layers.Layer):
    """Halves the height, and has weights."""

    def __init__(self, strength=2.0, **options):
        super().__init__(**options)
        self.strength = strength

    def build(self, shape):
        self.scale = self.add_weight(shape=(shape[-1],), initializer="random_normal", name="scale")
        self.count = self.add_weight(shape=(1,), initializer="ones", trainable=False, name="count")

    def call(self, x):
        return x[:, ::2] * self.scale * self.strength

    def compute_output_shape(self, shape):
        return (shape[0], None if shape[1] is None else (shape[1] + 1) // 2, *shape[2:])

    def get_config(self):
        return {**super().get_config(), "strength": self.strength}


@keras.saving.register_keras_serializable("zoo")
class Mirror(layers.Layer):
    def call(self, x):
        return x[:, :, ::-1]


def gated(size=8):
    picture = keras.Input((size, size, 3), name="picture")
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="before")(picture)
    x = Gate(name="gate")(x)
    x = layers.Conv2D(5, 3, activation="relu", name="after")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(picture, layers.Dense(3, name="answer")(x), name="gated")


def sequential():
    return keras.Sequential(
        [keras.Input(SHAPE, name="picture"), layers.Conv2D(4, 3, name="before"), Gate(name="gate"),
         layers.Conv2D(5, 3, name="after"), layers.Flatten(name="flat"), layers.Dense(3, name="answer")]
    )  # fmt: skip


def nested():
    inner = gated()
    picture = keras.Input(SHAPE, name="outside")
    return keras.Model(picture, layers.Softmax(name="end")(inner(picture)), name="outer")


def shapes_of(model, prefix=""):
    found = {}
    for one in model.layers:
        found[prefix + one.name] = [None, *one.output.shape[1:]]
        if isinstance(one, keras.Model):
            found |= shapes_of(one, f"{prefix}{one.name}/")
    return found


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("build", [gated, lambda: gated(None), sequential, nested], ids=["plain", "open", "sequential", "nested"])
def test_all_shapes_are_those_of_keras(kerascope, tmp_path, build, ending):
    model = build()
    if ending == "h5" and isinstance(model, keras.Sequential):
        pytest.skip("a Sequential's .h5 says nothing of shapes")
    model.save(tmp_path / f"m.{ending}")
    listed = json.loads(kerascope("layers", tmp_path / f"m.{ending}", "--json").stdout)
    truth = shapes_of(model)
    seen = {entry["address"]: entry["output"] for entry in listed["layers"] if entry["address"] in truth}
    assert seen == truth
    assert [entry["address"].split("/")[-1] for entry in listed["layers"] if entry["computable"]][-1] == "before"
    assert listed["parameters"] == model.count_params()
    assert not listed["parameters_at_least"] and listed["trainable_parameters_at_most"]


def test_what_the_file_says_of_an_unknown_layer(kerascope, tmp_path):
    model = gated()
    for file in ("m.keras", "m.h5"):
        model.save(tmp_path / file)
        told = json.loads(kerascope("layers", tmp_path / file, "--layer", "gate", "--json").stdout)["layers"]
        assert len(told) == 1
        gate = told[0]
        assert gate["class"] == "zoo>Gate" and gate["called_on"] == ["before"] and gate["output"] == [None, 4, 8, 4]
        assert gate["config"]["strength"] == 2.0 and not gate["computable"]
        assert "--input 'gate=FILE.npy'" in gate["problem"]["try"] and "--assume 'gate=identity'" in gate["problem"]["try"]
        numbers = [np.asarray(weight) for weight in model.get_layer("gate").weights]
        assert [weight["shape"] for weight in gate["weights"]] == [list(one.shape) for one in numbers]
        for weight, truth in zip(gate["weights"], numbers):
            for key, value in ("min", truth.min()), ("max", truth.max()), ("mean", truth.mean()):
                assert weight[key] == pytest.approx(float(value), rel=1e-5)
        text = kerascope("layers", tmp_path / file, "--layer", "gate").stdout
        assert "strength" in text and "H4 W8 C4 (not computed)" in text


def test_details_of_a_layer_that_is_known(kerascope, small):
    told = json.loads(kerascope("layers", small / "net.keras", "-l", "bn,conv*", "--json").stdout)["layers"]
    assert [entry["address"] for entry in told] == ["bn", "conv1", "conv2"]
    assert [weight["name"] for weight in told[0]["weights"]] == ["gamma", "beta", "moving_mean", "moving_variance"]
    model = keras.models.load_model(small / "net.keras")
    assert told[1]["config"]["filters"] == 4
    for entry in told:
        for weight, truth in zip(entry["weights"], model.get_layer(entry["address"]).weights, strict=True):
            assert weight["max"] == pytest.approx(float(np.max(truth)), rel=1e-6)


def mirrored(layer):
    picture = keras.Input(SHAPE, name="picture")
    x = layers.Conv2D(4, 3, name="before")(picture)
    side = layers.ReLU(name="side")(x)
    x = layer(x)
    x = layers.Conv2D(2, 3, name="after")(x)
    return keras.Model(picture, [layers.GlobalAveragePooling2D(name="answer")(x), layers.Flatten(name="flat")(side)])


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_an_unknown_layer_taken_for_the_identity(kerascope, tmp_path, ending):
    model = mirrored(Mirror(name="mirror"))
    model.save(tmp_path / f"m.{ending}")
    truth = mirrored(layers.Identity(name="mirror"))
    truth.set_weights(model.get_weights())
    picture = np.random.default_rng(5).normal(size=(2, *SHAPE)).astype("float32")
    np.save(tmp_path / "x.npy", picture)
    run = ("capture", tmp_path / f"m.{ending}", tmp_path / "x.npy")

    done = kerascope(*run, "-o", tmp_path / "seen.npz", "--assume", "mirror=identity")
    assert "assumed   mirror is the identity; 3 outputs depend on that" in done.stderr
    seen = np.load(tmp_path / "seen.npz")
    for one in truth.layers:
        whole = keras.Model(truth.inputs, one.output).predict(picture, verbose=0)
        np.testing.assert_allclose(seen[one.name], whole, atol=1e-5)
    marked = [line.split()[0] for line in done.stdout.split("\n") if "assumes mirror" in line]
    assert marked == ["mirror", "after", "answer", "predicts"]

    told = json.loads(kerascope(*run, "--assume", "type:*Mirror=identity", "--json").stdout)
    assert [entry["address"] for entry in told["layers"] if entry.get("assumes") == ["mirror"]] == marked[:3]
    assert told["predictions"][0]["assumes"] == ["mirror"] and "assumes" not in told["predictions"][1]

    shown = json.loads(kerascope("show", *run[1:], "--assume", "mirror=identity", "-o", tmp_path / "all.png", "--json").stdout)
    assert [entry["address"] for entry in shown["layers"] if entry.get("assumes") == ["mirror"]] == marked[:3]
    other = tmp_path / "other.npy"
    np.save(other, picture + 1)
    done = kerascope("diff", *run[1:], other, "--assume", "mirror=identity", check=False)
    assert [line.split()[0] for line in done.stdout.split("\n") if "assumes mirror" in line][:3] == marked[:3]

    for assumption, code, exit_code, words in [
        ("after=identity", "assume-invalid", 1, "Kerascope can compute it"),
        ("mirror", "usage", 2, "not LAYER=identity"),
        ("miror=identity", "layer-not-found", 1, "did you mean 'mirror'?"),
    ]:
        done = kerascope(*run, "--assume", assumption, check=False)
        assert done.returncode == exit_code and f"error[{code}]" in done.stderr and words in done.stderr, done.stderr


def test_every_unknown_layer_says_what_helps(kerascope, small):
    done = kerascope("capture", small / "lambda.keras", small / "batch.npy", check=False)
    assert done.returncode == 3
    assert (
        "try: say what it computes, such as --lambda 'secret=x / 127.5 - 1'; or feed its output (--input 'secret=FILE.npy'), "
        "or pass its input through (--assume 'secret=identity')"
    ) in done.stderr
    done = kerascope("capture", small / "lambda.keras", small / "batch.npy", "--layer", "after", check=False)
    assert done.returncode == 1 and "--assume 'secret=identity'" in done.stderr


# --- several outputs, of which some cannot be computed ---


@keras.saving.register_keras_serializable("zoo")
class Halves(layers.Layer):
    def call(self, x):
        return x[..., :2], x[..., 2:]


def test_outputs_of_one_unknown_layer_as_outputs_of_the_model(kerascope, tmp_path):
    inputs = keras.Input((8, 4), name="x")
    model = keras.Model(inputs, [*Halves(name="halves")(inputs), layers.ReLU(name="relu")(inputs)])
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", np.ones((1, 8, 4), "float32"))
    done = kerascope("capture", tmp_path / "m.keras", tmp_path / "x.npy", "-o", tmp_path / "seen.npz", check=False)
    assert done.returncode == 3 and "2 layers cannot be seen: halves#0, halves#1" in done.stderr
    assert np.load(tmp_path / "seen.npz").files == ["x", "relu"]


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_an_output_of_a_nested_model_that_fails_leaves_the_others(kerascope, tmp_path, ending):
    inputs = keras.Input((8, 4), name="inside")
    inner = keras.Model(
        inputs, [layers.ReLU(name="relu")(inputs), Mirror(name="mirror")(layers.Reshape((8, 4, 1), name="column")(inputs))], name="inner"
    )
    x = keras.Input((8, 4), name="x")
    first, second = inner(x)
    model = keras.Model(x, [layers.Softmax(name="good")(first), layers.ReLU(name="bad")(second)])
    model.save(tmp_path / f"m.{ending}")
    numbers = np.random.default_rng(1).normal(size=(1, 8, 4)).astype("float32")
    np.save(tmp_path / "x.npy", numbers)
    done = kerascope(
        "capture", tmp_path / f"m.{ending}", tmp_path / "x.npy", "-o", tmp_path / "seen.npz", check=False
    )
    assert done.returncode == 3
    seen = np.load(tmp_path / "seen.npz")
    assert seen.files == ["x", "inner#0", "inner/inside", "inner/column", "inner/relu", "good"]
    np.testing.assert_allclose(seen["good"], model.predict(numbers, verbose=0)[0], atol=1e-6)


def test_an_output_that_a_layer_does_not_have(kerascope, small, tmp_path):
    """Known and unknown layers, of the model's outputs and of a call, in the model and nested."""

    def of_model(config):
        config["config"]["output_layers"] = [["answer", 0, 2]]

    def of_call(config):
        layer(config, "answer")["inbound_nodes"][0]["args"][0]["config"]["keras_history"][2] = 2

    for change, code in (of_model, 1), (of_call, 3):
        model = edit_archive(small / "nested.keras", tmp_path / "m.keras", change)
        done = kerascope("capture", model, small / "batch.npy", check=False)
        assert done.returncode == code, done.stderr
        assert "output 2 of layer '" in done.stderr and "is used, which has 1" in done.stderr

    def far(config):
        config["config"]["output_layers"] = [["answer", 0, 70_000]]

    done = kerascope("layers", edit_archive(small / "nested.keras", tmp_path / "m.keras", far), check=False)
    assert done.returncode == 1 and "error[config-invalid]: output 70000 of layer 'answer' is asked for" in done.stderr


# --- what lies inside a layer ---


def test_no_pre_activation_says_which_layers_have_one(kerascope, small, tmp_path):
    run = ("capture", small / "net.keras", small / "batch.npy", "--layer")
    done = kerascope(*run, "bn/pre_activation", check=False)
    assert done.returncode == 1 and "layer 'bn' (BatchNormalization) has no 'pre_activation'" in done.stderr
    assert "it exists for conv1/pre_activation, answer/pre_activation" in done.stderr
    done = kerascope(*run, "bm/pre_activation", check=False)
    assert "the model has no layer 'bm/pre_activation'" in done.stderr


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_an_address_behind_an_unknown_layer_stays(kerascope, tmp_path, ending):
    model = gated()
    model.save(tmp_path / f"m.{ending}")
    np.save(tmp_path / "x.npy", np.ones((1, *SHAPE), "float32"))
    for address in "after/pre_activation", "gate/pre_activation", "gate#1", "answer":
        done = kerascope("capture", tmp_path / f"m.{ending}", tmp_path / "x.npy", "--layer", address, check=False)
        assert done.returncode == 1
        assert "error[layer-unknown]: layer 'gate' has the type 'zoo>Gate'" in done.stderr, done.stderr


# --- an architecture alone ---


def test_an_architecture_without_weights_shows_all_shapes(kerascope, small, tmp_path):
    model = keras.models.load_model(small / "nested.keras")
    (tmp_path / "m.json").write_text(model.to_json())
    done = kerascope("layers", tmp_path / "m.json", "--json")
    assert "--weights FILE" in done.stderr
    listed = json.loads(done.stdout)
    truth = shapes_of(model)
    assert {e["address"]: e["output"] for e in listed["layers"] if e["address"] in truth} == truth
    assert all(entry["computable"] for entry in listed["layers"]) and listed["parameters"] == model.count_params()
    (tmp_path / "g.json").write_text(gated().to_json())
    assert "at least" in kerascope("layers", tmp_path / "g.json").stdout.split("\n")[0]
