"""Writes .keras and .weights.h5 files as Keras 2.12 to 2.15 laid them out, from models of tf_keras.

The walk below was compared with the files of genuine Keras 2.12.0, 2.13.1, 2.14.0 and 2.15.0 for the models of
test_old_archives.py: the same groups, also empty ones, with the same numbers. `compare` does that; run it as
`python old_archives.py` in an environment with one of them.
"""

import io
import json
import zipfile

import h5py
import numpy as np

OLD_CONTAINER = "_layer_checkpoint_dependencies"


class Walk:
    """One walk over a model, which fills an HDF5 file."""

    def __init__(self, file, version, snake_case):
        self.file, self.snake_case = file, snake_case
        self.container = "layers" if version == "2.15" else OLD_CONTAINER
        self.lists_twice = version != "2.15"  # in a dict by name: layer_with_weights-0, layer-0, ..
        self.counts_visited = version in ("2.12", "2.13")
        self.visited = set()

    def save(self, layer, path):
        if id(layer) in self.visited:
            return
        group = self.file.create_group(f"{path}/vars".lstrip("/"))
        for i, weight in enumerate(layer._trainable_weights + layer._non_trainable_weights):
            group[str(i)] = weight.numpy()
        self.visited.add(id(layer))
        if hasattr(layer, "layers"):
            self.save_all(layer.layers, f"{path}/{self.container}")

    def save_all(self, layers, path):
        counts = {}
        for layer in layers:
            for _ in range(2 if self.lists_twice and layer.weights else 1):
                if not self.counts_visited and id(layer) in self.visited:
                    continue
                name = self.snake_case(type(layer).__name__)
                counts[name] = counts.get(name, -1) + 1
                self.save(layer, f"{path}/{name}_{counts[name]}" if counts[name] else f"{path}/{name}")


def write_weights(model, path, version, snake_case):
    with h5py.File(path, "w") as file:
        Walk(file, version, snake_case).save(model, "")


def write_archive(model, path, version, snake_case, folder):
    """The configuration is that of this Keras, which says keras.layers where it would say tf_keras.layers."""
    model.save(folder / "now.keras")
    with zipfile.ZipFile(folder / "now.keras") as now:
        config = now.read("config.json").replace(b'"tf_keras', b'"keras')
    weights = io.BytesIO()
    write_weights(model, weights, version, snake_case)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": f"{version}.1", "date_saved": ""}))
        archive.writestr("config.json", config)
        archive.writestr("model.weights.h5", weights.getvalue())


def models(keras):
    """name -> model of every wiring in which walks differ, for inputs of (12, 12, 4)."""
    layers = keras.layers

    def conv(name):
        return layers.Conv2D(4, 3, padding="same", name=name)

    def picture():
        return layers.Input((12, 12, 4))

    def base(name):
        x = inputs = picture()
        x = layers.BatchNormalization(name=name + "_bn")(conv(name + "_c1")(x))
        return keras.Model(inputs, conv(name + "_c2")(layers.ReLU(name=name + "_relu")(x)), name=name)

    made = {}
    x = inputs = picture()
    x = layers.BatchNormalization(name="q")(conv("p")(x))
    x = layers.Add(name="sum")([x, conv("r")(x)])
    x = layers.DepthwiseConv2D(3, name="dw")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    x = layers.Dropout(0.5, name="drop")(layers.Dense(3, name="d1")(x))
    made["flat"] = keras.Model(inputs, layers.Dense(2, name="d2")(x))

    inputs = picture()
    branches = [conv(f"br{i}")(inputs) for i in range(5)]
    made["branches"] = keras.Model(inputs, layers.Concatenate(name="all")(branches))

    made["sequentials"] = keras.Sequential(
        [
            picture(),
            keras.Sequential([conv("a1"), layers.BatchNormalization(name="ab"), conv("a2")], name="convs"),
            base("base"),
            keras.Sequential([layers.ReLU(name="r0"), layers.MaxPooling2D(2, name="p0")], name="plain"),
            keras.Sequential([layers.GlobalAveragePooling2D(name="gap"), layers.Dense(2, name="out")], name="head"),
        ]
    )

    inner_in, inputs, shared = picture(), picture(), conv("shared")
    inner = keras.Model(inner_in, conv("inner_c")(base("deep")(inner_in)), name="inner")
    made["deep"] = keras.Model(inputs, conv("last")(inner(shared(shared(inputs)))))

    for first in ("outer", "inner"):
        shared, inner_in, inputs = conv("s"), picture(), picture()
        inner = keras.Model(inner_in, conv("k2")(shared(conv("k1")(inner_in))), name="in_both")
        x = conv("o1")(inputs)
        x = inner(conv("o2")(shared(x))) if first == "outer" else shared(conv("o2")(inner(x)))
        made[f"in_two_{first}_first"] = keras.Model(inputs, conv("o3")(x))

    common, one_in, two_in, inputs = base("common"), picture(), picture(), picture()
    one = keras.Model(one_in, conv("z1")(common(one_in)), name="one")
    two = keras.Model(two_in, conv("z2")(common(two_in)), name="two")
    made["base_in_two"] = keras.Model(inputs, conv("z3")(layers.Add(name="sum")([one(inputs), two(inputs)])))

    s1, s2, part_in, own_in, inputs = conv("s1"), conv("s2"), picture(), picture(), picture()
    part = keras.Model(part_in, s1(part_in), name="part")
    own = keras.Model(own_in, conv("own")(own_in), name="own_part")
    made["nothing_new"] = keras.Model(inputs, conv("end")(own(part(s2(s1(inputs))))))

    frozen, inputs = base("frozen"), picture()
    frozen.trainable = False
    x = layers.BatchNormalization(name="bn2", scale=False)(conv("after")(frozen(inputs)))
    made["frozen"] = keras.Model(inputs, x)

    random = np.random.default_rng(3)
    for model in made.values():
        model.set_weights([random.uniform(0.1, 0.5, weight.shape) for weight in model.get_weights()])
    return made


def compare():
    """Keras's own files beside those of the walk."""
    import pathlib
    import tempfile

    import tensorflow as tf
    from tensorflow import keras

    version = ".".join(tf.__version__.split(".")[:2])
    try:
        from keras.src.utils.generic_utils import to_snake_case
    except ImportError:
        from keras.utils.generic_utils import to_snake_case
    folder = pathlib.Path(tempfile.mkdtemp())

    def contents(path):
        seen = {}
        with h5py.File(path) as file:
            file.visititems(lambda name, item: seen.update({name: item[()] if hasattr(item, "shape") else None}))
        return seen

    for name, model in models(keras).items():
        model.save_weights(folder / "own.weights.h5")
        write_weights(model, folder / "walk.weights.h5", version, to_snake_case)
        own, walk = contents(folder / "own.weights.h5"), contents(folder / "walk.weights.h5")
        assert own.keys() == walk.keys(), (name, own.keys() ^ walk.keys())
        assert all(np.array_equal(own[key], walk[key]) for key in own), name
        print(version, name, len(own), "groups and data sets: the same")


if __name__ == "__main__":
    compare()
