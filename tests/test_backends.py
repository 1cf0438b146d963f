"""Keras's other backends: on_backend.py in a Python of its own per backend. KERASCOPE_ALL_BACKENDS=1 adds the oracle's networks."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_live_models_hold_their_promises_on(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    tests = pathlib.Path(__file__).with_name("on_backend.py")
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "--disable-warnings", tests]
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}  # JAX compiles each operation
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
