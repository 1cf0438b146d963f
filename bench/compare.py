"""Kerascope and Keras side by side on the same files, interleaved: every layer's output, and from start to a picture.

`./dev bench [--rounds N] [--batch N] [--models NAME,NAME]`. Prints medians and writes build/bench/results.json.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
NETWORKS = ROOT / "build/oracle/networks"
sys.path.insert(0, str(ROOT / "tests/oracle"))

import numpy as np  # noqa: E402
from real_keras import keras  # noqa: E402


def milliseconds(run):
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1000


class Kerascope:
    """The library in its own process, with the model open."""

    def __init__(self, model, inputs):
        self.process = subprocess.Popen(
            [BUILD / "kerascope-bench", model, inputs], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self):
        """Milliseconds as the process itself measures them, and how many outputs there were."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        took, outputs = self.process.stdout.readline().split()
        return float(took), int(outputs)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def all_layers(name, folder, rounds, batch, scratch):
    import tensorflow

    model = keras.saving.load_model(folder / "model.keras", compile=False)
    everything = keras.Model(model.inputs, [layer.output for layer in model.layers])
    compiled = tensorflow.function(lambda x: everything(x, training=False))
    picture = np.repeat(np.load(folder / "input.npy"), batch, axis=0)
    np.save(scratch / "input.npy", picture)
    ours = Kerascope(folder / "model.keras", scratch / "input.npy")
    constant = tensorflow.constant(picture)
    contenders = {
        "kerascope": lambda: ours.run()[0],
        "keras predict": lambda: milliseconds(lambda: everything.predict(picture, verbose=0)),
        "tf.function": lambda: milliseconds(lambda: [output.numpy() for output in compiled(constant)]),
    }
    outputs = ours.run()[1]
    if outputs != len(everything.outputs):
        sys.exit(f"{name}: Kerascope gave {outputs} outputs, Keras {len(everything.outputs)}")
    times = {contender: [] for contender in contenders}
    for turn in range(rounds + 2):
        for contender, run in contenders.items():
            took = run()
            if turn >= 2:  # the first rounds compile, plan and read weights
                times[contender].append(took)
    ours.close()
    keras.backend.clear_session()
    return {"model": name, "batch": batch, "layers": outputs, "milliseconds": times}


def start_to_picture(folder, file, rounds, scratch):
    command = [BUILD / "kerascope", "show", folder / file, folder / "input.npy", "--layer", "block1_conv1"]
    command += ["-o", scratch / "block1_conv1.png", "--quiet"]
    times = [milliseconds(lambda: subprocess.run(command, check=True)) for _ in range(rounds + 1)][1:]
    return {"model": f"vgg16 {file}", "layer": "block1_conv1", "milliseconds": times}


def processor():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return names[0] if names else platform.machine()


def spread(times):
    low, _, high = statistics.quantiles(times, n=4)
    return f"{statistics.median(times):8.1f} ({low:.1f} to {high:.1f})"


def main():
    folders = json.loads((NETWORKS / "manifest.json").read_text())
    plain = [name for name in folders if not name.endswith("_nested")]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--models", type=lambda names: names.split(","), default=plain)
    options = parser.parse_args()
    scratch = ROOT / "build/bench"
    scratch.mkdir(parents=True, exist_ok=True)
    versions = {name: importlib.metadata.version(name) for name in ("keras", "tensorflow-cpu")}
    version = subprocess.check_output([BUILD / "kerascope", "--version"], text=True)
    versions["kerascope"] = version.removeprefix("kerascope").strip()

    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print(f"on {processor()}, {os.cpu_count()} threads")
    if os.getloadavg()[0] > 0.5:
        print(f"other work keeps this machine busy (load {os.getloadavg()[0]:.1f}): the figures say little")
    print(f"\nall layers' outputs, batch {options.batch}, milliseconds: median (quartiles)")
    print(f"{'model':16}{'layers':>7}  {'kerascope':26}{'keras predict':26}{'tf.function':26}ratios of medians")
    results = []
    for name in options.models:
        result = all_layers(name, NETWORKS / folders[name], options.rounds, options.batch, scratch)
        results.append(result)
        times = result["milliseconds"]
        base = statistics.median(times["kerascope"])
        ratios = [statistics.median(times[other]) / base for other in ("keras predict", "tf.function")]
        print(f"{name:16}{result['layers']:7}  " + "".join(f"{spread(taken):26}" for taken in times.values()), end="")
        print("  ".join(f"{ratio:.1f}x" for ratio in ratios), flush=True)

    print("\nfrom process start to the picture of block1_conv1 of VGG16, milliseconds, files in the page cache")
    for file in ("model.h5", "model.keras"):
        result = start_to_picture(NETWORKS / folders["vgg16"], file, options.rounds, scratch)
        results.append(result)
        print(f"{file:16}{spread(result['milliseconds'])}")
    (scratch / "results.json").write_text(json.dumps({"versions": versions, "results": results}, indent=1))


main()
