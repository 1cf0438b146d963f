"""Compares what is seen of a whole model with what real Keras computed."""

import numpy as np


def compare_with_keras(kerascope, folder, file, out, record_property, *arguments, **options):
    """What the program captures of a model of the oracle."""
    kerascope("capture", folder / file, input_file(folder), "-o", out, "--quiet", *arguments, **options)
    compare_layers(np.load(out), np.load(folder / "expected.npz"), record_property)


def input_file(folder):
    return next(path for path in (folder / "input.npy", folder / "input.npz") if path.exists())


def compare_layers(seen, expected, record_property):
    """Every address and only those, each within 1e-4 of its layer's largest absolute value (1e-3 beyond 100 layers)."""
    assert sorted(seen) == sorted(expected)
    wrong = []
    for depth, address in enumerate(expected):
        truth, ours = expected[address], seen[address]
        if truth.shape != ours.shape:
            wrong.append(f"{address}: shape {ours.shape}, Keras's is {truth.shape}")
            continue
        ours, truth = ours.astype("float64"), truth.astype("float64")
        finite = np.isfinite(truth)
        if not np.array_equal(ours[~finite], truth[~finite], equal_nan=True):
            wrong.append(f"{address}: NaN or infinity in other places")
            continue
        difference, largest = np.abs((ours - truth)[finite]).max(initial=0), np.abs(truth[finite]).max(initial=0)
        if not difference <= (1e-4 if depth <= 100 else 1e-3) * largest:
            wrong.append(f"{address}: differs by {difference:.2g}, its largest value is {largest:.2g}")
    record_property("layers_compared", len(expected))
    assert not wrong, f"{len(wrong)} of {len(expected)} layers part from Keras:\n" + "\n".join(wrong[:20])
