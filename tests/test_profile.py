"""`kerascope profile`: every step there, numbers that add up, costs by formula, a trace that nests."""

import json
import math
import resource

import h5py
import numpy as np
import pytest
from conftest import oracle_cases
from small_models import edit_archive, layer


@pytest.fixture
def profile(kerascope):
    def run(*arguments, runs=3):
        return json.loads(kerascope("profile", *arguments, "--runs", runs, "--json").stdout)

    return run


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def close(one, other):
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def layers_of(told):
    return [layer for step in told["steps"] for layer in step["layers"]]


def check_sums(told):
    steps = told["steps"]
    assert close(sum(step["ms"] for step in steps) + told["outside_ms"], told["run_ms"])
    assert told["outside_ms"] >= 0
    assert close(sum(step["share"] for step in steps) + told["outside_ms"] / told["run_ms"], 1)
    assert close(sum(step["bound_ms"] for step in steps), told["steps_bound_ms"])
    assert 0 < told["bound_ms"] <= told["steps_bound_ms"]
    for step in steps + told["kinds"]:
        assert close(step["share"], step["ms"] / told["run_ms"])
        assert close(step["gflops"] * step["ms"], step["gflop"] * 1e3)
        assert close(step["gb_s"] * step["ms"], step["bytes"] / 1e6)
        if step["bound_ms"] > 0:
            assert close(step["over_bound"] * step["bound_ms"], step["ms"])
    for key in ("ms", "share", "gflop", "bytes", "bound_ms"):
        assert close(sum(kind[key] for kind in told["kinds"]), sum(step[key] for step in steps)), key
    assert sum(kind["steps"] for kind in told["kinds"]) == len(steps)
    assert told["preparation_ms"] >= 0 and told["first_run_ms"] > 0
    assert all(told["machine"][rate] > 0 for rate in ("gflops", "read_gb_s", "write_gb_s"))


