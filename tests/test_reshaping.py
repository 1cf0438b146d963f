"""What pooling, reshaping and merging layers say of shapes that do not fit."""

import numpy as np
import pytest
from small_models import edit_archive, layer


def save(folder, *shapes, build):
    """A model of one layer, or of whatever `build` makes of its input or list of inputs; its name is the layer's."""
    import keras

    inputs = [keras.Input(shape, name=f"in{k}") for k, shape in enumerate(shapes)]
    keras.Model(inputs, build(keras.layers)(inputs if len(inputs) > 1 else inputs[0])).save(folder / "model.keras")
    random = np.random.default_rng(5)
    arrays = {tensor.name: random.normal(size=(1, *tensor.shape[1:])).astype("float32") for tensor in inputs}
    np.savez(folder / "input.npz", **arrays)
    return folder / "model.keras"


def refused(kerascope, folder, change):
    """What the program says of the model after `change` was made to the layer "odd"."""
    model, out = folder / "model.keras", folder / "seen.npz"
    changed = edit_archive(model, folder / "changed.keras", lambda config: change(layer(config, "odd")))
    done = kerascope("capture", changed, folder / "input.npz", "-o", out, "--layer", "odd", check=False)
    assert done.returncode == 1 and not out.exists()
    return done.stderr


# What Keras itself would refuse is written into the file afterwards.
REFUSED = {
    "cropping": ([(5, 4, 2)], lambda layers: layers.Cropping2D(1, name="odd"), {"cropping": [[2, 3], [0, 0]]},
                 "layer 'odd' (Cropping2D) cuts 2 and 3 off axis 1 of (1, 5, 4, 2), and nothing of its 5 remains"),
    "cropping-negative": ([(5, 2)], lambda layers: layers.Cropping1D(1, name="odd"), {"cropping": [-1, 2]},
                          "'cropping' of layer 'odd' (Cropping1D) has -1 and 2, not at least 0"),
    "cropping-huge": ([(5, 2)], lambda layers: layers.Cropping1D(1, name="odd"), {"cropping": [0, 2**40]},
                      "cuts 0 and 1099511627776 off axis 1 of (1, 5, 2)"),
    "padding-negative": ([(2, 3, 4, 1)], lambda layers: layers.ZeroPadding3D(1, name="odd"),
                         {"padding": [[0, 0], [1, -1], [0, 0]]},
                         "'padding' of layer 'odd' (ZeroPadding3D) has 1 and -1, not at least 0"),
    "padding-huge": ([(5, 2)], lambda layers: layers.ZeroPadding1D(1, name="odd"), {"padding": 2**40}, "odd"),
    "up-sampling-zero": ([(4, 4, 2)], lambda layers: layers.UpSampling2D(2, name="odd"), {"size": [2, 0]},
                         "'size' of layer 'odd' (UpSampling2D) has 0, not 1 to 1048576"),
    "up-sampling-huge": ([(4, 4, 2)], lambda layers: layers.UpSampling2D(2, name="odd"), {"size": [2**20, 2**20]},
                         "layer 'odd' (UpSampling2D): "),
    "interpolation": ([(4, 4, 2)], lambda layers: layers.UpSampling2D(2, name="odd"), {"interpolation": "cubic"},
                      "'interpolation' of layer 'odd' (UpSampling2D) is \"cubic\", not one of nearest, bilinear, "),
    "permute": ([(4, 3)], lambda layers: layers.Permute((2, 1), name="odd"), {"dims": [1, 1]},
                "'dims' of layer 'odd' (Permute) is (1, 1), not the numbers 1 to 2 in some order"),
    "permute-rank": ([(4, 3)], lambda layers: layers.Permute((2, 1), name="odd"), {"dims": [2, 1, 3]},
                     "layer 'odd' (Permute) needs an input with 4 axes and gets (1, 4, 3)"),
    "repeat": ([(4,)], lambda layers: layers.RepeatVector(2, name="odd"), {"n": 0},
               "'n' of layer 'odd' (RepeatVector) is 0, not at least 1"),
    "reshape": ([(4, 3)], lambda layers: layers.Reshape((12,), name="odd"), {"target_shape": [5, -1]},
                "layer 'odd' (Reshape) makes (5, -1) of an input of shape (1, 4, 3), which has 12 numbers"),
    "adaptive": ([(4, 3, 1)], lambda layers: layers.AdaptiveAveragePooling2D(2, name="odd"), {"output_size": [2, 0]},
                 "'output_size' of layer 'odd' (AdaptiveAveragePooling2D) is (2, 0), not at least 1"),
    "concatenate-axis": ([(4, 3), (4, 3)], lambda layers: layers.Concatenate(name="odd"), {"axis": 3},
                         "layer 'odd' (Concatenate) works along axis 3 of an input with 3 axes"),
    "concatenate": ([(4, 3), (4, 2)], lambda layers: layers.Concatenate(name="odd"), {"axis": 1},
                    "layer 'odd' (Concatenate): concatenate along axis 1: input 1 is (1, 4, 2), input 0 is (1, 4, 3)"),
    "dot": ([(4, 3), (4, 2)], lambda layers: layers.Dot(1, name="odd"), {"axes": 2},
            "layer 'odd' (Dot) sums along axis 2 of (1, 4, 3) and axis 2 of (1, 4, 2): 3 and 2 numbers"),
    "dot-batch": ([(4, 3), (4, 2)], lambda layers: layers.Dot(1, name="odd"), {"axes": [0, 1]},
                  "layer 'odd' (Dot) sums along axis 0 of (1, 4, 3), which is the batch's"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_told_with_its_numbers(kerascope, tmp_path, case):
    shapes, build, keys, message = REFUSED[case]
    save(tmp_path, *shapes, build=build)
    said = refused(kerascope, tmp_path, lambda odd: odd["config"].update(keys))
    assert message in said and "'odd'" in said


@pytest.mark.parametrize("class_name", ["Subtract", "Dot"])
def test_a_layer_of_two_inputs_refuses_three(kerascope, tmp_path, class_name):
    save(tmp_path, (4,), (4,), (4,), build=lambda layers: layers.Add(name="odd"))

    def turned(odd):
        odd["class_name"] = class_name
        odd["config"]["axes"] = 1

    message = f"layer 'odd' ({class_name}) is called with 3 inputs and takes 2"
    assert message in refused(kerascope, tmp_path, turned)


def test_a_view_costs_no_copy(kerascope, tmp_path):
    def build(layers):
        def views(x):
            x = layers.Permute((2, 1, 3), name="moved")(layers.ZeroPadding2D(0)(x))
            return layers.UpSampling2D(1)(layers.Cropping2D(0)(x))

        return views

    model = save(tmp_path, (1, 5, 3), build=build)
    graph = kerascope("capture", model, tmp_path / "input.npz", "-o", tmp_path / "seen.npz", "--dump", "graph").stdout
    assert "reshape (1, 5, 1, 3)" in graph
    assert not any(op in graph for op in ("transpose", "pad", "resize"))
