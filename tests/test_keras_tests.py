"""Keras's own tests of its layers, which are in its wheel: what they compute, Kerascope computes, too (see on_keras_tests.py).

KERASCOPE_ALL_KERAS_TESTS=1 runs all of them; without it those that train, save or quantise, and the slow ones of preprocessing, are left out.
"""

import json
import os
import pathlib
import subprocess
import sys

import keras

KERAS = pathlib.Path(keras.__file__).parent / "src"
ALL = bool(os.environ.get("KERASCOPE_ALL_KERAS_TESTS"))
LEFT_OUT = ["quantize", "lora", "gptq", "awq", "int4", "int8", "float8", "tf_data", "fit", "training", "mixed_precision", "serialization", "statefulness"]
FOLDERS = ["activations", "attention", "convolutional", "core", "merging", "normalization", "pooling", "regularization", "reshaping", "rnn"]


def run(folder, files, *options):
    """What was compared, a dictionary each."""
    told = folder / "compared.jsonl"
    here = os.pathsep.join([str(pathlib.Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "on_keras_tests", "--continue-on-collection-errors", *options, *map(str, files)],
        env={**os.environ, "KERASCOPE_COMPARED": str(told), "PYTHONPATH": here, "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=folder, capture_output=True, check=False,  # some fail because the plugin calls a layer once more
    )  # fmt: skip
    return [json.loads(line) for line in told.read_text().splitlines()]


def of_outcome(compared, outcome):
    return [one for one in compared if one["outcome"] == outcome]


def test_layers(tmp_path, record_property):
    folders = [KERAS / "layers"] if ALL else [KERAS / "layers" / folder for folder in FOLDERS]
    compared = run(tmp_path, folders, *([] if ALL else ["-k", f"not ({' or '.join(LEFT_OUT)})"]))
    assert [f"{one['test']}: {one['name']} {one['detail']}" for one in of_outcome(compared, "different")] == []
    equal = len(of_outcome(compared, "equal"))
    record_property("keras_cases", equal)
    assert equal > 1400, "Keras's tests were not found, or most are refused"
