"""Small models that real Keras saves for the tests of the command line, and ways to change their files."""

import json
import shutil
import zipfile

import h5py
import numpy as np
from PIL import Image

SHAPE = (8, 8, 3)


def make_all(folder):
    """Saves every model and input that the tests share; all numbers are seeded."""
    import keras

    keras.utils.set_random_seed(7)
    for name, build in MODELS.items():
        model = build(keras)
        randomize(model)
        model.save(folder / f"{name}.keras")
        if name in ("net", "lambda"):
            model.save(folder / f"{name}.h5")
        if name == "net":
            model.save_weights(folder / "net.weights.h5")
    random = np.random.default_rng(7)
    np.save(folder / "batch.npy", random.normal(size=(2, *SHAPE)).astype("float32"))
    Image.fromarray(random.integers(0, 256, (11, 9, 3), dtype="uint8")).save(folder / "picture.png")
    Image.fromarray(random.integers(0, 256, (64, 64, 3), dtype="uint8")).save(folder / "picture.jpg")


def randomize(model):
    """Zeros and ones could hide a mistake."""
    for variable in model.variables:
        if "seed_generator" not in variable.path:
            keep_positive = "variance" in variable.path
            numbers = np.random.uniform(0.5 if keep_positive else -0.5, 1, variable.shape)
            variable.assign(numbers)


def net(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(SHAPE, name="picture"),
            layers.Conv2D(4, 3, activation="relu", name="conv1"),
            layers.BatchNormalization(name="bn"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(6, 2, padding="same", name="conv2"),
            layers.Dropout(0.4, name="drop"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="net",
    )


def two_inputs(keras):
    picture, extra = keras.Input(SHAPE, name="picture"), keras.Input((1, 1, 3), name="extra")
    x = keras.layers.Multiply(name="gated")([picture, extra])
    return keras.Model([picture, extra], keras.layers.GlobalAveragePooling2D(name="answer")(x))


def nested(keras):
    """`conv` lies at the top and in the base; `relu` in the base and in the head, but not at the top."""
    x = inputs = keras.Input(SHAPE, name="base_in")
    x = keras.layers.Conv2D(4, 3, name="conv")(x)
    x = keras.layers.ReLU(name="relu")(x)
    base = keras.Model(inputs, keras.layers.MaxPooling2D(2, name="pool")(x), name="base")
    head = keras.Sequential(
        [
            keras.Input((3, 3, 4), name="head_in"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(5, name="hidden"),
            keras.layers.ReLU(name="relu"),
        ],
        name="head",
    )
    picture = keras.Input(SHAPE, name="picture")
    x = keras.layers.Conv2D(3, 1, name="conv")(picture)
    x = head(base(x))
    return keras.Model(picture, keras.layers.Dense(3, name="answer")(x), name="nested")


def shared(keras):
    """One convolution called twice, one tower called twice."""
    x = inputs = keras.Input(SHAPE, name="tower_in")
    tower = keras.Model(inputs, keras.layers.Conv2D(3, 3, padding="same", name="inner")(x), name="tower")
    picture = keras.Input(SHAPE, name="picture")
    conv = keras.layers.Conv2D(3, 3, padding="same", name="conv")
    x = keras.layers.Add(name="sum")([tower(conv(conv(picture))), tower(picture)])
    return keras.Model(picture, keras.layers.GlobalAveragePooling2D(name="answer")(x))


def twice(x):
    return x * 2


def with_lambda(keras):
    """A Lambda whose code calls a function that the file does not hold."""
    x = picture = keras.Input(SHAPE, name="picture")
    x = keras.layers.Conv2D(4, 3, name="before")(x)
    x = keras.layers.Lambda(lambda t: twice(t), output_shape=(6, 6, 4), name="secret")(x)
    return keras.Model(picture, keras.layers.GlobalAveragePooling2D(name="after")(x))


def opaque(keras):
    @keras.saving.register_keras_serializable("zoo")
    class Tiger(keras.Model):
        def __init__(self, stripes=3, **options):
            super().__init__(**options)
            self.stripes = stripes
            self.dense = keras.layers.Dense(stripes)

        def call(self, x):
            return self.dense(x)

        def get_config(self):
            return {**super().get_config(), "stripes": self.stripes}

    model = Tiger()
    model(np.zeros((1, 4), "float32"))
    return model


MODELS = {
    "net": net,
    "two_inputs": two_inputs,
    "nested": nested,
    "shared": shared,
    "lambda": with_lambda,
    "opaque": opaque,
}


def edit_archive(source, target, change):
    """Copies a .keras file with another config.json: `change` alters the decoded one, or returns the new text."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == "config.json":
                config = json.loads(content)
                text = change(config)
                content = text if text is not None else json.dumps(config)
            new.writestr(member, content)
    return target


def edit_h5(source, target, change):
    """Copies an HDF5 file and has `change` alter the open copy."""
    shutil.copy(source, target)
    with h5py.File(target, "r+") as file:
        change(file)
    return target


def layer(config, name):
    """The description of a layer of the outermost model in a decoded config.json."""
    return next(entry for entry in config["config"]["layers"] if entry["config"]["name"] == name)
