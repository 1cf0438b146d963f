"""What the network oracles share: weights that keep activations alive, and every layer's output under its address."""

import collections

import numpy as np


def all_layers(model):
    """Every layer at every depth, once."""
    found = {}
    for layer in model.layers:
        found[id(layer)] = layer
        if hasattr(layer, "layers"):
            found.update((id(inner), inner) for inner in all_layers(layer))
    return list(found.values())


def enliven(model, inputs, seed):
    """Random biases, gammas and betas; moving statistics near those that a forward pass really has.

    With the initial values every batch normalization is almost the identity and deep activations die or explode.
    """
    random = np.random.default_rng(seed)
    layers = all_layers(model)
    norms = [layer for layer in layers if type(layer).__name__ == "BatchNormalization"]
    for layer in layers:
        for weight in [] if hasattr(layer, "layers") else layer.weights:
            kind = weight.name.split("/")[-1].removesuffix(":0")
            if kind == "bias":
                weight.assign(random.normal(0, 0.05, weight.shape))
            elif kind == "gamma" or type(layer).__name__ == "LayerScale":  # which Keras starts at 1e-6
                weight.assign(random.uniform(0.7, 1.3, weight.shape))
            elif kind == "beta":
                weight.assign(random.normal(0, 0.2, weight.shape))
            elif kind.endswith("kernel") and not norms:
                weight.assign(np.sqrt(2) * np.asarray(weight))  # what each relu takes away
        if type(layer).__name__ == "Normalization" and hasattr(layer, "adapt_mean"):
            layer.adapt_mean.assign(random.uniform(0.3, 0.6, layer.adapt_mean.shape))
            layer.adapt_variance.assign(random.uniform(0.05, 0.1, layer.adapt_variance.shape))
            layer.finalize_state()
    saved = [(layer.momentum, layer.trainable) for layer in norms]
    for layer in norms:
        layer.momentum, layer.trainable = 0.0, True
    if norms:
        model(inputs, training=True)
    for layer, (momentum, trainable) in zip(norms, saved):
        layer.momentum, layer.trainable = momentum, trainable
        mean, variance = np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)
        layer.moving_mean.assign(mean + 0.1 * np.sqrt(variance) * random.normal(size=mean.shape))
        layer.moving_variance.assign(variance * random.uniform(0.7, 1.4, variance.shape) + 1e-3)


def nodes_of(model):
    """[(layer, [(input tensors, output tensors) of each of its calls in this model])], of Keras 3 or tf_keras."""
    if hasattr(model, "_functional"):  # a Keras 3 Sequential
        model = model._functional
    old = hasattr(model, "_network_nodes")
    for layer in model._self_tracked_trackables if old else model.operations:  # .layers leaves a Sequential's input out
        calls = []
        for index, node in enumerate(layer._inbound_nodes):
            key = f"{layer.name}_ib-{index}" if old else f"{id(layer)}_ib-{index}"
            if key not in (model._network_nodes if old else model._nodes):
                continue
            outputs = node.outputs
            if isinstance(outputs, dict):
                outputs = [outputs[name] for name in sorted(outputs)]
            calls.append((node.keras_inputs if old else node.input_tensors, outputs))
        yield layer, [
            (inputs, list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]) for inputs, outputs in calls
        ]


def all_outputs(keras, model, inputs, prefix=""):
    """{address: array} of every call of every layer at every depth, as DESIGN.md ("Addresses") names them.

    @param inputs  the model's inputs in its own order, without a batch axis missing.
    """
    calls_of = list(nodes_of(model))
    symbols = {id(tensor): tensor for _, calls in calls_of for call in calls for tensors in call for tensor in tensors}
    graph = model._functional if hasattr(model, "_functional") else model
    everything = keras.Model(list(graph.inputs), list(symbols.values()))
    numbers = everything(inputs, training=False)
    value = {symbol: np.asarray(array) for symbol, array in zip(symbols, numbers, strict=True)}

    found = collections.OrderedDict()
    for layer, calls in calls_of:
        for k, (call_inputs, outputs) in enumerate(calls):
            segment = prefix + layer.name + (f"@{k}" if len(calls) > 1 else "")
            for number, tensor in enumerate(outputs):
                found[segment + (f"#{number}" if len(outputs) > 1 else "")] = value[id(tensor)]
            if hasattr(layer, "layers"):
                found.update(all_outputs(keras, layer, [value[id(tensor)] for tensor in call_inputs], segment + "/"))
    return found


def check_alive(outputs):
    """An answer of zeros, or one in which everything else drowns, would agree with anything."""
    for address, array in outputs.items():
        largest = np.abs(array.astype("float64")).max()
        if not np.isfinite(array).all() or largest > 1e6 or largest < 1e-6:
            raise ValueError(f"{address} has the largest absolute value {largest}")
