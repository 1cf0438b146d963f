"""A Keras model as ONNX files, layer by layer, for the peers that read those.

Keras's own exporter works too, but it folds batch normalizations into convolutions and, where every layer is an output,
adds a transpose for each: neither would be a fair peer. Here tensors are NCHW throughout, the input too, and each
layer's output bears the layer's name; what changes no number (Dropout, the input) is no output.
"""

import models  # of tests/oracle
import numpy as np
import onnx
from onnx import helper, numpy_helper


class Writer:
    def __init__(self):
        self.nodes, self.weights = [], []

    def weight(self, name, numbers, dtype="float32"):
        self.weights.append(numpy_helper.from_array(np.ascontiguousarray(numbers, dtype), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def activation(self, kind, x, name):
        if kind in ("relu", "sigmoid"):
            return self.node(kind.capitalize(), [x], name)
        if kind == "silu":
            return self.node("Mul", [x, self.node("Sigmoid", [x], name + "/sigmoid")], name)
        if kind == "softmax":
            return self.node("Softmax", [x], name, axis=-1)
        raise NotImplementedError(f"{name}: activation {kind}")

    def activated(self, layer, kind, inputs, **attributes):
        """A node and the layer's own activation, if it has one."""
        own = layer.activation.__name__
        if own == "linear":
            return self.node(kind, inputs, layer.name, **attributes)
        x = self.node(kind, inputs, layer.name + "/pre_activation", **attributes)
        return self.activation(own, x, layer.name)


def strided(layer, size, **more):
    """ONNX's names for a window's stride and padding.

    The padding is written as numbers: ONNX Runtime merges a Pad before a convolution only where no auto_pad stands.
    """
    if layer.padding == "same":
        steps = zip(layer.input.shape[1:3], size, layer.strides, getattr(layer, "dilation_rate", (1, 1)))
        reach = [(-(-n // stride) - 1) * stride + (k - 1) * dilation + 1 - n for n, k, stride, dilation in steps]
        whole = [max(pads, 0) for pads in reach]
        # TensorFlow puts the odd pixel at the end.
        more["pads"] = [pad // 2 for pad in whole] + [pad - pad // 2 for pad in whole]
    return {"strides": layer.strides, "kernel_shape": size, **more}


def convolution(w, layer, x, kernel, groups):
    inputs = [x, w.weight(layer.name + "/kernel", kernel)]
    if layer.use_bias:
        inputs.append(w.weight(layer.name + "/bias", layer.bias))
    return w.activated(
        layer, "Conv", inputs, **strided(layer, kernel.shape[2:], dilations=layer.dilation_rate, group=groups)
    )


def Conv2D(w, layer, x):
    return convolution(w, layer, x, np.transpose(layer.kernel, (3, 2, 0, 1)), layer.groups)


def DepthwiseConv2D(w, layer, x):
    height, width, channels, each = layer.kernel.shape
    kernel = np.reshape(layer.kernel, (height, width, 1, channels * each)).transpose(3, 2, 0, 1)
    return convolution(w, layer, x, kernel, channels)


def Dense(w, layer, x):
    weights = [w.weight(layer.name + "/kernel", layer.kernel), w.weight(layer.name + "/bias", layer.bias)]
    return w.activated(layer, "Gemm", [x, *weights])


def BatchNormalization(w, layer, x):
    ones, zeros = np.ones(layer.moving_mean.shape), np.zeros(layer.moving_mean.shape)
    numbers = {
        "gamma": layer.gamma if layer.scale else ones,
        "beta": layer.beta if layer.center else zeros,
        "mean": layer.moving_mean,
        "variance": layer.moving_variance,
    }
    weights = [w.weight(f"{layer.name}/{key}", value) for key, value in numbers.items()]
    return w.node("BatchNormalization", [x, *weights], layer.name, epsilon=layer.epsilon)


def scaled(w, layer, x, factor, offset):
    by_channel = [np.reshape(np.asarray(numbers), (1, -1, 1, 1)) for numbers in (factor, offset)]
    product = w.node("Mul", [x, w.weight(layer.name + "/factor", by_channel[0])], layer.name + "/product")
    return w.node("Add", [product, w.weight(layer.name + "/offset", by_channel[1])], layer.name)


def Rescaling(w, layer, x):
    return scaled(w, layer, x, layer.scale, layer.offset)


def Normalization(w, layer, x):
    deviation = np.sqrt(np.asarray(layer.variance))
    return scaled(w, layer, x, 1 / deviation, -np.asarray(layer.mean) / deviation)


def ZeroPadding2D(w, layer, x):
    (top, bottom), (left, right) = layer.padding
    sizes = w.weight(layer.name + "/sizes", [0, 0, top, left, 0, 0, bottom, right], "int64")
    return w.node("Pad", [x, sizes], layer.name)


def MaxPooling2D(w, layer, x):
    return w.node("MaxPool", [x], layer.name, **strided(layer, layer.pool_size))


def AveragePooling2D(w, layer, x):
    return w.node("AveragePool", [x], layer.name, **strided(layer, layer.pool_size))


def GlobalAveragePooling2D(w, layer, x):
    if layer.keepdims:
        return w.node("GlobalAveragePool", [x], layer.name)
    return w.node("Flatten", [w.node("GlobalAveragePool", [x], layer.name + "/pooled")], layer.name)


def Flatten(w, layer, x):
    return w.node("Flatten", [w.node("Transpose", [x], layer.name + "/nhwc", perm=(0, 2, 3, 1))], layer.name)


def Reshape(w, layer, x):
    if tuple(layer.target_shape[:-1]) != (1, 1):
        raise NotImplementedError(f"{layer.name}: only a vector becomes (1, 1, C)")
    return w.node("Reshape", [x, w.weight(layer.name + "/shape", [0, -1, 1, 1], "int64")], layer.name)


def ReLU(w, layer, x):
    if layer.max_value is None:
        return w.node("Relu", [x], layer.name)
    ends = [w.weight(layer.name + "/low", 0), w.weight(layer.name + "/high", layer.max_value)]
    return w.node("Clip", [x, *ends], layer.name)


def Activation(w, layer, x):
    return w.activation(layer.activation.__name__, x, layer.name)


def Add(w, layer, *parts):
    total = parts[0]
    for index, part in enumerate(parts[1:], 2):
        total = w.node("Add", [total, part], layer.name if index == len(parts) else f"{layer.name}/{index}")
    return total


def Multiply(w, layer, left, right):
    return w.node("Mul", [left, right], layer.name)


def Concatenate(w, layer, *parts):
    if layer.axis not in (-1, 3):
        raise NotImplementedError(f"{layer.name}: axis {layer.axis}")
    return w.node("Concat", parts, layer.name, axis=1)


def Dropout(w, layer, x):
    return x


def write(model, path):
    """PATH.onnx with the model's answer, PATH-all.onnx with every layer, their weights in PATH.weights.

    The batch's size is called "batch", so that a peer may fix it.
    """
    writer, tensor_of = Writer(), {}
    for layer, [(inputs, [output])] in models.nodes_of(model):
        if type(layer).__name__ == "InputLayer":
            _, height, width, channels = output.shape
            picture = helper.make_tensor_value_info(layer.name, 1, ["batch", channels, height, width])
            tensor_of[id(output)] = layer.name
        else:
            layer_node = globals()[type(layer).__name__]
            tensor_of[id(output)] = layer_node(writer, layer, *(tensor_of[id(tensor)] for tensor in inputs))
    names = dict.fromkeys(node.name for node in writer.nodes if "/" not in node.name)
    answer = tensor_of[id(model.outputs[0])]
    value = {name: helper.make_empty_tensor_value_info(name) for name in names}

    def graph(outputs):
        return helper.make_model(
            helper.make_graph(writer.nodes, model.name, [picture], [value[name] for name in outputs], writer.weights),
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=9,
        )

    weights = path.with_suffix(".weights")
    weights.unlink(missing_ok=True)
    everything = graph(names)
    onnx.save(everything, path.with_name(path.stem + "-all.onnx"), save_as_external_data=True, location=weights.name)
    answers = onnx.load(path.with_name(path.stem + "-all.onnx"), load_external_data=False)
    del answers.graph.output[:]
    answers.graph.output.append(value[answer])
    onnx.save(answers, path)
