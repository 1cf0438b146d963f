"""Another program as one of the bench's contenders, in a process of its own so that its settings hold.

Usage: peer.py KIND FOLDER BATCH THREADS [--check]. Speaks as run_model.cc does: "ready N" after the first run, then for
each line with a number as many milliseconds. With --check: how many layers agree with Keras, and how well.
"""

import os
import pathlib
import sys
import time

KIND, FOLDER, BATCH, THREADS = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
for pool in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[pool] = str(THREADS)

import numpy as np  # noqa: E402


def channels_first(numbers):
    return np.ascontiguousarray(np.moveaxis(numbers, -1, 1))


def onnx_path(everything):
    return FOLDER / ("model-all.onnx" if everything else "model.onnx")


def onnxruntime(pictures, everything):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.add_free_dimension_override_by_name("batch", BATCH)
    session = onnxruntime.InferenceSession(onnx_path(everything), options)
    names = [output.name for output in session.get_outputs()]
    # Outputs in memory of their own that each run uses again: faster than new arrays each time.
    picture = {session.get_inputs()[0].name: channels_first(pictures)}
    outputs = [onnxruntime.OrtValue.ortvalue_from_numpy(output) for output in session.run(names, picture)]
    binding = session.io_binding()
    binding.bind_cpu_input(*picture.popitem())
    for name, output in zip(names, outputs):
        binding.bind_ortvalue_output(name, output)
    return (lambda: session.run_with_iobinding(binding)), (lambda: dict(zip(names, binding.copy_outputs_to_cpu())))


def openvino(pictures, everything):
    import openvino

    network = openvino.Core().read_model(onnx_path(everything))
    picture = channels_first(pictures)
    network.reshape(picture.shape)
    settings = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": THREADS}
    compiled = openvino.compile_model(network, "CPU", settings)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(picture))
    names = [output.get_any_name() for output in compiled.outputs]
    return request.infer, lambda: dict(zip(names, [tensor.data for tensor in request.output_tensors]))


def keras_model():
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/oracle"))
    from real_keras import keras, tensorflow

    return keras, tensorflow, keras.saving.load_model(FOLDER / "model.keras", compile=False)


def tensorflow(pictures, jit):
    _, tensorflow, model = keras_model()
    compiled = tensorflow.function(lambda x: model(x, training=False), jit_compile=jit)
    constant, answer = tensorflow.constant(pictures), {}

    def run():
        answer[model.layers[-1].name] = compiled(constant).numpy()

    return run, lambda: answer


def keras_predict(pictures):
    keras, _, model = keras_model()
    everything = keras.Model(model.inputs, {layer.name: layer.output for layer in model.layers})
    answers = {}
    return (lambda: answers.update(everything.predict(pictures, verbose=0, batch_size=BATCH))), lambda: answers


def kerascope(pictures, everything):
    """Kerascope's Python package, from NumPy to NumPy."""
    import kerascope as ks

    model, given = ks.load(FOLDER / "model.keras"), {}
    if everything:
        return (lambda: given.update(seen=model.run(pictures, threads=THREADS))), lambda: dict(given["seen"])
    name = model.outputs[0].name
    return (lambda: given.update({name: model.predict(pictures, threads=THREADS)})), lambda: given


CONTENDERS = {
    "kerascope": lambda pictures: kerascope(pictures, everything=False),
    "kerascope-all": lambda pictures: kerascope(pictures, everything=True),
    "onnxruntime": lambda pictures: onnxruntime(pictures, everything=False),
    "onnxruntime-all": lambda pictures: onnxruntime(pictures, everything=True),
    "openvino": lambda pictures: openvino(pictures, everything=False),
    "openvino-all": lambda pictures: openvino(pictures, everything=True),
    "tensorflow": lambda pictures: tensorflow(pictures, jit=False),
    "tensorflow-jit": lambda pictures: tensorflow(pictures, jit=True),
    "keras-all": keras_predict,
}


def worst_difference(outputs):
    """Of a layer's largest number, over all layers; Keras's numbers are of one picture."""
    worst, expected = 0, np.load(FOLDER / "expected.npz")
    for name, numbers in outputs.items():
        theirs = np.moveaxis(numbers, 1, -1) if KIND.startswith(("onnx", "openvino")) else numbers
        ours = np.broadcast_to(expected[name], (BATCH, *expected[name].shape[1:]))
        if theirs.shape != ours.shape:
            sys.exit(f"{KIND}: '{name}' has the shape {theirs.shape}, Keras's {ours.shape}")
        worst = max(worst, np.abs(theirs - ours).max() / np.abs(ours).max())
    return worst


def main():
    run, outputs = CONTENDERS[KIND](np.load(FOLDER / f"input-{BATCH}.npy"))
    run()
    if "--check" in sys.argv:
        print(len(outputs()), f"{worst_difference(outputs()):.3g}", flush=True)
        return
    print("ready", len(outputs()), flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            begin = time.perf_counter()
            run()
            times.append(f"{1000 * (time.perf_counter() - begin):.4f}")
        print(*times, flush=True)


main()
