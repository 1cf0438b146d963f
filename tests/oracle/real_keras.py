"""Real Keras without its log lines."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

# TensorFlow's C++ start-up lines ignore the log level; they go to the descriptor, not through Python.
_standard_error = os.dup(2)
_nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 2)
try:
    import keras
    import tensorflow

    tensorflow.constant(0)
finally:
    os.dup2(_standard_error, 2)
    os.close(_standard_error)
    os.close(_nowhere)

import warnings

import absl.logging

# Else each .h5 file is deplored.
absl.logging.set_verbosity(absl.logging.ERROR)
tensorflow.get_logger().setLevel("ERROR")
warnings.filterwarnings("ignore", message=".*HDF5 file.*")
keras.utils.disable_interactive_logging()
__all__ = ["keras"]
