"""Models whose nodes are operations instead of layers, by Keras 3 and by tf_keras.  Usage: operations.py OUT_DIR

Folders as those of nested.py. Each expression below is one output of one model, so that a wrong one does not hide another.
"""

import pathlib
import sys

import cache
import numpy as np

HERE = pathlib.Path(__file__)
SHAPE = (5, 6, 4)
THREE = np.array([1, -2, 3, 0.5], "float32")


def arithmetic(keras, x, y, p):
    """The order of arguments counts; constants stand on either side, as numbers, arrays and tensors."""
    ops = keras.ops
    both = [x + y, x - y, x * y, x / p, p**y, ops.maximum(x, y), ops.minimum(x, y), ops.divide(x, p)]
    right = [x + 3, x - 2.5, x * 2, x / 6, p**1.5, ops.maximum(x, 0.5), ops.minimum(x, -0.5), x * THREE]
    left = [3 + x, 1.0 - x, 2 / p, 2**x, ops.subtract(THREE, x), ops.maximum(0.25, x), -x, abs(x)]
    broadcast = [x * y[:, :1], x + y[..., :1], x - ops.mean(x, axis=(1, 2), keepdims=True), x[0] + y]
    named = [ops.subtract(x1=x, x2=y), ops.subtract(x2=x, x1=y), ops.add(x, ops.convert_to_tensor(THREE))]
    return both + right + left + broadcast + named


def elementwise(keras, x, y, p):
    ops = keras.ops
    plain = "abs absolute negative square exp relu relu6 selu silu sigmoid tanh softplus softsign log_sigmoid"
    plain += " hard_sigmoid hard_silu hard_tanh tanh_shrink sparse_plus sparse_sigmoid copy stop_gradient"
    outputs = [getattr(ops, name)(x) for name in plain.split()]
    outputs += [getattr(ops, name)(p) for name in ("sqrt", "rsqrt", "log", "reciprocal")]
    outputs += [ops.leaky_relu(x), ops.leaky_relu(x, 0.05), ops.elu(x), ops.elu(x, 0.3), ops.celu(x), ops.celu(x, 2.0)]
    outputs += [ops.gelu(x), ops.gelu(x, approximate=False), ops.hard_shrink(x), ops.hard_shrink(x, 0.2)]
    outputs += [ops.soft_shrink(x), ops.soft_shrink(x, 0.1), ops.squareplus(x), ops.squareplus(x, 1)]
    outputs += [ops.threshold(x, 0.3, -2.0), ops.clip(x, -0.5, 0.75), ops.cast(x, "float32")]
    relu = keras.activations.relu
    return outputs + [relu(x, max_value=0.7), relu(x, negative_slope=0.1), relu(x, threshold=0.2)]


def along_axes(keras, x, y, p):
    ops = keras.ops
    reductions = [ops.mean, ops.max, ops.min, ops.sum, ops.var, ops.std, ops.amax, ops.amin]
    outputs = [reduce(x, axis=axis) for reduce in reductions for axis in (-1, (1, 2), 0, None)]
    outputs += [reduce(x, axis=(1, -1), keepdims=True) for reduce in reductions]
    return outputs + [function(x, axis=axis) for function in (ops.softmax, ops.log_softmax, ops.glu) for axis in (-1, 2)]


def comparisons(keras, x, y, p):
    """Masks of float inputs; numbers are rounded so that some are equal."""
    ops = keras.ops
    a, b = ops.cast(x * 2, "int32"), ops.cast(y * 2, "int32")
    names = "equal not_equal less less_equal greater greater_equal"
    outputs = [getattr(ops, name)(a, b) for name in names.split()] + [getattr(ops, name)(x, y) for name in names.split()[1:]]
    outputs += [ops.equal(a, 1), ops.not_equal(b, 0), ops.greater(x, 0.5), ops.less(1, a)]
    t, u = ops.greater(x, 0), ops.greater(y, 0.5)
    outputs += [ops.logical_and(t, u), ops.logical_or(t, u), ops.logical_xor(t, u), ops.logical_not(t), ops.logical_and(a, u)]
    outputs += [ops.any(t, axis=axis) for axis in (-1, (1, 2), None)] + [ops.all(t, axis=-1), ops.all(ops.less(x, 9), axis=(1, 2))]
    outputs += [ops.any(u, axis=1, keepdims=True), ops.where(t, x, y), ops.where(t, x, 0.0), ops.where(t[:, :1], a, b)]
    outputs += [a + b, a * 3, a - 1, ops.maximum(a, b), ops.cast(t, "float32"), ops.cast(a, "float32") / 2, ops.cast(x, "bool")]
    return outputs + [ops.cast(x, "int64"), a + x, ops.cast(a, "int8")]


def by_numbers(keras, x, y, p):
    """Shapes that depend on the input's numbers."""
    ops = keras.ops
    items, rows, columns, channels = ops.nonzero(ops.greater(x, 1.0))
    taken = ops.take(y, rows, axis=1)
    again = ops.nonzero(ops.greater(ops.take(x, channels, axis=-1), 1.5))
    return [items, rows, columns, channels, taken, ops.take(x, channels, axis=-1) * 2, again[1], ops.take(p, [0, -1], axis=2)]