def kernels(path):
    """{layer: shape of its kernel} of an HDF5 file; of a depthwise convolution without the channels."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and name.endswith(("kernel:0", "kernel")):
            found[name.split("/")[0]] = (*item.shape[:2], 1) if "depthwise" in name else item.shape

    with h5py.File(path) as file:
        file["model_weights"].visititems(visit)
    return found


NETWORKS = [case for case in oracle_cases("networks") if case.id in ("mobilenetv2-h5", "densenet121-h5")]


@pytest.mark.parametrize("folder, file", NETWORKS)
def test_a_network_adds_up(profile, folder, file):
    told = profile(folder / file, folder / "input.npy")
    check_sums(told)
    outputs = np.load(folder / "expected.npz")
    assert set(layers_of(told)) <= set(outputs.files)
    known = kernels(folder / file)
    assert len(known) > 50
    for step in told["steps"]:
        written = [outputs[layer] for layer in step["layers"]]
        assert step["shape"] == list(written[-1].shape)
        assert step["bytes"] >= sum(array.nbytes for array in written)
        multiplies = any(word in step["operation"] for word in ("conv", "dense"))  # a layer's activation is a step, too
        products = sum(
            2 * array.size * math.prod(known[layer][:-1])
            for layer, array in zip(step["layers"], written)
            if layer in known and multiplies
        )
        others = 10 * sum(array.size for array in written) + step["bytes"] / 4  # pools have windows of 9, means read
        assert products <= round(1e9 * step["gflop"]) <= products + others, step
    assert set(known) <= set(layers_of(told))


def test_costs_are_the_formulas(profile, small):
    for batch in (1, 4):
        told = profile(small / "net.keras", "--layer", "conv1/pre_activation", "--batch", batch)
        check_sums(told)
        (step,) = told["steps"]
        assert step["layers"] == ["conv1"] and step["operation"].startswith("conv 3x3")
        assert told["input"] == [[batch, 8, 8, 3]] and step["shape"] == [batch, 6, 6, 4]
        assert round(1e9 * step["gflop"]) == batch * 6 * 6 * 4 * 2 * 27
        assert step["bytes"] == 4 * (batch * 8 * 8 * 3 + 3 * 3 * 3 * 4 + 4 + batch * 6 * 6 * 4)


def test_what_lies_inside_a_layer_belongs_to_it(profile, small):
    told = profile(small / "net.keras", small / "batch.npy", "--layer", "conv1,answer")
    check_sums(told)
    assert set(layers_of(told)) == {"conv1", "bn", "pool", "conv2", "answer"}  # dropout and flatten compute nothing
    assert [op for step in told["steps"] for op in step["operation"].split(" + ") if "relu" in op] == ["relu"]
    told = profile(small / "net.keras", "--layer", "pool")
    assert set(layers_of(told)) == {"conv1", "bn", "pool"}


def test_calls_have_their_addresses(profile, small):
    seen = layers_of(profile(small / "shared.keras"))
    assert {"conv@0", "conv@1", "tower@0/inner", "tower@1/inner", "sum"} <= set(seen)
    seen = layers_of(profile(small / "nested.keras"))
    assert {"conv", "base/conv", "base/relu", "head/hidden"} <= set(seen)


def spans_of(path):
    told = json.loads(path.read_text())
    assert set(told) == {"displayTimeUnit", "traceEvents"}
    names = {event["name"]: event["args"]["name"] for event in told["traceEvents"] if event["ph"] == "M"}
    assert set(names) == {"process_name", "thread_name"}
    spans = [event for event in told["traceEvents"] if event["ph"] != "M"]
    for span in spans:
        assert set(span) == {"ph", "name", "cat", "ts", "dur", "pid", "tid", "args"} and span["ph"] == "X"
        assert span["ts"] >= 0 and span["dur"] >= 0 and (span["pid"], span["tid"]) == (1, 1)
    return spans


def check_nesting(spans):
    """Each step inside of its run; runs, and steps of one run, one after the other."""
    runs = [span for span in spans if span["cat"] == "run"]
    end = lambda span: span["ts"] + span["dur"] + 1e-3  # a nanosecond, for the rounding of decimals
    for outer in ("start", "run"):
        row = sorted((span for span in spans if span["cat"] == outer), key=lambda span: span["ts"])
        assert all(end(before) - 2e-3 <= after["ts"] for before, after in zip(row, row[1:]))
    parts = []
    for run in runs:
        parts.append([s for s in spans if s["cat"] == "step" and run["ts"] <= s["ts"] and end(s) - 1e-3 <= end(run)])
        assert all(end(before) - 2e-3 <= after["ts"] for before, after in zip(parts[-1], parts[-1][1:]))
    assert sum(map(len, parts)) == sum(span["cat"] == "step" for span in spans)
    return dict(zip((run["name"] for run in runs), parts))


def test_the_trace_holds_every_step_of_every_run(profile, small, tmp_path):
    told = profile(small / "net.keras", "--trace", tmp_path / "deep" / "trace.json")
    spans = spans_of(tmp_path / "deep" / "trace.json")
    start = [span["name"] for span in spans if span["cat"] == "start"]
    assert start == ["open the model", "read the input", "assemble", "plan", "measure the machine"]
    runs = check_nesting(spans)
    assert list(runs) == ["first run", "run 1", "run 2", "run 3"]
    for steps in runs.values():
        assert [span["name"] for span in steps] == [" + ".join(step["layers"]) for step in told["steps"]]
        for span, step in zip(steps, told["steps"]):
            assert span["args"]["operation"] == step["operation"]
            assert (span["args"]["GFLOP"], span["args"]["bytes"]) == (step["gflop"], step["bytes"])
            assert span["args"]["shape"] == str(tuple(step["shape"]))


def test_times_are_means_over_the_middle_half_of_the_runs(profile, small, tmp_path):
    told = profile(small / "nested.keras", "--trace", tmp_path / "trace.json", runs=9)
    spans = spans_of(tmp_path / "trace.json")
    steps = {run: [span["dur"] for span in inside] for run, inside in check_nesting(spans).items()}
    runs = {span["name"]: span["dur"] for span in spans if span["cat"] == "run" and span["name"] != "first run"}
    middle = sorted(runs, key=runs.get)[2:-2]
    assert told["runs_used"] == len(middle) == 5
    assert told["times"] == "means of the middle 5 of 9 runs by their length, after two that do not count"
    assert told["run_ms"] == pytest.approx(np.mean([runs[run] for run in middle]) / 1e3, abs=1e-6)
    for i, step in enumerate(told["steps"]):
        assert step["ms"] == pytest.approx(np.mean([steps[run][i] for run in middle]) / 1e3, abs=1e-6)


def test_the_trace_on_standard_output(kerascope, small, tmp_path):
    done = kerascope("profile", small / "net.keras", "--trace", "-", "--runs", 1)
    assert done.stderr == ""
    (tmp_path / "trace.json").write_text(done.stdout)
    check_nesting(spans_of(tmp_path / "trace.json"))


def table(kerascope, *arguments):
    """The first table's lines: {its first column: (milliseconds, share)}, in order."""
    text = kerascope("profile", *arguments).stdout
    lines = text.split("\n\n")[0].splitlines()
    assert lines[0].split() == ["address", "operation", "ms", "share", "GFLOP/s", "GB/s", "limit"]
    assert max(map(len, lines)) <= 100
    rows = [line for line in lines[1:] if "%" in line]
    return [(row.split("  ")[0], *map(float, row[: row.index("%")].split()[-2:])) for row in rows]


