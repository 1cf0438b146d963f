"""Nodes that are operations, of keras.ops and of TensorFlow: every one equals real Keras, its type too."""

import numpy as np
import pytest
from conftest import oracle_cases
from whole_models import input_file


@pytest.mark.parametrize("folder, file", oracle_cases("operations"))
def test_every_operation_equals_keras(kerascope, folder, file, tmp_path, record_property):
    done = kerascope("capture", folder / file, input_file(folder), "-o", tmp_path / "seen.npz", "--quiet", check=False)
    assert done.returncode == 0, done.stderr
    seen, expected = np.load(tmp_path / "seen.npz"), np.load(folder / "expected.npz")
    record_property("operations_compared", len(expected))
    wrong = [problem for address in expected for problem in problems(address, seen, expected[address])]
    assert not wrong, f"{len(wrong)} of {len(expected)} operations part from Keras:\n" + "\n".join(wrong[:20])


def problems(address, seen, truth):
    """What is wrong with one output; floats are float32, whatever Keras computed in."""
    if address not in seen:
        return [f"{address}: is not computed"]
    ours, kind = seen[address], np.dtype("float32") if truth.dtype.kind == "f" else truth.dtype
    if ours.dtype != kind or ours.shape != truth.shape:
        return [f"{address}: {ours.dtype} {ours.shape}, Keras's is {truth.dtype} {truth.shape}"]
    largest = np.abs(truth.astype("float64")[np.isfinite(truth)]).max(initial=0)
    if kind.kind != "f":
        return [] if (ours == truth).all() else [f"{address}: {(ours != truth).mean():.0%} of its elements are wrong"]
    close = np.isclose(ours.astype("float64"), truth, rtol=1e-5, atol=1e-5 * largest, equal_nan=True)
    return [] if close.all() else [f"{address}: {(~close).mean():.0%} of its numbers are wrong"]
