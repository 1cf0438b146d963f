"""Writes what Pythons of several versions make of the same functions, for src/model/lambda/python_code_test.cc.

    python tests/lambda_code.py PYTHON ...

Each PYTHON is an interpreter. Versions that are not given keep what is stored. A case with a meaning must be read as that
expression in every version; one without must stay opaque.
"""

import json
import pathlib
import subprocess
import sys

STORE = pathlib.Path(__file__).resolve().parent.parent / "src/model/lambda/code.json"

# (source, its meaning or None, what else the file says)
CASES = [
    ("lambda x: x / 127.5 - 1", "x / 127.5 - 1", {}),
    ("lambda t: t * 2", "x * 2", {}),
    ("lambda x: x", "x", {}),
    ("lambda x: -x ** 2", "-x ** 2", {}),
    ("lambda x: (-x) ** 2", "(-x) ** 2", {}),
    ("lambda x: 2 ** -x", "2 ** -x", {}),
    ("lambda x: (x ** 2) ** 3", "(x ** 2) ** 3", {}),
    ("lambda x: x ** 2 ** x", "x ** 2 ** x", {}),
    ("lambda x: (x - 3) * (x + 4) / 2", "(x - 3) * (x + 4) / 2", {}),
    ("lambda x: x - (1 - x)", "x - (1 - x)", {}),
    ("lambda x: x / (2 * x)", "x / (2 * x)", {}),
    ("lambda x: x // 2 % 3", "x // 2 % 3", {}),
    ("lambda x: 1e-7 + x * -0.5", "1e-07 + x * -0.5", {}),
    ("lambda x: x * 123456789012", "x * 123456789012", {}),
    ("lambda x: x[:, -1]", "x[:, -1]", {}),
    ("lambda x: x[..., ::-1]", "x[..., ::-1]", {}),
    ("lambda x: x[:, 1:-1, None]", "x[:, 1:-1, None]", {}),
    ("lambda x: x[:]", "x[:]", {}),
    ("lambda x: x[1:]", "x[1:]", {}),
    ("lambda x: x[:-2]", "x[:-2]", {}),
    ("lambda x: x[1:3]", "x[1:3]", {}),
    ("lambda x: x[::2]", "x[::2]", {}),
    ("lambda x: x[0] + x[1] * 0.17", "x[0] + x[1] * 0.17", {}),
    ("lambda x: x > 0.5", "x > 0.5", {}),
    ("lambda x: 1 >= x", "1 >= x", {}),
    ("lambda x: (x == 1) * (x != 2)", "(x == 1) * (x != 2)", {}),
    ("lambda x: K.mean(x, axis=[1, 2])", "K.mean(x, axis=[1, 2])", {}),
    ("lambda x: K.mean(x, axis=[1, 2, 3, 4], keepdims=True)", "K.mean(x, axis=[1, 2, 3, 4], keepdims=True)", {}),
    ("lambda x: K.l2_normalize(x, 1)", "K.l2_normalize(x, 1)", {}),
    ("lambda x: K.l2_normalize(x, axis=-1)", "K.l2_normalize(x, axis=-1)", {}),
    ("lambda x: tf.expand_dims(x, -1)", "tf.expand_dims(x, -1)", {}),
    ("lambda x: tf.nn.relu(x) * 2", "tf.nn.relu(x) * 2", {}),
    ("lambda x: tf.keras.backend.abs(x)", "K.abs(x)", {}),
    ("lambda x: tf.image.resize(x, (8, 8), method='bilinear')", "tf.image.resize(x, [8, 8], method='bilinear')", {}),
    ("lambda x: keras.ops.mean(x, axis=1)", "mean(x, axis=1)", {}),
    ("lambda x: ops.sqrt(ops.abs(x))", "sqrt(abs(x))", {}),
    ("lambda x: abs(x)", "abs(x)", {}),
    ("lambda x: K.sqrt(K.sum(K.square(x[0] - x[1]), axis=1, keepdims=True))",
     "K.sqrt(K.sum(K.square(x[0] - x[1]), axis=1, keepdims=True))", {}),
    ("lambda x: K.concatenate([x[0], x[1]], axis=-1)", "K.concatenate([x[0], x[1]], axis=-1)", {}),
    ("lambda x: tf.cast(x, tf.float32) / 255.", "tf.cast(x, 'float32') / 255.0", {}),
    ("lambda x: x - [103.939, 116.779, 123.68]", "x - [103.939, 116.779, 123.68]", {}),
    ("lambda x: x - np.array([103.939, 116.779, 123.68])", "x - np.array([103.939, 116.779, 123.68])", {}),
    ("lambda x: K.reshape(x, (-1, x.shape[1]))", "K.reshape(x, [-1, x.shape[1]])", {}),
    ("lambda x: x / np.pi", "x / 3.141592653589793", {}),
    ("lambda x, scale: x * scale", "x * 3", {"arguments": {"scale": 3}}),
    ("lambda x, scale=0.5, shift=1: x * scale + shift", "x * 0.5 + 2", {"arguments": {"shift": 2}, "defaults": [0.5, 1]}),
    ("lambda x, axes: K.mean(x, axis=axes)", "K.mean(x, axis=[1, 2])", {"arguments": {"axes": [1, 2]}}),
    ("(lambda a, b: lambda x: x * b - a)(2, 3.5)", "x * 3.5 - 2", {"closure": [2, 3.5]}),
    ("def f(pair):\n a, b = pair\n d = a - b\n return K.sum(d * d, axis=1)",
     "K.sum((x[0] - x[1]) * (x[0] - x[1]), axis=1)", {}),
    ("def f(x):\n x = x / 255.\n y = x - 0.5\n return y * 2", "(x / 255.0 - 0.5) * 2", {}),
    ("def f(x):\n import tensorflow as tf\n return tf.nn.relu(x)", "tf.nn.relu(x)", {}),
    ("def f(x):\n from keras import backend as K\n y = K.abs(x)\n return K.sqrt(y)", "K.sqrt(K.abs(x))", {}),
    ("def f(x):\n import tensorflow.keras\n return tensorflow.keras.backend.abs(x)", "K.abs(x)", {}),
    ("def f(x):\n from tensorflow.keras import backend, ops\n return backend.abs(x)", "K.abs(x)", {}),
    ("lambda x, mean: x - mean", "x - [1.5, 2.5]", {"arguments": {"mean": {"type": "ndarray", "value": [1.5, 2.5]}}}),
    ("lambda x, scale: x * scale", None, {}),
    ("lambda x, scale: x * scale", None, {"arguments": {"scale": {"class_name": "Mine"}}}),
    ("lambda x: x * 2", None, {"arguments": {"scale": 3}}),
    ("lambda x, mask=None: x * mask", None, {"defaults": [None]}),
    ("lambda x, training=False: x * training", None, {"defaults": [False]}),
    ("(lambda a: lambda x: x * a)(2)", None, {}),
    ("lambda x: x if x is None else x * 2", None, {}),
    ("lambda x: x and 1", None, {}),
    ("lambda x: 0 < x < 1", None, {}),
    ("lambda x: not x", None, {}),
    ("lambda x: x & 1", None, {}),
    ("lambda x: x in [1, 2]", None, {}),
    ("lambda x: scaled(x)", None, {}),
    ("lambda x: relu(x)", None, {}),
    ("lambda x: x * SCALE", None, {}),
    ("lambda x: np.sin(x)", None, {}),
    ("lambda x: K.mean", None, {}),
    ("lambda x: x.mean()", None, {}),
    ("lambda x: x.name", None, {}),
    ("lambda x: [i for i in x]", None, {}),
    ("lambda *x: x[0]", None, {}),
    ("lambda **x: 1", None, {}),
    ("lambda: 1", None, {}),
    ("lambda x: (lambda y: y)(x)", None, {}),
    ("lambda x: {'a': x}", None, {}),
    ("lambda x: x * 2j", None, {}),
    ("lambda x: K.map_fn(lambda y: y, x)", None, {}),
    ("lambda x: K.mean(*x)", None, {}),
    ("lambda x: (yield x)", None, {}),
    ("def f(x):\n for i in range(3): x = x * 2\n return x", None, {}),
    ("def f(x):\n x[0] = 1\n return x", None, {}),
    ("def f(x):\n import os\n return x", None, {}),
    ("def f(x):\n import tensorflow.keras.backend as K\n return os.path(x)", None, {}),
    ("def f(x):\n import tensorflow as tf\n return tf", None, {}),
    ("def f(x):\n x.pop\n return x", None, {}),
    ("def f(x):\n x + 1\n return x", None, {}),
    ("def f(x):\n print(x)\n return x", None, {}),
]

# It runs in each Python, Python 2 too.
IN_PYTHON = """
import base64, json, marshal, sys
codes = []
for source in json.load(sys.stdin):
    names = {}
    if source.startswith("def "):
        exec(source, names)
        function = names["f"]
    else:
        function = eval(source)
    codes.append(base64.b64encode(marshal.dumps(function.__code__)).decode("ascii"))
print(json.dumps(["%d.%d" % sys.version_info[:2], codes]))
"""


def codes_of(python, sources):
    """(version, [base64 of the marshalled code])"""
    done = subprocess.run([python, "-c", IN_PYTHON], input=json.dumps(sources), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main(pythons):
    known = {}
    if STORE.exists():
        known = {(case["source"], json.dumps(case["given"])): case["code"] for case in json.loads(STORE.read_text())}
    cases = [
        {"source": source, "meaning": meaning, "given": given, "code": known.get((source, json.dumps(given)), {})}
        for source, meaning, given in CASES
    ]
    for python in pythons:
        version, codes = codes_of(python, [case["source"] for case in cases])
        for case, code in zip(cases, codes):
            case["code"][version] = code
    STORE.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main(sys.argv[1:])
