"""Models whose nodes are operations instead of layers, by Keras 3 and by tf_keras.  Usage: operations.py OUT_DIR

Folders as those of nested.py. Each expression below is one output of one model, so that a wrong one does not hide another.
"""

import pathlib
import sys

import cache
import numpy as np

HERE = pathlib.Path(__file__)
SHAPE = (5, 6, 4)
ZEROS = {"imag", "zeros_like", "tf.zeros_like", "tf.zeros"}  # nodes that are 0 for any input
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


def functions(keras, x, y, p):
    """Elementwise functions that few models have."""
    ops = keras.ops
    plain = "sin cos tan arctan sinh cosh arcsinh exp2 expm1 floor ceil round trunc sign cbrt erf erfc sinc i0 deg2rad"
    plain += " rad2deg signbit angle fabs conj conjugate real isnan isinf isfinite isposinf isneginf isreal nan_to_num"
    outputs = [getattr(ops, name)(x) for name in plain.split()] + [ops.imag(x) + 1, ops.round(x, 1), ops.round(x * 30, -1)]
    outputs += [getattr(ops, name)(p) for name in ("log1p", "log2", "log10")] + [ops.arccosh(p + 1)]
    within = ops.tanh(x)
    outputs += [getattr(ops, name)(within) for name in ("arcsin", "arccos", "arctanh", "erfinv")]
    names = "mod fmod floor_divide divide_no_nan arctan2 hypot logaddexp logaddexp2 heaviside fmax fmin nextafter"
    outputs += [getattr(ops, name)(x, y) for name in names.split()] + [ops.mod(x, -1.5), ops.divide_no_nan(x, ops.relu(y))]
    outputs += [ops.ldexp(x, ops.cast(y * 3, "int32"))]
    outputs += [x // 0.5, x % 0.7, ops.isclose(x, y, rtol=0.5), ops.isclose(x, x + 1e-9), ops.allclose(x, x), ops.allclose(x, y)]
    odd = ops.where(ops.greater(x, 1), ops.log(y), ops.reciprocal(ops.relu(x)))
    outputs += [ops.isnan(odd), ops.isinf(odd), ops.isfinite(odd), ops.nan_to_num(odd, 0.5, 9, -9), ops.fmax(odd, y), ops.maximum(odd, y)]
    outputs += [ops.allclose(odd, odd, equal_nan=True), ops.isclose(odd, odd, equal_nan=True), odd]
    return outputs + [ops.select([ops.greater(x, 1), ops.less(x, 0)], [y, p], 0.25), ops.isin(ops.floor(x), np.array([0.0, 1.0]))]


def integers(keras, x, y, p):
    """Types are kept or widened as in Keras."""
    ops = keras.ops
    a, b = ops.cast(x * 9, "int32"), ops.cast(ops.floor(y * 9) * 2 + 1, "int32")
    s, t = ops.cast(p * 3, "uint8"), ops.cast(x * 2, "int8")
    c = ops.cast(p * 9, "int32")
    outputs = [a // b, a % b, ops.fmod(a, b), ops.power(t, 2), ops.power(a, c // 9), a / b, ops.hypot(a, b), ops.floor(a), ops.ceil(a)]
    outputs += [ops.round(a), ops.trunc(a), ops.sign(a), ops.sign(s), ops.round(a, -1), ops.sqrt(c), ops.exp2(t), ops.signbit(a)]
    outputs += [getattr(ops, "bitwise_" + name)(a, b) for name in ("and", "or", "xor")] + [ops.bitwise_not(a), ops.bitwise_invert(a)]
    outputs += [ops.left_shift(a, 2), ops.right_shift(a, 1), ops.bitwise_left_shift(c, 3), ops.bitwise_right_shift(a, 2)]
    outputs += [ops.gcd(a, b), ops.lcm(a, b), ops.isclose(a, b), ops.isnan(a) + 1, ops.isfinite(a), ops.count_nonzero(t, axis=-1)]
    outputs += [ops.count_nonzero(x), s + t, s * 2, t - 100, t * 0.5, ops.abs(t), -t, ops.square(t), ops.absolute(a), ops.sin(a)]
    positive = ops.greater(x, 0)
    outputs += [ops.where(positive, 1, 0), ops.where(positive, 2.5, 0), ops.where(positive, a, 3), ops.where(positive, a, 0.5)]
    outputs += [ops.add(positive, 2), ops.multiply(positive, 0.5)]
    array = np.array([1, 2, 300, 4], "int64")
    return outputs + [a + array, x + array, ops.saturate_cast(x * 200, "int8"), ops.cast(a, "bool"), ops.convert_to_tensor(a), t + array]


def indices(keras, x, y, p):
    ops = keras.ops
    at = ops.cast(p, "int32")
    rows = at[..., 0]
    outputs = [ops.take(x, [2, 0, -1], axis=1), ops.take(x, 3), ops.take(x, at[0, 0], axis=2), ops.take(ops.cast(x * 5, "int32"), [1, 3], axis=-1)]
    outputs += [ops.take_along_axis(x, at, axis=1), ops.take_along_axis(x, at, axis=-1), ops.take_along_axis(x, at[:, :1] - 1, axis=2)]
    outputs += [ops.take_along_axis(x, np.array([3, 0, 7]), axis=None), ops.take_along_axis(at + 1, at, axis=2)]
    outputs += [ops.one_hot(at, 4), ops.one_hot(at, 3, axis=1), ops.one_hot(rows, 4, dtype="int32"), ops.one_hot(at, 4, dtype="bool")]
    outputs += [ops.multi_hot(rows[:, 0], 4), ops.multi_hot(rows, 4), ops.multi_hot(rows[:, 0], 4, dtype="int32")]
    where = ops.stack([rows[:, 0], rows[:, 1]], -1)
    flat, numbers = ops.reshape(rows, (-1,)), ops.reshape(x, (-1, 4))
    outputs += [ops.scatter(ops.expand_dims(flat, -1), numbers, (5, 4)), ops.scatter_update(x[0], where[0], x[0, 0, :6])]
    outputs += [ops.scatter_update(x[0], where[0], x[0, 0, :6], reduction=how) for how in ("add", "max", "min", "mul")]
    outputs += [ops.segment_sum(numbers, flat, num_segments=5)]
    outputs += [getattr(ops, "segment_" + name)(numbers, flat, num_segments=3) for name in ("max", "min")]
    scores = ops.reshape(y[:, 0], (2, 24))[:, :20]
    outputs += [ops.in_top_k(ops.cast(rows[:, 0, 0] * 3, "int32"), scores, 9)]
    return outputs


def along_axes(keras, x, y, p):
    ops = keras.ops
    reductions = [ops.mean, ops.max, ops.min, ops.sum, ops.var, ops.std, ops.amax, ops.amin]
    outputs = [reduce(x, axis=axis) for reduce in reductions for axis in (-1, (1, 2), 0, None)]
    outputs += [reduce(x, axis=(1, -1), keepdims=True) for reduce in reductions]
    return outputs + [function(x, axis=axis) for function in (ops.softmax, ops.log_softmax, ops.glu) for axis in (-1, 2)]


def orders(keras, x, y, p):
    """Sorting, places, sums so far; with equal numbers, and with NaN where a function passes it over."""
    ops = keras.ops
    a = ops.cast(x * 2, "int32")
    odd = ops.where(ops.greater(x, 1), ops.log(y), x)
    outputs = [function(v, axis=axis) for function in (ops.sort, ops.argsort) for v in (x, a) for axis in (-1, 1)]
    outputs += [ops.sort(x, axis=None), ops.argsort(a, axis=None), *ops.top_k(x, 3), *ops.top_k(a, 2)]
    extremes = (ops.argmax, ops.argmin)
    outputs += [function(v, axis=axis) for function in extremes for v in (x, a) for axis in (-1, 1, None)]
    outputs += [function(ops.relu(x) * y, axis=2, keepdims=True) for function in extremes]
    outputs += [function(odd, axis=-1) for function in (ops.nanargmax, ops.nanargmin)]
    running = (ops.cumsum, ops.cumprod, ops.nancumsum, ops.nancumprod)
    outputs += [function(v, axis=axis) for function in running for v in (x, a % 3) for axis in (1, -1, None)]
    outputs += [ops.cumsum(ops.greater(x, 0), axis=1), ops.cumsum(a, axis=1, dtype="float32"), ops.nancumsum(odd, axis=1)]
    outputs += [ops.diff(x), ops.diff(a, n=2, axis=1), ops.trapezoid(x), ops.trapezoid(x, dx=0.5, axis=1)]
    bounds = np.array([-1, 0, 0, 0.5, 2], "float32")
    outputs += [ops.searchsorted(bounds, ops.reshape(ops.round(x), (-1,)), side=side) for side in ("left", "right")] + [ops.digitize(x, bounds)]
    outputs += [ops.searchsorted(ops.sort(p[0, 0, :, 0]), ops.reshape(y, (-1,))), ops.bincount(ops.abs(a[:, 0, :, 0]), minlength=9)]
    q = np.array([0.1, 0.5, 0.8], "float32")
    for axis in (-1, (1, 2), None):
        outputs += [ops.median(x, axis=axis), ops.quantile(x, q, axis=axis), ops.percentile(x, 30, axis=axis)]
    methods = ("lower", "higher", "nearest", "midpoint")
    outputs += [function(x, q, axis=1, method=method) for method in methods for function, q in ((ops.percentile, 37), (ops.quantile, 0.3))]
    outputs += [ops.median(a, axis=2, keepdims=True), ops.quantile(x, q, axis=1), ops.median(odd, axis=-1)]
    return outputs + [ops.nanmedian(odd, axis=-1), ops.nanpercentile(odd, 20, axis=2), odd]


def more_reductions(keras, x, y, p):
    ops = keras.ops
    a, odd = ops.cast(x * 3, "int32"), ops.where(ops.greater(x, 1), ops.log(y), x)
    outputs = [odd]
    for axis in (-1, (1, 2), None):
        outputs += [ops.prod(1 + x / 9, axis=axis), ops.nanprod(1 + odd / 9, axis=axis), ops.logsumexp(x, axis=axis), ops.ptp(x, axis=axis)]
        outputs += [getattr(ops, "nan" + name)(odd, axis=axis) for name in ("sum", "mean", "var", "std", "max", "min")]
    outputs += [ops.prod(a % 3 + 1, axis=1), ops.prod(ops.cast(a, "int8"), axis=-1), ops.prod(x, axis=1, keepdims=True)]
    outputs += [ops.ptp(a, axis=1), ops.nansum(a, axis=1), ops.nanmax(a, axis=1), ops.nanmean(a, axis=-1)]
    outputs += [ops.nanmin(odd, axis=(1, 3), keepdims=True), ops.max(x, axis=1, initial=1.5), ops.min(a, axis=-1, initial=-3)]
    outputs += [ops.average(x, axis=1), ops.average(x), ops.average(x, axis=-1, weights=np.array([1, 2, 3, 4.0])), ops.average(x, axis=2, weights=p)]
    outputs += [ops.norm(x, axis=-1), ops.norm(x[0, 0, 0]), ops.norm(a, axis=1), ops.norm(x, axis=(1, 2)), ops.norm(x, ord="fro", axis=(2, 3))]
    outputs += [ops.norm(x, ord=order, axis=1, keepdims=True) for order in (1, 3, 0.5, 0, np.inf, -np.inf)]
    outputs += [ops.norm(x, ord=order, axis=(1, -1)) for order in (1, -1, np.inf, -np.inf)]
    outputs += [*ops.moments(x, axes=[1, 2]), *ops.moments(x, axes=-1, keepdims=True)]
    outputs += [ops.normalize(x), ops.normalize(x, axis=1, order=1), ops.normalize(x, axis=2, order=3)]
    return outputs


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


def more_shapes(keras, x, y, p):
    ops = keras.ops
    a = ops.cast(x * 3, "int32")
    outputs = [ops.ravel(x), ops.swapaxes(x, 1, -1), ops.moveaxis(x, 1, -1), ops.moveaxis(x, (1, 2), (3, 1)), ops.rot90(x, axes=(1, 2))]
    outputs += [ops.rot90(x, k=3, axes=(2, 1)), ops.rot90(x[:, :4], k=2, axes=(1, 3)), ops.fliplr(x), ops.flipud(x), ops.roll(x, 2, axis=1)]
    outputs += [ops.roll(x, -3, axis=2), ops.roll(x, 7), ops.roll(a, (1, -2), axis=(1, 2)), ops.tile(x, (1, 2, 1, 3)), ops.tile(a, 2)]
    outputs += [ops.tile(x[:, 0, 0], (2, 1, 1)), ops.repeat(x, 2, axis=1), ops.repeat(x, 3), ops.repeat(a, [1, 0, 2, 1], axis=-1)]
    outputs += [ops.broadcast_to(x[:1, :, :1], (2, 5, 6, 4)), ops.broadcast_to(x[0, 0], (3, 2, 6, 4)), *ops.unstack(x, axis=-1)]
    outputs += [ops.vstack([x, y]), ops.hstack([x, y]), ops.dstack([x, y]), ops.dstack([x[0, 0], y[0, 0]])]
    outputs += [ops.append(x, y), ops.append(x, y, axis=1), ops.concatenate([x, a], axis=1)]
    outputs += [ops.stack([a, x], axis=1), *ops.hsplit(x, 5), *ops.dsplit(x, [2, 3]), *ops.vsplit(x, 2), *ops.array_split(x, 4, axis=2)]
    outputs += [ops.pad(x, ((0, 0), (1, 2), (0, 3), (0, 0))), ops.pad(a, ((0, 0), (1, 0), (0, 0), (2, 2)), constant_values=7)]
    width = ((0, 0), (2, 1), (3, 0), (0, 0))
    outputs += [ops.pad(x, width, mode=mode) for mode in ("reflect", "symmetric")] + [ops.pad(x, width, constant_values=-0.5)]
    outputs += [ops.slice(x, (0, 1, 2, 0), (1, 3, 2, 4)), ops.slice_update(x, (0, 1, 2, 1), y[:, :2, :3, :2]), ops.slice_update(a, (1, 0, 0, 0), a[:1, :] * 2)]
    outputs += [*ops.meshgrid(x[0, 0, 0], y[0, :, 0, 0]), *ops.meshgrid(x[0, 0, 0], y[0, :, 0, 0], p[0, 0, :2, 0], indexing="ij")]
    outputs += [ops.extract_sequences(x, 3, 1), ops.extract_sequences(ops.swapaxes(x, 2, 3), 3, 2)]
    outputs += [ops.ones_like(x), ops.ones_like(a), ops.ones_like(x, dtype="int32"), ops.full_like(x, 2.5), ops.full_like(a, 3), x + ops.zeros_like(x)]
    square, vector = x[:, :, :5], y[0, 0, :, 0]
    outputs += [ops.tril(square), ops.triu(x), ops.tril(x, k=-1), ops.triu(a, k=2), ops.diag(vector), ops.diag(vector, k=2)]
    outputs += [ops.diag(vector, k=-1), ops.diag(x[0, 0]), ops.diag(x[0, 0], k=-2), ops.diagflat(x[0, 0, :2], k=1), ops.diagonal(x)]
    outputs += [ops.diagonal(x, offset=1, axis1=1, axis2=2), ops.diagonal(x, offset=-2, axis1=1, axis2=3), ops.trace(x, axis1=1, axis2=2)]
    return outputs + [ops.trace(a), ops.trace(a, axis1=-2, axis2=-1)]


def products(keras, x, y, p):
    ops = keras.ops
    a = ops.cast(x * 3, "int32")
    turned = ops.swapaxes(y, 2, 3)
    kernel, three = np.arange(12, dtype="float32").reshape(4, 3) - 5, x[..., :3]
    outputs = [ops.matmul(x, turned), x @ kernel, ops.matmul(x, THREE), ops.matmul(THREE, turned), ops.matmul(x[0, 0], turned[0, 0]), ops.matmul(a, ops.swapaxes(a, 2, 3))]
    small = ops.cast(x * 3, "int8")
    outputs += [ops.matmul(small, ops.swapaxes(small, 2, 3)), ops.matmul(x[0, 0, 0], y[0, 0, 0]), ops.matmul(a, x[0, 0, :4])]
    outputs += [ops.dot(x, kernel), ops.dot(x[0, 0], turned[0, 0]), ops.dot(x, THREE), ops.dot(x, turned[0]), ops.dot(a[0, 0], ops.transpose(a[0, 0]))]
    outputs += [ops.inner(x, y[0, 0]), ops.inner(x[0, 0, 0], y[0, 0, 0]), ops.vdot(x, y), ops.outer(x[0, 0], y[0, 0]), ops.outer(a[0, 0], a[0, 1])]
    outputs += [ops.tensordot(x, y[0, 0], axes=[[2, 3], [0, 1]]), ops.tensordot(x, turned[0, 0], axes=1), ops.tensordot(x[0, 0], y[0, 0], axes=2)]
    outputs += [ops.tensordot(x, kernel, axes=[[-1], [0]]), ops.kron(x[0, 0], y[0, 1]), ops.kron(x[0], y[0, 1]), ops.cross(three, y[..., :3])]
    outputs += [ops.cross(x[..., :2], y[..., :2]), ops.cross(three, y[..., :2]), ops.cross(x[:, :3], y[:, :3], axis=1), ops.cross(x[:, :3], y[:, 1:4], axisa=1, axisb=1, axisc=-1)]
    outputs += [ops.einsum("bhwc,bhvc->bhwv", x, y), ops.einsum("bhwc,cd->bhwd", x, kernel), ops.einsum("...ij,...kj->...ik", x, y), ops.einsum("abcd->dab", x)]
    outputs += [ops.einsum("bhwc,bhwc->bc", x, y), ops.einsum("bhwc,bhvc,cd->bwvd", x, y, kernel), ops.einsum("ij,jk", x[0, 0], turned[0, 0]), ops.einsum("bhwc,c->bhwc", x, THREE)]
    outputs += [ops.einsum("...c,c->...", x, THREE), ops.einsum("abcd,abed->abce", a, a), ops.einsum("bij->b", x[:, 0]), ops.cdist(x[:, 0], y[:, 0])]
    return outputs


def networks(keras, x, y, p):
    """Functions of keras.ops.nn whose weights are arguments; also inputs."""
    ops = keras.ops
    random = np.random.default_rng(7)

    def weights(*shape):
        return random.normal(size=shape).astype("float32")

    first, line = ops.transpose(x, (0, 3, 1, 2)), x[:, 0]
    outputs = [ops.conv(x, weights(3, 3, 4, 5)), ops.conv(x, weights(3, 2, 4, 5), strides=(2, 1), padding="same"), ops.conv(line, weights(3, 4, 2))]
    outputs += [ops.conv(x, weights(2, 2, 4, 3), dilation_rate=2, padding="same")]
    outputs += [ops.conv(first, weights(3, 3, 4, 5), data_format="channels_first", padding="same"), ops.conv(x, ops.reshape(y[0, :3, :3], (3, 3, 4, 1)))]
    outputs += [ops.depthwise_conv(x, weights(3, 3, 4, 2), padding="same"), ops.depthwise_conv(line, weights(3, 4, 1))]
    outputs += [ops.separable_conv(x, weights(3, 3, 4, 2), weights(1, 1, 8, 3), strides=2, padding="same"), ops.separable_conv(line, weights(2, 4, 1), weights(1, 4, 3))]
    outputs += [ops.max_pool(x, 2), ops.max_pool(x, (3, 2), strides=1, padding="same"), ops.average_pool(x, 2, padding="same"), ops.average_pool(line, 3, strides=2)]
    outputs += [ops.max_pool(first, 2, data_format="channels_first"), ops.adaptive_average_pool(x, (2, 3)), ops.adaptive_max_pool(x, (2, 2))]
    outputs += [ops.batch_normalization(x, THREE, p[0, 0, 0], axis=-1), ops.batch_normalization(x, weights(5), abs(weights(5)), axis=1, offset=weights(5), scale=weights(5), epsilon=0.01)]
    outputs += [ops.layer_normalization(x, THREE, THREE), ops.layer_normalization(x, weights(6, 4), weights(6, 4), axis=(2, 3), epsilon=0.1)]
    outputs += [ops.layer_normalization(x, weights(5), weights(5), axis=1), ops.layer_normalization(x, THREE, rms_scaling=True), ops.layer_normalization(x, gamma=None, beta=None)]
    outputs += [ops.rms_normalization(x), ops.rms_normalization(x, THREE), ops.rms_normalization(x, axis=(1, 2), epsilon=0.5)]
    outputs += [ops.dot_product_attention(x, y, p), ops.dot_product_attention(x, y, p, is_causal=True, scale=0.3)]
    wide = ops.concatenate([x, y, p, x + y], -1)
    outputs += [ops.dot_product_attention(x, y[:, :, :3], p[:, :, :3]), ops.dot_product_attention(x, y, p, bias=weights(1, 6, 5, 5))]
    outputs += [ops.dot_product_attention(x, y, p, mask=random.random((1, 1, 5, 5)) > 0.4), ops.depth_to_space(wide, 2), ops.space_to_depth(x[:, :4], 2)]
    outputs += [ops.depth_to_space(ops.transpose(wide, (0, 3, 1, 2)), 2, data_format="channels_first"), ops.psnr(x, y, 2.0)]
    return outputs + [ops.unfold(x, 2), ops.unfold(x, (3, 2), dilation=(1, 2), padding=(1, 0), stride=2)]


def pictures(keras, x, y, p):
    image = keras.ops.image
    colours = keras.ops.sigmoid(x[..., :3])
    first = keras.ops.transpose(colours, (0, 3, 1, 2))
    outputs = [image.resize(x, (7, 9), interpolation=kind) for kind in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")]
    outputs += [image.resize(x, (3, 4), antialias=True), image.resize(x, (4, 8), crop_to_aspect_ratio=True), image.resize(x, (4, 8), pad_to_aspect_ratio=True, fill_value=0.5)]
    outputs += [image.resize(first, (8, 8), data_format="channels_first"), image.resize(x[0], (3, 9)), image.rgb_to_grayscale(colours), image.rgb_to_grayscale(first, data_format="channels_first")]
    outputs += [image.rgb_to_hsv(colours), image.hsv_to_rgb(colours), image.rgb_to_hsv(first, data_format="channels_first"), image.rgb_to_hsv(colours[0])]
    outputs += [image.pad_images(x, 1, 2, 3, 0), image.pad_images(x, top_padding=1, left_padding=0, target_height=9, target_width=7)]
    outputs += [image.crop_images(x, 1, 2, 1, 0), image.crop_images(x, bottom_cropping=1, right_cropping=2, target_height=3, target_width=2), image.crop_images(x[0], 1, 1, 1, 1)]
    outputs += [image.extract_patches(x, 2), image.extract_patches(x, (3, 2), strides=(1, 2), padding="same"), image.extract_patches(x, 2, strides=1, dilation_rate=2)]
    return outputs + [image.extract_patches(first, (2, 3), data_format="channels_first"), image.extract_patches(x[0], 3, strides=1)]


def activations(keras, x, y, p):
    """Functions of keras.ops, and a model's own under the names that are known."""
    ops = keras.ops

    def gelu_new(x):
        return 0.5 * x * (1 + ops.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))

    def _hard_swish(x):
        return x * ops.relu6(x + 3) / 6

    functions = (ops.sin, ops.square, ops.abs, ops.erf, ops.exp, ops.hard_swish, ops.log_sigmoid, ops.expm1, ops.arctan, gelu_new, _hard_swish)
    outputs = [keras.layers.Activation(function)(x) for function in functions]
    return outputs + [keras.layers.Dense(3, activation=ops.arcsinh)(x), keras.layers.Activation(ops.log1p)(p), keras.layers.Activation(ops.cumsum)(x[:, 0, 0, 0])]


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


def tensorflow_functions(keras, x, y, p):
    """More of TensorFlow's functions, operators too."""
    import tensorflow as tf

    a, b = tf.cast(x * 9, tf.int32), tf.cast(tf.floor(y * 9) * 2 + 1, tf.int32)
    plain = "sin cos tan atan sinh cosh asinh expm1 floor ceil round rint sign erf erfc is_nan is_inf is_finite bessel_i0 reciprocal_no_nan"
    outputs = [getattr(tf.math, name)(x) for name in plain.split()] + [tf.math.log1p(p), tf.math.acosh(p + 1)]
    outputs += [getattr(tf.math, name)(tf.tanh(x)) for name in ("asin", "acos", "atanh", "erfinv")]
    pairs = "floormod floordiv divide_no_nan multiply_no_nan atan2 squared_difference"
    outputs += [getattr(tf.math, name)(x, y) for name in pairs.split()] + [tf.math.xlogy(x, p), tf.math.scalar_mul(2.0, x), x // p, x % p]
    outputs += [a // b, a % b, tf.bitwise.bitwise_and(a, b), tf.bitwise.bitwise_or(a, b), tf.bitwise.bitwise_xor(a, b), tf.bitwise.invert(a)]
    t, u = x > 0, tf.greater(y, 0.5)
    outputs += [t & u, t | u, ~t, tf.math.logical_xor(t, u), tf.where(t, x, y), tf.equal(a, b), tf.not_equal(a, 3), x >= y, x < 0.5, x <= y]
    outputs += [tf.reduce_any(t, axis=1), tf.reduce_all(u, axis=-1), tf.math.count_nonzero(t, axis=1), tf.math.count_nonzero(x)]
    return outputs + [tf.saturate_cast(x * 200, tf.int8), tf.convert_to_tensor(x), tf.cast(x, tf.bool), tf.math.add(a, 2), abs(a), -a, a * b, a / b]


def tensorflow_tensors(keras, x, y, p):
    """Of TensorFlow: orders, indices, moves, products, pictures."""
    import tensorflow as tf

    a, at = tf.cast(x * 3, tf.int32), tf.cast(p, tf.int32)
    kernel = np.random.default_rng(7).normal(size=(3, 3, 4, 2)).astype("float32")
    outputs = [tf.sort(x), tf.sort(x, axis=1, direction="DESCENDING"), tf.argsort(x, axis=2), tf.argmax(x, axis=-1), tf.argmin(a, axis=1, output_type=tf.int32)]
    outputs += [*tf.math.top_k(x, k=2), tf.cumsum(x, axis=1), tf.cumsum(a, axis=2, exclusive=True, reverse=True), tf.math.cumprod(x, axis=-1)]
    outputs += [tf.reduce_prod(p, axis=1), tf.reduce_logsumexp(x, axis=[1, 2]), tf.norm(x, axis=-1), tf.norm(x, ord=1, axis=1), *tf.nn.moments(x, axes=[1, 2])]
    outputs += [tf.math.l2_normalize(x, axis=-1), tf.nn.l2_normalize(x, axis=[1, 2], epsilon=0.5), tf.math.reduce_euclidean_norm(x, axis=1)]
    outputs += [tf.gather(x, [2, 0], axis=1), tf.gather(x, at[0, 0, 0], axis=2), tf.gather(x, at[..., 0, 0], axis=2, batch_dims=1), tf.gather_nd(x, at[..., :2] // 2)]
    outputs += [tf.one_hot(at, 4), tf.one_hot(at, 3, on_value=2.0, off_value=-1.0, axis=1), tf.nn.embedding_lookup(kernel[0], at[..., 0])]
    outputs += [tf.tile(x, [1, 2, 1, 3]), tf.repeat(x, 2, axis=1), tf.roll(x, 2, axis=1), tf.broadcast_to(x[:, :1], [2, 5, 6, 4]), *tf.unstack(x, axis=-1)]
    outputs += [tf.pad(x, [[0, 0], [1, 2], [0, 3], [0, 0]]), tf.pad(x, [[0, 0], [2, 1], [3, 0], [0, 0]], mode="REFLECT"), tf.pad(a, [[0, 0], [1, 0], [0, 0], [0, 2]], constant_values=3)]
    outputs += [tf.slice(x, [0, 1, 2, 0], [-1, 3, 2, -1]), tf.zeros_like(x) + 1, tf.ones_like(a), tf.linalg.band_part(x, 1, 0), tf.linalg.matrix_transpose(x)]
    outputs += [tf.matmul(x, y, transpose_b=True), x @ tf.linalg.matrix_transpose(y), tf.tensordot(x, kernel[0, 0], axes=1)]
    outputs += [tf.nn.conv2d(x, kernel, strides=1, padding="SAME"), tf.nn.conv2d(x, kernel, strides=[1, 2, 2, 1], padding="VALID"), tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "SAME")]
    outputs += [tf.nn.max_pool2d(x, 2, 2, "VALID"), tf.nn.avg_pool2d(x, [1, 3, 3, 1], [1, 1, 1, 1], "SAME"), tf.nn.max_pool(x, 2, 1, "SAME"), tf.nn.avg_pool(x, 2, 2, "SAME")]
    outputs += [tf.nn.batch_normalization(x, THREE, p[0, 0, 0], None, None, 0.01), tf.nn.depth_to_space(tf.concat([x, y, p, x], -1), 2), tf.nn.space_to_depth(x[:, :4], 2)]
    outputs += [tf.image.resize(x, (7, 9)), tf.image.resize(x, [3, 4], method="nearest"), tf.image.resize(x, (8, 8), method="bicubic"), tf.image.rgb_to_grayscale(x[..., :3])]
    outputs += [tf.image.flip_left_right(x), tf.image.flip_up_down(x), tf.image.rgb_to_hsv(tf.sigmoid(x[..., :3])), tf.image.hsv_to_rgb(tf.sigmoid(x[..., :3]))]
    return outputs


def tensorflow_shapes(keras, x, y, p):
    """Arithmetic on shapes, as DeepLab and its like have it."""
    import tensorflow as tf

    shape = tf.shape(x)
    size = shape[1:3]
    outputs = [shape, size, size * 2, tf.image.resize(x, size * 2), tf.image.resize(x[:, ::2, ::2], size), tf.image.resize(y, tf.shape(x)[1:3] // 2, method="nearest")]
    outputs += [tf.reshape(x, [shape[0], shape[1] * shape[2], 4]), tf.reshape(x, [-1, shape[1] * shape[2] * shape[3]]), tf.reshape(x, tf.stack([shape[0], -1]))]
    outputs += [tf.reshape(x, tf.concat([shape[:1], [30, 4]], axis=0)), tf.tile(x[:, :1, :1], tf.stack([1, shape[1], shape[2], 1])), tf.broadcast_to(x[:, :1], shape)]
    outputs += [tf.cast(shape[1], tf.float32), x / tf.cast(shape[2], tf.float32), tf.size(x), tf.rank(x), tf.shape(x, out_type=tf.int64), tf.reduce_prod(shape)]
    outputs += [tf.zeros([shape[0], 3]) + x[:, 0, 0, :3], tf.ones(shape) * y, tf.fill([shape[0], 2], 0.5), tf.range(shape[1]), tf.range(1, shape[2], 2)]
    return outputs + [tf.slice(x, [0, 1, 0, 0], tf.stack([shape[0], 2, shape[2], 4]))]


def tensorflow_nodes(keras, x, y, p):
    """Layers that hold a node of TensorFlow's graph, as models of TensorFlow 2.0 to 2.3 have them."""
    import tensorflow as tf
    from tf_keras.src.engine.base_layer import TensorFlowOpLayer

    def node(make, *tensors):
        with tf.Graph().as_default():
            made = make(*[tf.compat.v1.placeholder(tensor.dtype, tensor.shape) for tensor in tensors])
            op = (made[0] if isinstance(made, (list, tuple)) else made).op
            constants = {i: tf.get_static_value(value) for i, value in enumerate(op.inputs) if value.op.type == "Const"}
        layer = TensorFlowOpLayer(op.node_def.SerializeToString(), f"{op.type}_{len(seen)}", constants=constants)
        seen.append(layer)
        return layer(list(tensors) if len(tensors) > 1 else tensors[0])

    seen, raw = [], tf.raw_ops
    kernel = np.random.default_rng(7).normal(size=(3, 3, 4, 2)).astype("float32")
    plain = "Neg Abs Square Exp Sin Cos Erf Floor Ceil Rint Sign Reciprocal Sigmoid Tanh Expm1 Identity ZerosLike"
    outputs = [node(lambda x, name=name: getattr(raw, name)(**{"input" if name == "Identity" else "x": x}), x) for name in plain.split()[:-2]]
    outputs += [node(lambda x, name=name: getattr(raw, name)(features=x), x) for name in "Relu Relu6 Elu Selu Softplus Softsign".split()]
    outputs += [node(lambda p, name=name: getattr(raw, name)(x=p), p) for name in "Sqrt Rsqrt Log Log1p".split()]
    pairs = "AddV2 Sub Mul RealDiv Maximum Minimum SquaredDifference FloorDiv FloorMod Less GreaterEqual".split()
    outputs += [node(lambda x, p, name=name: getattr(raw, name)(x=x, y=p), x, p) for name in pairs]
    outputs += [node(lambda x: raw.AddV2(x=x, y=tf.constant(THREE)), x), node(lambda x: raw.Sub(x=2.5, y=x), x), node(lambda x: raw.Pow(x=x, y=2.0), x)]
    outputs += [node(lambda x, keep=keep: raw.Mean(input=x, axis=[1, 2], keep_dims=keep), x) for keep in (False, True)]
    outputs += [node(lambda x, name=name: getattr(raw, name)(input=x, axis=-1), x) for name in ("Sum", "Max", "Min", "Prod")]
    outputs += [node(lambda x: raw.ArgMax(input=x, dimension=-1), x), node(lambda x: raw.Cumsum(x=x, axis=1, exclusive=True), x), node(lambda x: raw.LeakyRelu(features=x, alpha=0.3), x)]
    outputs += [node(lambda x, y: raw.ConcatV2(values=[x, y], axis=-1), x, y), node(lambda x, y: raw.Pack(values=[x, y], axis=1), x, y), node(lambda x, y: raw.AddN(inputs=[x, y]), x, y)]
    outputs += [node(lambda x: raw.Reshape(tensor=x, shape=[-1, 30, 4]), x), node(lambda x: raw.Transpose(x=x, perm=[0, 3, 1, 2]), x), node(lambda x: raw.ExpandDims(input=x, axis=1), x)]
    outputs += [node(lambda x: x[:, 1:3], x), node(lambda x: x[..., 0], x), node(lambda x: x[:, tf.newaxis, ::2, -1], x), node(lambda x: x[:, 4:0:-2, ..., 1:], x)]
    outputs += [node(lambda x: raw.Squeeze(input=x, axis=[1]), x[:, :1]), *node(lambda x: raw.Split(axis=-1, value=x, num_split=2), x), *node(lambda x: raw.Unpack(value=x, num=4, axis=-1), x)]
    outputs += [node(lambda x: raw.Tile(input=x, multiples=[1, 2, 1, 1]), x), node(lambda x: raw.Pad(input=x, paddings=[[0, 0], [1, 2], [0, 0], [0, 0]]), x)]
    outputs += [node(lambda x: raw.MirrorPad(input=x, paddings=[[0, 0], [1, 2], [0, 0], [0, 0]], mode="SYMMETRIC"), x), node(lambda x: raw.GatherV2(params=x, indices=[2, 0], axis=1), x)]
    outputs += [node(lambda x: raw.Slice(input=x, begin=[0, 1, 0, 0], size=[-1, 2, -1, 3]), x), node(lambda x: raw.Cast(x=x, DstT=tf.int32), x), node(lambda x: raw.ReverseV2(tensor=x, axis=[1]), x)]
    outputs += [node(lambda x, y: raw.BatchMatMulV2(x=x, y=y, adj_y=True), x, y), node(lambda x: raw.Conv2D(input=x, filter=kernel, strides=[1, 2, 2, 1], padding="SAME"), x)]
    outputs += [node(lambda x: raw.DepthwiseConv2dNative(input=x, filter=kernel, strides=[1, 1, 1, 1], padding="VALID"), x), node(lambda x: raw.BiasAdd(value=x, bias=THREE), x)]
    outputs += [node(lambda x: raw.MaxPool(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"), x), node(lambda x: raw.AvgPool(value=x, ksize=[1, 3, 3, 1], strides=[1, 1, 1, 1], padding="SAME"), x)]
    outputs += [node(lambda x: raw.ResizeBilinear(images=x, size=[7, 9], half_pixel_centers=True), x), node(lambda x: raw.DepthToSpace(input=x, block_size=2), x)]
    return outputs + [node(lambda x: raw.Softmax(logits=x), x), node(lambda x: raw.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=0.75), x)]


TENSORFLOW = (tensorflow_arithmetic, tensorflow_axes_and_shapes, tensorflow_functions, tensorflow_tensors, tensorflow_shapes, tensorflow_nodes)
KERAS_3 = (arithmetic, elementwise, functions, integers, indices, along_axes, orders, more_reductions, comparisons, by_numbers, shapes, more_shapes, products, networks, pictures, activations)
QUESTIONS = {make.__name__: (make, "keras") for make in KERAS_3}
QUESTIONS |= {make.__name__: (make, "tf_keras") for make in TENSORFLOW}


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
    floats = {address: array for address, array in outputs.items() if array.dtype.kind == "f" and address not in ZEROS}
    models.check_alive({address: np.nan_to_num(array, posinf=1, neginf=1) for address, array in floats.items()})
    if writer == "keras":
        model.save(folder / "model.keras")
    model.save(str(folder / "model.h5"))
    np.savez(folder / "input.npz", **dict(zip("xyp", arrays)))
    np.savez(folder / "expected.npz", **outputs)


cache.answer_all([HERE, HERE.with_name("models.py")], QUESTIONS, answer, pathlib.Path(sys.argv[1]))
