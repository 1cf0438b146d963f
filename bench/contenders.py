"""The contenders as processes that are driven turn by turn, so that what slows the machine slows all of them."""

import contextlib
import dataclasses
import os
import pathlib
import random
import subprocess
import sys
import time

import numpy as np
from arguments import THREADS

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"
MODELS = ROOT / "build/bench/models"
PAUSE_S = 0.03  # between turns: threads of the one before that still spin come to rest
TURN_MS = 50  # short runs are repeated until a turn is about as long


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    captures: str  # "all" layers or only the "answer"
    kind: str  # what peer.py calls it; empty: Kerascope itself
    options: tuple = ()  # of kerascope-bench

    @property
    def key(self):
        return f"{self.name}, {self.captures}"

    def command(self, model, batch, threads, check=False):
        folder = MODELS / model
        if self.kind:
            here = pathlib.Path(__file__).with_name("peer.py")
            command = [sys.executable, here, self.kind, folder, batch, threads] + ["--check"] * check
        else:
            command = [BUILD / "kerascope-bench", folder / "model.keras", folder / f"input-{batch}.npy"]
            command += ["--threads", threads, *self.options] + ["--check", folder / "expected.npz"] * check
        return [str(part) for part in command]


CONTENDERS = [
    Contender("Kerascope", "all", ""),
    Contender("Kerascope", "answer", "", ("--answer",)),
    Contender("Kerascope --exact", "all", "", ("--exact",)),
    Contender("Kerascope --exact", "answer", "", ("--exact", "--answer")),
    Contender("Kerascope in Python", "all", "kerascope-all"),
    Contender("Kerascope in Python", "answer", "kerascope"),
    Contender("ONNX Runtime", "answer", "onnxruntime"),
    Contender("OpenVINO", "answer", "openvino"),
    Contender("TensorFlow", "answer", "tensorflow"),
    Contender("TensorFlow XLA", "answer", "tensorflow-jit"),
    Contender("ONNX Runtime", "all", "onnxruntime-all"),
    Contender("OpenVINO", "all", "openvino-all"),
    Contender("Keras predict", "all", "keras-all"),
]


class Running:
    """A process that answers a number of runs with as many milliseconds."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready, _, outputs = self.process.stdout.readline().partition(" ")
        if ready != "ready":
            raise RuntimeError(f"this contender does not start: {' '.join(command)}")
        self.outputs = int(outputs)
        self.runs = max(1, round(TURN_MS / max(self.turn(1)[0], 1e-3)))

    def turn(self, runs=None):
        """The times of one turn; before short runs there is one that does not count, because the caches are cold."""
        runs = runs or self.runs
        warm_up = int(runs > 1)
        self.process.stdin.write(f"{runs + warm_up}\n")
        self.process.stdin.flush()
        times = [float(took) for took in self.process.stdout.readline().split()]
        if len(times) != runs + warm_up:
            raise RuntimeError(f"this contender died: {' '.join(self.process.args)}")
        return times[warm_up:]

    def peak_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(status.split("VmHWM:")[1].split()[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def make_batch(model, batch):
    picture = np.load(MODELS / model / "input-1.npy")
    np.save(MODELS / model / f"input-{batch}.npy", np.repeat(picture, batch, axis=0))


def check(contender, model):
    """What keeps a contender from being timed, if anything; Keras and TensorFlow are what the others are held to."""
    if contender.kind.startswith(("keras", "tensorflow")):
        return None
    done = subprocess.run(contender.command(model, 1, THREADS, check=True), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        return "it cannot run the model"
    layers, worst = done.stdout.split()
    return None if float(worst) < 1e-3 else f"one of its {layers} outputs is {worst} of the layer's largest number off"


@contextlib.contextmanager
def busy_processes(count):
    """Others' work: processes that compute without end."""
    spin = [sys.executable, "-c", "while True: pass"]
    processes = [subprocess.Popen(spin) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def rounds_of(running, rounds):
    """{key: the median of each turn}; in every round each contender has its turn, in an order that changes."""
    times = {key: [] for key in running}
    shuffled = random.Random(1)
    for _ in range(rounds):
        for key in shuffled.sample(list(running), len(running)):
            time.sleep(PAUSE_S)
            turn = sorted(running[key].turn())
            times[key].append(turn[len(turn) // 2])
    return times


def race(contenders, model, batch, threads, rounds, load_rounds=0):
    """All contenders on one model. Under load: beside two busy processes."""
    make_batch(model, batch)
    with contextlib.ExitStack() as stack:
        running = {}
        for contender in contenders:
            running[contender.key] = Running(contender.command(model, batch, threads))
            stack.callback(running[contender.key].close)
        times = rounds_of(running, rounds)
        peaks = {key: one.peak_bytes() for key, one in running.items()}
        loaded = {}
        if load_rounds:
            with busy_processes(2):
                loaded = rounds_of(running, load_rounds)
    facts = {"model": model, "batch": batch, "threads": threads}
    return facts | {
        "contenders": {
            key: {
                "milliseconds": times[key],
                "outputs": one.outputs,
                "peak_bytes": peaks[key],
            }
            | ({"milliseconds_under_load": loaded[key]} if loaded else {})
            for key, one in running.items()
        }
    }