def shapes(keras, x, y, p):
    ops = keras.ops
    outputs = [ops.reshape(x, (-1, 30, 4)), ops.reshape(x, (-1, 5, 2, 3, 4)), ops.transpose(x, (0, 3, 1, 2))]
    outputs += [ops.transpose(x), ops.expand_dims(x, 1), ops.expand_dims(x, -1), ops.expand_dims(x, (1, 3))]
    outputs += [ops.squeeze(x[:, :1], 1), ops.squeeze(x[:, :1, :1]), ops.squeeze(x[:, :, :1, :1], (2, -1))]
    outputs += [ops.concatenate([x, y, p], -1), ops.concatenate([x, y], 1), ops.stack([x, y]), ops.stack([x, y], -1)]
    outputs += [ops.flip(x), ops.flip(x, 1), ops.flip(x, (1, -1)), *ops.split(x, 2, -1), *ops.split(x, [1, 4], 1)]
    outputs += [x[:, 1:3], x[..., 0], x[:, -1], x[:, None, ::2, -1], x[:, ::-1], x[:, 4:0:-2, ..., 1:], x[1]]
    return outputs + [x[:, -100:100, 3:-1], x[..., None], x[:1, 2, 3, 1], x[:, :, 5], x[:, 10:2:-3], x[:, -2:]]


def tensorflow_arithmetic(keras, x, y, p):
    import tensorflow as tf

    both = [x + y, x - y, x * y, x / p, p**y, tf.maximum(x, y), tf.minimum(x, y), tf.divide(x, p), tf.add_n([x, y, p])]
    right = [x + 3, x - 2.5, x * 2, x / 6, p**1.5, tf.maximum(x, 0.5), x * THREE, tf.pow(p, y)]
    left = [3 + x, 1.0 - x, 2 / p, tf.subtract(THREE, x), -x, abs(x), tf.subtract(y=x, x=y)]
    plain = "abs negative square exp sigmoid tanh softplus log_sigmoid reciprocal"
    outputs = both + right + left + [getattr(tf.math, name)(x) for name in plain.split()]
    outputs += [getattr(tf.math, name)(p) for name in ("sqrt", "rsqrt", "log")]
    outputs += [getattr(tf.nn, name)(x) for name in ("relu", "relu6", "elu", "selu", "silu", "swish", "softsign", "gelu")]
    outputs += [tf.nn.gelu(x, approximate=True), tf.nn.leaky_relu(x), tf.nn.leaky_relu(x, alpha=0.1), tf.identity(x)]
    outputs += [tf.clip_by_value(x, -0.5, 0.75), tf.cast(x, tf.float32), tf.nn.bias_add(x, THREE)]
    return outputs + [keras.activations.hard_sigmoid(x), keras.activations.relu(x, max_value=6)]


def tensorflow_axes_and_shapes(keras, x, y, p):
    import tensorflow as tf

    reductions = [tf.reduce_mean, tf.reduce_max, tf.reduce_min, tf.reduce_sum, tf.math.reduce_variance, tf.math.reduce_std]
    outputs = [reduce(x, axis=axis) for reduce in reductions for axis in (-1, [1, 2], None)]
    outputs += [tf.reduce_mean(x, axis=[1, 2], keepdims=True), tf.nn.softmax(x), tf.nn.softmax(x, axis=1)]
    outputs += [tf.nn.log_softmax(x), tf.reshape(x, (-1, 30, 4)), tf.transpose(x, [0, 3, 1, 2]), tf.expand_dims(x, 1)]
    outputs += [tf.squeeze(x[:, :1], axis=1), tf.concat([x, y], axis=-1), tf.concat(values=[x, y], axis=1)]
    outputs += [tf.stack([x, y], axis=1), *tf.split(x, 2, axis=-1), *tf.split(x, [1, 4], axis=1), tf.reverse(x, [1])]
    return outputs + [x[:, 1:3], x[..., 0], x[:, tf.newaxis, ::2, -1], x[:, ::-1], x[:, 4:0:-2, ..., 1:], x[:, -1]]


QUESTIONS = {make.__name__: (make, "keras") for make in (arithmetic, elementwise, along_axes, comparisons, by_numbers, shapes)}
QUESTIONS |= {make.__name__: (make, "tf_keras") for make in (tensorflow_arithmetic, tensorflow_axes_and_shapes)}


def answer(folder, keras, question):
    import models

    make, writer = question
    if writer == "tf_keras":
        import tf_keras as keras
    random = np.random.default_rng(4)
    inputs = [keras.Input(SHAPE, name=name) for name in ("x", "y", "p")]
    model = keras.Model(inputs, make(keras, *inputs))
    arrays = [random.normal(size=(2, *SHAPE)).astype("float32") for _ in range(2)]
    arrays.append(random.uniform(0.1, 3, (2, *SHAPE)).astype("float32"))
    outputs = models.all_outputs(keras, model, arrays)
    models.check_alive(outputs)
    if writer == "keras":
        model.save(folder / "model.keras")
    model.save(str(folder / "model.h5"))
    np.savez(folder / "input.npz", **dict(zip("xyp", arrays)))
    np.savez(folder / "expected.npz", **outputs)


cache.answer_all([HERE, HERE.with_name("models.py")], QUESTIONS, answer, pathlib.Path(sys.argv[1]))