def test_the_table_adds_up(kerascope, small):
    rows = table(kerascope, small / "net.keras", small / "picture.png", "--runs", 2)
    assert [name for name, *_ in rows[-3:]] == ["all steps", "outside of steps", "whole run"]
    *steps, all_steps, outside, whole = ((ms, share) for _, ms, share in rows)
    for column, rounding in ((0, 1e-5), (1, 0.1)):
        assert sum(step[column] for step in steps) == pytest.approx(all_steps[column], abs=rounding * len(steps))
        assert all_steps[column] + outside[column] == pytest.approx(whole[column], abs=2 * rounding)
    assert whole[1] == 100


def test_the_slowest_steps(kerascope, small):
    names = [name for name, *_ in table(kerascope, small / "net.keras", "--runs", 2)][:-3]
    rows = table(kerascope, small / "net.keras", "--sort", "time", "--runs", 2)[:-3]
    assert sorted(name for name, *_ in rows) == sorted(names)
    assert [ms for _, ms, _ in rows] == sorted((ms for _, ms, _ in rows), reverse=True)
    rows = table(kerascope, small / "net.keras", "--top", 2, "--runs", 2)
    assert len(rows) == 2 + 1 + 3 and rows[2][0] == ".."
    assert sum(ms for _, ms, _ in rows[:3]) == pytest.approx(rows[3][1], abs=1e-4)
    assert sum(name != ".." for name, *_ in table(kerascope, small / "net.keras", "--top", 1000)[:-3]) == len(names)


def test_without_input(kerascope, small, tmp_path):
    done = kerascope("profile", small / "two_inputs.keras")
    assert done.stderr == (
        "input     random numbers for 'picture', (8, 8, 3)\ninput     random numbers for 'extra', (1, 1, 3)\n"
    )
    done = kerascope("profile", small / "two_inputs.keras", small / "batch.npy", check=False)
    assert done.returncode == 1 and done.stderr.startswith("error[input-missing]: the model has 2 inputs")

    def forget_size(config):
        layer(config, "picture")["config"]["batch_shape"] = [None, None, None, 3]

    edit_archive(small / "shared.keras", tmp_path / "open.keras", forget_size)
    done = kerascope("profile", tmp_path / "open.keras", "--runs", 1, "--json")
    assert json.loads(done.stdout)["input"] == [[1, 224, 224, 3]]
    assert "(224, 224, 3); 224 where the file leaves the size open" in done.stderr


@pytest.mark.parametrize("runs, said", [
    (10, "means of the middle 6 of 10 runs by their length"), (3, "means of 3 runs"), (1, "those of one run"),
])  # fmt: skip
def test_it_says_what_its_milliseconds_are(kerascope, small, runs, said):
    done = kerascope("profile", small / "net.keras", "--runs", runs)
    assert f"\nms        {said}, after two that do not count\n" in done.stdout


