"""Small models of every wiring: nested, shared, frozen in part, several inputs and outputs, and in Keras 2's forms.

Usage: nested.py OUT_DIR.  Folders as those of networks.py; several inputs lie in input.npz by name. Models that tf_keras wrote
have only model.h5, those of real Keras also model.keras.
"""

import json
import pathlib
import sys

import cache
import numpy as np

HERE = pathlib.Path(__file__)
SHAPE = (20, 22, 3)


def block(keras, name, filters, shape, trainable=True):
    """Convolution, batch normalization, relu as a functional model."""
    x = inputs = keras.Input(shape, name=f"{name}_in")
    x = keras.layers.Conv2D(filters, 3, padding="same", name="conv")(x)
    x = keras.layers.BatchNormalization(name="bn")(x)
    model = keras.Model(inputs, keras.layers.ReLU(name="relu")(x), name=name)
    model.trainable = trainable
    return model


def head(keras, x, name="digit"):
    x = keras.layers.GlobalAveragePooling2D(name=f"{name}_average")(x)
    return keras.layers.Dense(4, activation="softmax", name=name)(x)


def fine_tuned_functional(keras):
    """The base is called with training=False, half of it is frozen, and the preprocessing lies before it."""
    base = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, include_top=False, weights=None)
    for layer in base.layers[: len(base.layers) // 2]:
        layer.trainable = False
    inputs = keras.Input((96, 96, 3), name="picture")
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = base(x, training=False)
    x = keras.layers.GlobalAveragePooling2D()(x)
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(inputs, keras.layers.Dense(5, name="flowers")(x))


def siamese(keras):
    """One tower called twice: tower@0, tower@1."""
    tower = block(keras, "tower", 4, SHAPE)
    left, right = keras.Input(SHAPE, name="left"), keras.Input(SHAPE, name="right")
    x = keras.layers.Concatenate(name="both")([tower(left), tower(right)])
    return keras.Model([left, right], head(keras, x))


def nested_in_nested(keras):
    """Three levels; a frozen model in the middle one; equal layer names at two of them."""
    inner = block(keras, "inner", 4, SHAPE, trainable=False)
    middle = keras.Sequential(
        [
            keras.Input(SHAPE, name="inner_input"),
            inner,
            keras.layers.MaxPooling2D(name="pool"),
            keras.layers.Conv2D(6, 3, name="middle_conv"),
            keras.layers.BatchNormalization(name="middle_bn"),
        ],
        name="middle",
    )
    inputs = keras.Input(SHAPE, name="picture")
    x = keras.layers.Conv2D(3, 1, name="conv")(inputs)
    return keras.Model(inputs, head(keras, middle(x)))


def frozen_in_part(keras):
    """In an HDF5 file the frozen kernels of a nested model move behind all trainable weights."""
    x = inputs = keras.Input(SHAPE, name="base_in")
    for k, trainable in enumerate((False, True, False, True)):
        x = keras.layers.Conv2D(3, 3, padding="same", name=f"conv{k}", trainable=trainable)(x)
        x = keras.layers.BatchNormalization(name=f"bn{k}", trainable=k % 3 == 0)(x)
        x = keras.layers.DepthwiseConv2D(3, padding="same", name=f"depthwise{k}", trainable=not trainable)(x)
    base = keras.Model(inputs, x, name="base")
    return keras.Sequential([keras.Input(SHAPE), base, keras.layers.Flatten(), keras.layers.Dense(3, name="answer")])


def frozen_base(keras):
    base = block(keras, "base", 5, SHAPE, trainable=False)
    return keras.Sequential([keras.Input(SHAPE), base, keras.layers.Flatten(), keras.layers.Dense(3, name="answer")])


def shared_layers(keras):
    """A convolution called three times and a batch normalization called twice, in one container."""
    inputs = keras.Input(SHAPE, name="picture")
    conv = keras.layers.Conv2D(3, 3, padding="same", name="conv")
    bn = keras.layers.BatchNormalization(name="bn")
    a = bn(conv(inputs))
    b = bn(conv(a))
    return keras.Model(inputs, head(keras, keras.layers.Add(name="sum")([a, b, conv(b)])))


def several_inputs_and_outputs(keras):
    """The second input is small; one output is an inner layer's."""
    picture, extra = keras.Input(SHAPE, name="picture"), keras.Input((1, 1, 4), name="extra")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(picture)
    gated = keras.layers.Multiply(name="gated")([x, extra])
    return keras.Model([picture, extra], [head(keras, gated, "first"), x, head(keras, x, "second")])


def dict_outputs(keras):
    """Keys that sort otherwise than they were given."""
    picture = keras.Input(SHAPE, name="picture")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(picture)
    return keras.Model(picture, {"zebra": head(keras, x, "animal"), "apple": head(keras, x, "fruit")})


def nested_with_several_outputs(keras):
    """The calls of a layer with two outputs have the addresses twins#0 and twins#1."""
    x = inputs = keras.Input(SHAPE, name="twins_in")
    small = keras.layers.MaxPooling2D(2, padding="same", name="small")(x)
    twins = keras.Model(inputs, [keras.layers.Conv2D(4, 3, name="wide")(x), small], name="twins")
    picture = keras.Input(SHAPE, name="picture")
    wide, small = twins(picture)
    wide = keras.layers.GlobalAveragePooling2D(name="wide_average")(wide)
    small = keras.layers.GlobalMaxPooling2D(name="small_most")(small)
    return keras.Model(picture, keras.layers.Concatenate(name="both")([wide, small]))


def plain_sequential(keras):
    return keras.Sequential(
        [
            keras.Input(SHAPE, name="conv_input"),
            keras.layers.Conv2D(4, 3, name="conv"),
            keras.layers.BatchNormalization(name="bn"),
            keras.layers.Activation("hard_sigmoid", name="gate"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(3, activation="softmax", name="answer"),
        ]
    )


def scaled_by_lambda(keras):
    """The end of InceptionResNetV2's blocks before Keras 2.13: told by name and argument, its code is not run."""
    x = inputs = keras.Input(SHAPE, name="picture")
    up = keras.layers.Conv2D(3, 1, name="block35_1_conv")(x)
    scale = keras.layers.Lambda(lambda inputs, scale: inputs[0] + inputs[1] * scale, arguments={"scale": 0.17}, name="block35_1")
    return keras.Model(inputs, keras.layers.Activation("relu", name="block35_1_ac")(scale([x, up])))


def application(name, side):
    return lambda keras: getattr(keras.applications, name)(input_shape=(side, side, 3), weights=None, classes=10)


def nothing(config):
    return config


def sequential_as_list(config):
    """As Keras 2.0 to 2.2.2 wrote it: no InputLayer, the layers are the config itself."""
    return config | {"config": without_input_layer(config)["config"]["layers"]}


def without_input_layer(config):
    first, *layers = config["config"]["layers"]
    layers[0]["config"]["batch_input_shape"] = first["config"]["batch_input_shape"]
    return config | {"config": config["config"] | {"layers": layers}}


def as_keras_2_0(config):
    """The class is called Model, and a node's entries have no arguments."""
    for layer in config["config"]["layers"]:
        layer["inbound_nodes"] = [[entry[:3] for entry in node] for node in layer.get("inbound_nodes", [])]
        if layer["class_name"] == "Functional":
            as_keras_2_0(layer)
        if layer["class_name"] == "Sequential":
            layer["config"] = without_input_layer(layer)["config"]["layers"]
    config["class_name"] = "Model"
    return config


WIRINGS = [
    fine_tuned_functional,
    siamese,
    nested_in_nested,
    frozen_in_part,
    frozen_base,
    shared_layers,
    several_inputs_and_outputs,
    dict_outputs,
    nested_with_several_outputs,
    plain_sequential,
]
# name: (make, who writes it, what is done to the model_config that it wrote)
QUESTIONS = {make.__name__: (make, "keras", nothing) for make in WIRINGS}
QUESTIONS |= {f"{make.__name__}_tf_keras": (make, "tf_keras", nothing) for make in WIRINGS}
QUESTIONS |= {
    "sequential_as_list": (plain_sequential, "tf_keras", sequential_as_list),
    "sequential_without_input_layer": (plain_sequential, "tf_keras", without_input_layer),
    "siamese_as_keras_2_0": (siamese, "tf_keras", as_keras_2_0),
    "nested_in_nested_as_keras_2_0": (nested_in_nested, "tf_keras", as_keras_2_0),
    "resnet50_tf_keras": (application("ResNet50", 64), "tf_keras", nothing),
    "mobilenet_tf_keras": (application("MobileNet", 64), "tf_keras", nothing),
    "mobilenetv2_tf_keras": (application("MobileNetV2", 96), "tf_keras", nothing),
    "mobilenetv3small_tf_keras": (application("MobileNetV3Small", 64), "tf_keras", nothing),
    "inceptionv3_tf_keras": (application("InceptionV3", 139), "tf_keras", nothing),
    "inceptionresnetv2_tf_keras": (application("InceptionResNetV2", 96), "tf_keras", nothing),
    "scaled_by_lambda_tf_keras": (scaled_by_lambda, "tf_keras", nothing),
    "densenet121_tf_keras": (application("DenseNet121", 64), "tf_keras", nothing),
    "efficientnetb0_tf_keras": (application("EfficientNetB0", 64), "tf_keras", nothing),
    "efficientnetv2b0_tf_keras": (application("EfficientNetV2B0", 64), "tf_keras", nothing),
    "nasnetmobile_tf_keras": (application("NASNetMobile", 64), "tf_keras", nothing),
    "convnexttiny_tf_keras": (application("ConvNeXtTiny", 64), "tf_keras", nothing),
}


def answer(folder, keras, question):
    import h5py
    import models

    make, writer, change = question
    if writer == "tf_keras":
        import tf_keras as keras  # Keras 2 as it is still maintained
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model = make(keras)
    random = np.random.default_rng(2)
    high = 255 if type(model.layers[1]).__name__ in ("Rescaling", "Normalization") else 1
    batch = [random.uniform(0, high, (5, *tensor.shape[1:])).astype("float32") for tensor in model.inputs]
    models.enliven(model, batch if len(batch) > 1 else batch[0], seed=1)
    outputs = models.all_outputs(keras, model, [array[:2] for array in batch])
    models.check_alive(outputs)
    if writer == "keras":
        model.save(folder / "model.keras")
    model.save(str(folder / "model.h5"))
    if change is not nothing:
        with h5py.File(folder / "model.h5", "r+") as file:
            config = change(json.loads(file.attrs["model_config"]))
            file.attrs["model_config"] = json.dumps(config)
            file.attrs["keras_version"] = file["model_weights"].attrs["keras_version"] = "2.1.6"
    names = [tensor.name.split(":")[0] for tensor in model.inputs]
    if len(batch) == 1:
        np.save(folder / "input.npy", batch[0][:2])
    else:
        np.savez(folder / "input.npz", **{name: array[:2] for name, array in zip(names, batch)})
    np.savez(folder / "expected.npz", **outputs)


cache.answer_all([HERE, HERE.with_name("models.py")], QUESTIONS, answer, pathlib.Path(sys.argv[1]))
