"""The Python package: the same bits as the program's, arguments of every kind, live models, recordings, manners."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings

import keras
import kerascope as ks
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from PIL import Image
from subclassed import Block


@pytest.fixture(scope="module")
def net(small):
    return ks.load(small / "net.keras")


@pytest.fixture(scope="module")
def batch(small):
    return np.load(small / "batch.npy")


def captured(kerascope, tmp_path, *arguments):
    kerascope("capture", *arguments, "-o", tmp_path / "program.npz", check=False)
    with np.load(tmp_path / "program.npz") as arrays:
        return dict(arrays)


def assert_same(seen, truth):
    assert list(seen) == list(truth)
    for address in truth:
        assert seen[address].dtype == truth[address].dtype and seen[address].tobytes() == truth[address].tobytes(), address


@pytest.mark.parametrize("options, words", [
    ({}, []),
    ({"phase": "training", "seed": 3}, ["--phase", "training", "--seed", "3"]),
    ({"exact": True}, ["--exact"]),
    ({"taps": "conv*"}, ["--layer", "conv*"]),
    ({"taps": ["type:Conv2D", "conv1/pre_activation", "conv2:3"]}, ["--layer", "type:Conv2D,conv1/pre_activation,conv2:3"]),
])
def test_a_run_gives_the_programs_bits(kerascope, small, net, batch, tmp_path, options, words):
    assert_same(net.run(batch, **options), captured(kerascope, tmp_path, small / "net.keras", small / "batch.npy", *words))


@pytest.mark.parametrize("name", ["nested.keras", "shared.keras", "lambda.keras", "net.h5"])
def test_every_kind_of_model_gives_the_programs_bits(kerascope, small, batch, tmp_path, name):
    seen = ks.load(small / name).run(batch)
    assert_same(seen, captured(kerascope, tmp_path, small / name, small / "batch.npy"))
    assert all(isinstance(problem, ks.Error) for problem in seen.skipped.values())
    assert bool(seen.skipped) == (name == "lambda.keras")


def test_pictures_are_prepared_as_by_the_program(kerascope, small, net, tmp_path):
    truth = captured(kerascope, tmp_path, small / "net.keras", small / "picture.png", "--preprocess", "unit")
    assert_same(net.run(small / "picture.png", preprocessing="unit"), truth)
    assert_same(net.run(Image.open(small / "picture.png"), preprocessing="unit"), truth)
    two = net.run([small / "picture.png", Image.open(small / "picture.jpg")], preprocessing="unit")
    assert two["conv1"].shape[0] == 2 and (two["conv1"][0] == truth["conv1"][0]).all()
    assert "unit" in net.run(small / "picture.png", preprocessing="unit").notes[0]


def test_addresses_are_found_by_a_part_and_errors_are_pythons(small, net, batch):
    nested = ks.load(small / "nested.keras").run(batch)
    assert "hidden" in nested and (nested["hidden"] == nested["head/hidden"]).all()
    assert "conv" in nested and "nothing" not in nested and nested.get("nothing") is None
    with pytest.raises(KeyError) as error:
        net.run(batch)["cnv1"]
    assert isinstance(error.value, ks.Error) and error.value.code == "layer-not-found"
    assert error.value.hint == "did you mean 'conv1'?" and str(error.value).startswith("error[layer-not-found]: ")
    with pytest.raises(KeyError):
        net.run(batch, taps="cnv1")
    with pytest.raises(FileNotFoundError):
        ks.load(small / "no.keras")
    with pytest.raises(ValueError) as error:
        net.run(np.zeros((1, 9, 9, 3)))
    assert error.value.code == "input-shape"
    again = pickle.loads(pickle.dumps(error.value))
    assert type(again) is type(error.value) and again.code == "input-shape" and str(again) == str(error.value)


def test_arrays_are_views_that_stay_valid_and_cannot_be_written(net, batch):
    seen = net.run(batch)
    first = seen["conv1"]
    assert np.shares_memory(first, seen["conv1"]) and not first.flags.writeable
    kept = first.copy()
    del seen
    net.run(batch + 1)
    assert (first == kept).all()


def test_a_run_keeps_its_own_copy_of_the_input(net, batch):
    given = batch.copy()
    seen = net.run(given)
    given[:] = 0
    assert (seen["picture"] == batch).all()


@pytest.mark.parametrize("change", [
    lambda x: x, lambda x: x.tolist(), lambda x: tf.constant(x), lambda x: x.astype("float64"), lambda x: [x], lambda x: {"picture": x},
    lambda x: np.asfortranarray(x), lambda x: x[::1, ::-1][:, ::-1],
], ids="array list tensor float64 listed dict fortran strided".split())
def test_inputs_of_every_kind(net, batch, change):
    assert (net.run(change(batch), taps="answer")["answer"] == net.predict(batch)).all()


def test_several_inputs_are_a_list_or_a_dict(small):
    model = ks.load(small / "two_inputs.keras")
    picture, extra = np.random.default_rng(1).normal(size=(2, 8, 8, 3)).astype("f4"), np.ones((2, 1, 1, 3), "f4")
    truth = model.run([picture, extra])["answer"]
    assert (model.run({"extra": extra, "picture": picture})["answer"] == truth).all()
    for wrong, code in (({"picture": picture}, "input-missing"), ({"pictures": picture, "extra": extra}, "input-unknown"),
                        ([picture], "input-count")):
        with pytest.raises(ks.Error) as error:
            model.run(wrong)
        assert error.value.code == code


def test_predict_is_keras_predict(small, net, batch):
    truth = keras.saving.load_model(small / "net.keras").predict(batch, verbose=0)
    np.testing.assert_allclose(net.predict(batch), truth, atol=1e-6)
    assert isinstance(ks.load(small / "shared.keras").predict(batch), (np.ndarray, list))


def test_functions_begin_and_end_anywhere(net, batch):
    seen = net.run(batch)
    first = ks.function(net.inputs, net.layer("pool"))
    assert (first(batch) == seen["pool"]).all()
    rest = ks.function(net.layer("pool").output, net.outputs)
    assert (rest(seen["pool"])[0] == seen["answer"]).all()
    both = ks.function(net.inputs[0], [net.tensor("conv1/pre_activation"), net.layer(-1).output])
    before, answer = both(batch)
    assert (np.maximum(before, 0) == seen["conv1"]).all() and (answer == seen["answer"]).all()


def test_layers_and_weights_are_keras(small, net):
    truth = keras.saving.load_model(small / "net.keras")
    assert [layer.name for layer in net.layers][-len(truth.layers):] == [layer.name for layer in truth.layers]
    for layer in truth.layers:
        for (name, array), variable in zip(net.layer(layer.name).weights.items(), layer.weights, strict=True):
            assert name == variable.name and (array == variable.numpy()).all()
    assert set(net.weights) == {f"{layer.name}/{weight.name}" for layer in truth.layers for weight in layer.weights}
    inner = ks.load(small / "nested.keras").layer("head").layers
    assert "head/hidden" in [layer.address for layer in inner]
    assert net.layer("conv1").class_name == "Conv2D" and net.layer("conv1").output.shape == (None, 6, 6, 4)


def test_pictures_are_the_programs_bytes(kerascope, small, net, tmp_path):
    words = [small / "net.keras", small / "picture.png", "--preprocess", "unit"]
    seen = net.run(small / "picture.png", preprocessing="unit")
    for options, more in (({}, []), ({"scale": "layer", "cmap": "viridis"}, ["--scale", "layer", "--cmap", "viridis"]),
                          ({"scale": (0, 2), "sort": "max", "numbers": True}, ["--scale", "0,2", "--sort", "max", "--numbers"])):
        kerascope("show", *words, *more, "--layer", "conv1", "-o", tmp_path / "maps.png")
        seen.grid("conv1", **options).save(tmp_path / "python.png")
        assert (tmp_path / "python.png").read_bytes() == (tmp_path / "maps.png").read_bytes(), options
    kerascope("show", small / "net.keras", "--kernels", "conv1", "-o", tmp_path / "kernels.png")
    assert net.layer("conv1").kernels().png() == (tmp_path / "kernels.png").read_bytes()


@pytest.mark.parametrize("options, said", [
    ({"zoom": "2"}, "zoom is a whole number, not '2'"),
    ({"columns": 2.5}, "columns is a whole number"),
    ({"numbers": 1}, "numbers is True or False"),
    ({"scale": True}, "scale is a word or"),
    ({"cmap": ["gray"]}, "cmap is a word"),
    ({"rgb": [0, 1]}, "rgb is True, or three channels"),
    ({"channels": [0.5]}, "channels is whole numbers"),
    ({"colour": 1}, "a grid has no option 'colour'; it has scale, .* sort, sample"),
])
def test_a_wrong_option_is_named(net, batch, options, said):
    seen = net.run(batch)
    with pytest.raises(TypeError, match=said):
        seen.grid("conv1", **options)
    with pytest.raises(TypeError, match="a kernel's picture has no option 'columns'; it has scale, cmap, gap, zoom"):
        net.layer("conv1").kernels(columns=3)
    with pytest.raises(TypeError, match="an overview has no option 'zoom'"):
        seen.overview(zoom=3)


def test_options_have_pythons_types(net, batch):
    seen = net.run(batch)
    three = seen.grid("conv1", rgb=[2, 0, 1])
    assert three.png() == seen.grid("conv1", rgb=True, channels=np.array([2, 0, 1])).png()
    assert seen.grid("conv1", scale=(0, 1)).png() == seen.grid("conv1", scale="0,1").png()
    assert seen.grid("conv1", tokens=None, zoom=np.int64(2)).png() == seen.grid("conv1", zoom=2).png()


def test_samples_are_found_by_the_names_of_their_files(small, net, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, brightest in [("im10.png", 200), ("im2.png", 90), ("im1.png", 10)]:
        pixels = np.linspace(0, brightest, 192).reshape(8, 8, 3)
        Image.fromarray(pixels.astype("u1")).save(folder / name)
    (folder / "im3.png").write_bytes(b"no picture")
    with pytest.warns(UserWarning, match="passed over: .*im3.png"):
        seen = net.run(folder, preprocessing="unit", skip_damaged=True)
    assert [os.path.basename(file) for file in seen.files] == ["im1.png", "im2.png", "im10.png"]
    assert seen.sample("im10.png") == 2 and seen["picture"][seen.sample("im2.png")].max() == np.float32(90 / 255)
    drawn = [seen.grid("conv1", sample=sample).png() for sample in ("im10.png", 2, 0)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert seen.overview(sample="im2.png").png() == seen.overview(sample=1).png()
    with pytest.raises(ks.Error, match="did you mean 'im1"):
        seen.sample("im11.png")
    listed = net.run([folder / "im2.png", folder / "im1.png"], preprocessing="unit")
    assert listed.sample("im1.png") == 1


def test_layers_are_named_in_many_ways(net, batch):
    conv1 = net.layer("conv1")
    for taps in ("conv1", 0, conv1, [conv1], conv1.output, (0,)):
        assert list(net.run(batch, taps)) == ["conv1"], taps
    one = net.run(batch, 0)
    assert one.grid().png() == one.grid("conv1").png() and one.statistics()["channels"] == 4
    for wrong in ([None], [True], [1.5]):
        with pytest.raises(TypeError, match="is named by its address"):
            net.run(batch, wrong)
    with pytest.raises(ks.Error, match="None asks for all"):
        net.run(batch, [])
    with pytest.raises(KeyError, match="by its address, not by 0"):
        one[0]
    assert one.get(0) is None
    with pytest.raises(ks.Error, match="so one has to be named"):
        net.run(batch).grid()


@pytest.mark.parametrize("given, said", [
    ({1, 2}, "set is no input"),
    (open, "is no input"),
    (tf.data.Dataset.from_tensor_slices([1.0]).batch(1), "model.batches"),
])
def test_what_is_no_input_is_said(net, given, said):
    with pytest.raises(ks.Error, match=said):
        net.run(given)
    with pytest.raises(ks.Error, match="nearst"):
        net.run(np.zeros((1, 8, 8, 3)), resize="nearst")
    with pytest.raises(TypeError, match="an iterable of batches"):
        next(net.batches("folder"))
    with pytest.raises(TypeError, match="a function begins and ends"):
        ks.function("conv1", net.outputs)


def test_sides_of_a_comparison(small, net, batch, tmp_path):
    model = keras.saving.load_model(small / "net.keras")
    assert ks.diff(model, small / "net.keras", batch).agree
    net.run(batch).save(tmp_path / "seen")
    assert ks.diff(tmp_path / "seen.npz", net.run(batch)).agree
    lambda_ = ks.load(small / "lambda.keras")
    same = ks.diff(lambda_, lambda_, batch)
    assert not same.agree and "not computed in a:" in same.table() and same.skipped[0] == same.skipped[1] != []
    with pytest.raises(TypeError, match="'taps' means nothing"):
        ks.diff(net, net, taps="conv1")
    with pytest.raises(ValueError, match="at least 0"):
        ks.diff(net, net, tolerance=-1)
    with pytest.raises(TypeError, match="not int"):
        ks.diff(net, 3)
    for path in ("seen.h5", "seen.png"):
        with pytest.raises(ks.Error, match="written as .npz"):
            net.run(batch).save(tmp_path / path)
    with pytest.raises(ks.Error, match="does not end in .png"):
        net.run(batch).grid("conv1").save(tmp_path / "conv1.jpg")


def test_hints_speak_python(small, net, batch):
    with pytest.raises(KeyError) as wrong:
        net.layer("xyz")
    assert "kerascope layers" not in str(wrong.value) and "model.summary()" in str(wrong.value)
    problem = next(iter(ks.load(small / "lambda.keras").run(batch).skipped.values()))
    assert "--" not in problem.hint and "ks.register" in problem.hint


def test_everything_shows_itself(small, net, batch):
    seen = net.run(batch)
    with_png = [seen, seen.activation("conv1"), seen.grid("conv1"), seen.overview(), net.layer("conv1").kernels()]
    assert all(one._repr_png_().startswith(b"\x89PNG") for one in with_png)
    nested = ks.load(small / "nested.keras")._repr_html_()
    assert "<details>" in nested and ">hidden<" in nested
    assert "conv1" in repr(net) and "2 x 6 x 6 x 4" in repr(seen) and "kernel" in str(net.layer("conv1"))
    assert "dead_channels" in repr(seen.statistics("conv1")) and "<table>" in seen.statistics("conv1")._repr_html_()
    pixels = np.asarray(seen.grid("conv1"))
    assert pixels.dtype == np.uint8 and pixels.shape[:2] == (seen.grid("conv1").height, seen.grid("conv1").width)
    assert seen.html().startswith("<!")
    with pytest.raises(TypeError, match="has no option 'color'"):
        seen.grid("conv1", color="red")


def test_a_seen_is_saved_for_the_program(kerascope, net, batch, tmp_path):
    seen = net.run(batch)
    ks.save(seen, tmp_path / "a.npz")
    ks.save({name: seen[name] for name in seen}, tmp_path / "b.npz")
    kerascope("diff", tmp_path / "a.npz", tmp_path / "b.npz")  # its exit code says that they agree
    with np.load(tmp_path / "b.npz") as arrays:
        assert_same(seen, dict(arrays))


def test_a_comparison_names_the_first_layer_that_parts(small, net, batch, tmp_path):
    changed = keras.saving.load_model(small / "net.keras")
    changed.get_layer("conv2").kernel.assign(changed.get_layer("conv2").kernel * 1.5)
    changed.save(tmp_path / "changed.keras")
    both = ks.diff(net, tmp_path / "changed.keras", batch)
    assert both.first == "conv2" and not both.agree and "conv2" in repr(both) and "<img" in both._repr_html_()
    assert [row["address"] for row in both.rows if row["parts"]][0] == "conv2"
    assert ks.diff(net, ks.load(tmp_path / "changed.keras")).first == "conv2/kernel"
    assert ks.diff(net, net, batch).agree


def test_statistics_say_which_channels_are_dead(net, batch):
    seen = net.run(batch)
    dead = [c for c in range(4) if not seen["conv1"][..., c].any()]
    assert seen.statistics("conv1").dead_channels == dead
    assert seen.statistics("conv1").maximum == seen["conv1"].max()


def test_layers_come_one_after_the_other(net, batch):
    seen = net.run(batch)
    streamed = {one.address: one.array for one in net.stream(batch)}
    assert_same(streamed, {name: seen[name] for name in seen})
    for one in net.stream(batch):
        break  # the run ends with the loop
    assert not [thread for thread in threading.enumerate() if thread.name == "kerascope-stream"]
    with pytest.raises(KeyError):
        list(net.stream(batch, taps="cnv1"))

    def fail(one):
        raise RuntimeError("from the callback")

    with pytest.raises(RuntimeError, match="from the callback"):
        net.run(batch, on_ready=fail)
    assert (net.run(batch)["answer"] == seen["answer"]).all()


def test_data_sets_are_seen_batch_by_batch(net, batch):
    many = np.concatenate([batch] * 3)
    data = tf.data.Dataset.from_tensor_slices((many, np.arange(6))).batch(4)
    parts = [seen["answer"] for seen in net.batches(data, taps="answer")]
    assert [len(part) for part in parts] == [4, 2]
    np.testing.assert_array_equal(np.concatenate(parts), net.predict(many))

    class Sequence(keras.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, index):
            return batch, np.zeros(2)

    assert len(list(net.batches(Sequence(), taps="answer"))) == 3


def test_progress_counts_the_steps_and_may_end_the_run(net, batch):
    steps = []
    net.run(batch, progress=lambda done, all: steps.append((done, all)))
    assert [done for done, _ in steps] == list(range(len(steps))) and steps[-1][1] == len(steps)

    def stop(done, all):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        net.run(batch, progress=stop)


def test_arrays_that_lack_a_preprocessing_are_doubted_once(tmp_path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.BatchNormalization()])
    pictures = np.random.default_rng(0).uniform(0, 1, (64, 8, 8, 3)).astype("f4")
    model.compile("sgd", "mse")
    model.fit(pictures, np.zeros((64, 6, 6, 4)), epochs=40, verbose=0)
    model.save(tmp_path / "learnt.keras")
    with pytest.warns(UserWarning, match="times more than its batch normalization expects"):
        opened = ks.load(tmp_path / "learnt.keras")
        opened.run(255 * pictures[:4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opened.run(255 * pictures[:4])
        ks.load(tmp_path / "learnt.keras").run(pictures[:4])
        ks.from_keras(model).run(255 * pictures[:4])


def test_classes_may_lie_over_the_picture(net, batch):
    maps = net.run(batch).activation("conv1")
    alone, over = maps.classes(), maps.classes(over=batch, sample=1)
    assert alone.png() != over.png() and over.png() != maps.classes(over=batch, sample=0).png()
    assert maps.classes(over=batch[1], sample=1).png() == over.png()


def test_a_profile_says_what_each_step_costs(net, batch):
    profile = net.profile(batch, runs=2, progress=False)
    assert profile.seconds > 0 and profile.least_seconds > 0 and profile.first_seconds > 0
    assert sum(step["seconds"] for step in profile.steps) <= profile.seconds
    assert any("conv1" in step["addresses"] for step in profile.steps) and "at least" in repr(profile)
    assert profile._repr_html_().count("<tr>") == len(profile.steps) + 2
    with pytest.raises(ks.Error, match="0 runs"):
        net.profile(batch, runs=0)


def test_threads_share_a_model(net, batch):
    truth, wrong = net.predict(batch), []

    def work():
        for _ in range(20):
            if not (net.run(batch)["answer"] == truth).all():
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not wrong


def test_pickles_and_copies_mean_the_file(small, net, batch):
    again = pickle.loads(pickle.dumps(net))
    assert (again.predict(batch) == net.predict(batch)).all()
    assert copy.copy(net) is net and copy.deepcopy(net) is net
    with net as same:
        assert same is net
    again.load_weights(small / "net.h5")
    with pytest.raises(TypeError, match="no file has this model's weights"):
        pickle.dumps(again)


INTERRUPTED = """
import numpy as np, os, signal, sys, threading, time
import kerascope as ks
model = ks.load(sys.argv[1])
many = np.zeros((20000, *model.inputs[0].shape[1:]), "f4")
threading.Thread(target=lambda: (time.sleep(1), os.kill(os.getpid(), signal.SIGINT)), daemon=True).start()
begin = time.monotonic()
try:
    while True:
        model.run(many, taps="answer", threads=1)
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - begin)
print("again", model.predict(many[:1]).shape)
"""


def test_control_c_ends_a_run(small):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, small / "net.keras"], capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("interrupted") and "again (1, 3)" in done.stdout, done.stdout + done.stderr


def test_the_import_brings_no_framework():
    code = "import sys, kerascope; print([m for m in ('tensorflow', 'keras', 'tf_keras', 'torch', 'jax', 'PIL', 'IPython', 'matplotlib', 'tqdm') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_package_brings_the_program():
    said = subprocess.check_output([sys.executable, "-m", "kerascope", "--version"], text=True)
    assert said.split()[1] == ks.__version__


# Live models


def live_models(keras):
    layers = keras.layers
    inner_in = layers.Input((4, 4, 2))
    inner = keras.Model(inner_in, layers.Conv2D(3, 2, activation="relu", name="inner_conv")(inner_in), name="inner")
    x = layers.Input((9, 9, 2), name="x")
    y = layers.BatchNormalization(name="bn")(layers.Conv2D(2, 3, strides=2, name="conv")(x))
    functional = keras.Model(x, layers.Dense(3, name="out")(layers.Flatten()(inner(y))), name="functional")
    sequential = keras.Sequential([layers.Input((5, 3)), layers.LSTM(4, return_sequences=True), layers.Bidirectional(layers.GRU(2)), layers.Dense(2)])
    return {"functional": (functional, (2, 9, 9, 2)), "sequential": (sequential, (2, 5, 3))}


@pytest.mark.parametrize("name", ["functional", "sequential"])
@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_a_live_model_is_seen_without_a_file(package, name):
    model, shape = live_models(pytest.importorskip(package))[name]
    before = [np.array(weight) for weight in model.get_weights()]
    x = np.random.default_rng(2).normal(size=shape).astype("f4")
    live = ks.from_keras(model)
    np.testing.assert_allclose(live.predict(x), model.predict(x, verbose=0), atol=2e-6)
    model.compile("sgd", "mse")
    model.fit(x, np.ones((2, live.predict(x).shape[-1]), "f4"), epochs=2, verbose=0)
    assert any((a != b).any() for a, b in zip(before, model.get_weights()))
    np.testing.assert_allclose(live.predict(x), model.predict(x, verbose=0), atol=2e-6)
    assert live._core is live._core, "what is prepared is kept while the weights stay"
    with pytest.raises(TypeError):
        pickle.dumps(live)


def test_what_is_no_functional_model_says_what_to_do():
    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ks.Error) as error:
        ks.from_keras(Own())
    assert "ks.record" in error.value.hint
    with pytest.raises(TypeError, match="no model of Keras"):
        ks.from_keras(3)


# Recordings


@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_recorder_and_engine_agree(package):
    model, shape = live_models(pytest.importorskip(package))["functional"]
    x = np.random.default_rng(3).normal(size=shape).astype("f4")
    base = next(one for one in type(model).__mro__ if one.__name__ == "Layer")
    former = base.__call__
    with ks.record(model) as seen:
        answer = model(x)
    assert base.__call__ is former
    engine = ks.from_keras(model).run(x)
    assert set(seen) == set(engine)
    for address in engine:
        np.testing.assert_allclose(seen[address], engine[address], atol=2e-6, err_msg=address)
        assert seen.activation(address).axes == engine.activation(address).axes
    assert (seen["out"] == np.asarray(answer)).all()
    assert ks.diff(seen, engine).agree


class Transformer(keras.Model):
    def __init__(self):
        super().__init__(name="transformer")
        self.blocks = [Block(name=f"block_{i}") for i in range(2)]
        self.head = layers.Dense(3, name="head")

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(self.head_input(x))

    def head_input(self, x):
        return keras.ops.mean(x, axis=1)


def test_a_subclassed_model_is_recorded_at_every_depth(tmp_path):
    model = Transformer()
    x = np.random.default_rng(4).normal(size=(2, 6, 8)).astype("f4")
    model(x)
    with ks.record(model) as seen:
        answer = model(x)
        layers.Dense(2)(x)  # not within the model
    assert [name for name in seen if name.count("/") == 0] == ["block_0", "block_1", "head"]
    assert {"block_0/attention", "block_0/norm", "block_1/attention/query"} <= set(seen)
    assert (seen["head"] == np.asarray(answer)).all() and seen.activation("block_0").axes == "TC"
    assert seen._repr_png_().startswith(b"\x89PNG")
    with ks.record(model, taps="*/attention") as some:
        model(x)
    assert list(some) == ["block_0/attention", "block_1/attention"]
    with pytest.warns(UserWarning, match="call it"):
        with ks.record(model) as none:
            model.predict(x, verbose=0)
    assert len(none) == 0
    with pytest.raises(ZeroDivisionError):
        with ks.record(model):
            1 / 0
    model(x)


def test_operations_of_a_functional_model_are_recorded():
    x = keras.Input((4,), name="x")
    model = keras.Model(x, keras.ops.tanh(layers.Dense(4, name="dense")(x) + 1.0))
    given = np.ones((1, 4), "f4")
    with ks.record(model) as seen:
        model(given)
    engine = ks.from_keras(model).run(given)
    assert set(seen) == set(engine) and len(seen) == 4
    assert ks.diff(seen, engine).agree


def test_a_layer_called_twice_has_two_addresses():
    shared = layers.Dense(4, name="shared")
    x = keras.Input((4,), name="x")
    model = keras.Model(x, shared(shared(x)))
    given = np.ones((1, 4), "f4")
    with ks.record(model) as seen:
        model(given)
    engine = ks.from_keras(model).run(given)
    assert list(seen) == list(engine) == ["x", "shared@0", "shared@1"]