def test_a_batch_repeats_the_input(profile, small):
    told = profile(small / "net.keras", small / "batch.npy")
    assert told["input"] == [[2, 8, 8, 3]]
    for batch in (1, 5):
        more = profile(small / "net.keras", small / "batch.npy", "--batch", batch)
        assert more["input"] == [[batch, 8, 8, 3]]
        gflop = lambda one: sum(step["gflop"] for step in one["steps"])
        assert close(gflop(more) / gflop(told), batch / 2)


def test_a_batch_of_nothing(kerascope, small, tmp_path):
    np.save(tmp_path / "none.npy", np.zeros((0, 8, 8, 3), "float32"))
    for batch in ((), ("--batch", 3)):
        done = kerascope("profile", small / "net.keras", tmp_path / "none.npy", *batch, check=False)
        assert done.returncode == 1 and done.stderr.startswith("error[input-shape]: the array is an empty batch")


def test_what_cannot_be_computed(kerascope, small):
    done = kerascope("profile", small / "lambda.keras", "--json", check=False)
    assert done.returncode == 3 and "'secret'" in done.stderr
    assert layers_of(json.loads(done.stdout)) == ["before"]
    done = kerascope("profile", small / "lambda.keras", "--layer", "after", check=False)
    assert done.returncode == 1 and "'after' needs it; 2 of 4 layers can be seen" in done.stderr


def test_nothing_to_compute(kerascope, small):
    done = kerascope("profile", small / "net.keras", "--layer", "picture", "--runs", 1)
    assert "nan" not in done.stdout and "inf" not in done.stdout
    told = json.loads(kerascope("profile", small / "net.keras", "--layer", "picture", "--json").stdout)
    assert told["steps"] == told["kinds"] == [] and told["bound_ms"] == 0


def test_quiet_and_threads(kerascope, profile, small):
    done = kerascope("profile", small / "net.keras", "--quiet")
    assert done.stdout == done.stderr == ""
    assert profile(small / "net.keras", "--threads", 1)["threads"] == 1
    assert profile(small / "net.keras", "--threads", 3)["threads"] == 3


WRONG = [
    ("m.keras --runs 0", "--runs is '0', not a whole number from 1 to 100000"),
    ("m.keras --runs some", "--runs is 'some', not a whole number from 1 to 100000"),
    ("m.keras --batch 0", "--batch is '0', not a whole number from 1 to 1000000"),
    ("m.keras --top -1", "--top is '-1', not a whole number from 1 to 1000000"),
    ("m.keras --sort size", "--sort is 'size', not one of plan, time"),
    ("m.keras --trace", "--trace needs a value: FILE"),
    ("m.keras --labels x", "there is no option '--labels'"),
    ("m.keras --seed lucky", "--seed is 'lucky', not a whole number or off"),
    ("- -", "- stands for standard input, which holds one file only"),
    ("m.keras --trace - --json", "--trace - and --json both want standard output"),
    ("", "MODEL is missing: a model that Keras saved: .h5, .keras, or the .json of its architecture; - is standard input"),
]


@pytest.mark.parametrize("words, what", WRONG)
def test_wrong_usage(kerascope, tmp_path, words, what):
    done = kerascope("profile", *words.split(), check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"error[usage]: {what}"


def test_errors(kerascope, small, tmp_path):
    done = kerascope("profile", tmp_path / "none.keras", check=False)
    assert done.returncode == 1 and done.stderr.startswith("error[file-missing]")
    done = kerascope("profile", small / "net.keras", "--layer", "convv1", check=False)
    assert done.returncode == 1 and "did you mean" in done.stderr
    done = kerascope("profile", small / "net.keras", "--trace", "/proc/none/trace.json", check=False)
    assert (done.returncode, done.stdout) == (1, "") and "\nerror[output-unwritable]: " in done.stderr
    done = kerascope("profile", small / "net.keras", "--batch", 1000000, check=False, preexec_fn=little_memory)
    assert done.returncode == 1 and "memory" in done.stderr
