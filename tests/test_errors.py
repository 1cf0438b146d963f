"""Wrong uses of the commands: each gives its message and exit code, and leaves no file behind that is not whole."""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
from failures import Cases, check_case, check_failure, files_below
from PIL import Image
from small_models import SHAPE, edit_archive, layer

CASES = Cases()


# Collected when the whole file has been read, so that the table is complete.
def pytest_generate_tests(metafunc):
    if metafunc.function is test_failure:
        metafunc.parametrize("arguments, code, shown, exit_code", CASES)


def test_failure(kerascope, small, tmp_path, arguments, code, shown, exit_code):
    check_case(kerascope, small, tmp_path, arguments, code, shown, exit_code)


# --- inputs that do not fit ---


def input_case(code, *shown, model="net.keras", exit_code=1):
    """A case whose function writes the input into the folder `bad` and gives its path, or all arguments after MODEL."""

    def register(write):
        def arguments(small, bad, out):
            given = write(small, bad)
            inputs = given if isinstance(given, tuple) else (given,)
            return "capture", small / model, *inputs, "-o", out / "seen.npz"

        arguments.__name__ = write.__name__
        CASES.add(code, *shown, exit_code=exit_code)(arguments)
        return write

    return register


def saved(path, array):
    np.save(path, array)
    return path


@input_case("file-missing", "there is no file '", "did you mean 'picture.png'?")
def missing_picture(small, bad):
    return small / "pictrue.png"


@input_case("input-missing", "1 input", "'picture' (8, 8, 3)")
def no_input(small, bad):
    return ()


@input_case("input-unknown", "the model has 1 input, and more files are given", "picture.png")
def too_many_inputs(small, bad):
    return small / "batch.npy", small / "picture.png"


@input_case("input-shape", "the array has shape (2, 8, 8, 1), input 'picture' needs (8, 8, 3)", "grey.npy")
def wrong_channels(small, bad):
    return saved(bad / "grey.npy", np.zeros((2, 8, 8, 1)))


@input_case("input-shape", "the array has shape (9, 8, 3), input 'picture' needs (8, 8, 3)")
def wrong_size(small, bad):
    return saved(bad / "x.npy", np.zeros((9, 8, 3)))


@input_case("input-shape", "the array has shape (8, 8), input 'picture' needs (8, 8, 3)")
def wrong_rank(small, bad):
    return saved(bad / "x.npy", np.zeros((8, 8)))


@input_case("input-shape", "the array has shape (), input 'picture'")
def scalar_input(small, bad):
    return saved(bad / "x.npy", np.float32(3))


@input_case("input-shape", "empty batch")
def empty_batch(small, bad):
    return saved(bad / "x.npy", np.zeros((0, 8, 8, 3)))


@input_case("array-pickled", "pickled Python objects", "any code")
def pickled_array(small, bad):
    return saved(bad / "x.npy", np.array([{"a": 1}], dtype=object))


@input_case("array-type", "'<U5'", "strings")
def array_of_strings(small, bad):
    return saved(bad / "x.npy", np.array(["horse"]))


@input_case("size-too-large", "(1099511627776, 8, 8, 3) is larger than any memory", "x.npy")
def array_of_a_huge_claim(small, bad):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776, 8, 8, 3), }"
    header += " " * (118 - len(header) - 1) + "\n"
    (bad / "x.npy").write_bytes(b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode())
    return bad / "x.npy"


@input_case("array-invalid", "note.npy")
def text_as_input(small, bad):
    (bad / "note.npy").write_text("0.5 0.5 0.5")
    return bad / "note.npy"


@input_case("image-format", "TIFF")
def tiff_picture(small, bad):
    (bad / "x.tiff").write_bytes(b"II*\0" + bytes(100))
    return bad / "x.tiff"


@input_case("image-invalid", "x.png")
def damaged_picture(small, bad):
    content = bytearray((small / "picture.png").read_bytes())
    content[60:80] = bytes(20)
    (bad / "x.png").write_bytes(content)
    return bad / "x.png"


@input_case("image-invalid", "x.png")
def picture_of_a_huge_claim(small, bad):
    content = bytearray((small / "picture.png").read_bytes())
    content[16:24] = b"\x7f\xff\xff\xff" * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    (bad / "x.png").write_bytes(content)
    return bad / "x.png"


@input_case("input-missing", "the folder is empty", "try: give a picture")
def empty_folder_as_input(small, bad):
    return bad


@input_case("input-shape", "9x11 pixels", "8x8", "let it be resized")
def picture_of_another_size(small, bad):
    return small / "picture.png", "--resize", "off"


@input_case("preprocess-unknown", "cafe", "did you mean 'caffe'?")
def unknown_preprocessing(small, bad):
    return small / "picture.png", "--preprocess", "cafe"


@input_case("preprocess-shape", "2", "3")
def two_means_for_three_channels(small, bad):
    return small / "picture.png", "--preprocess", "mean=1,2"


@input_case("sample-index", "--sample is 2, the batch has 2, 0 to 1")
def sample_beyond_the_batch(small, bad):
    return small / "batch.npy", "--sample", "2"


@input_case("sample-index", "--sample is -1")
def sample_below_zero(small, bad):
    return small / "batch.npy", "--sample", "-1"


@input_case("file-missing", "labels.txt")
def missing_labels(small, bad):
    return small / "batch.npy", "--labels", bad / "labels.txt"


@input_case("labels-invalid", "the class names are no text", "picture.png")
def labels_that_are_a_picture(small, bad):
    return small / "batch.npy", "--labels", small / "picture.png"


@input_case("labels-invalid", "neither a list nor", "labels.json")
def labels_of_another_kind(small, bad):
    (bad / "labels.json").write_text('{"cat": 3}')
    return small / "batch.npy", "--labels", bad / "labels.json"


@input_case("input-missing", "2 inputs", "'extra' (1, 1, 3)", "--input NAME=FILE", model="two_inputs.keras")
def second_input_missing(small, bad):
    return small / "batch.npy"


@input_case("input-unknown", "no input 'extr'", "did you mean 'extra'?", model="two_inputs.keras")
def input_of_an_unknown_name(small, bad):
    return small / "batch.npy", "--input", f"extr={small / 'batch.npy'}"


@input_case("input-unknown", "no input 'exta'", "did you mean 'extra'?", "both.npz", model="two_inputs.keras")
def archive_with_an_unknown_name(small, bad):
    np.savez(bad / "both.npz", picture=np.zeros((1, *SHAPE)), exta=np.zeros((1, 1, 1, 3)))
    return bad / "both.npz"


@input_case("input-shape", "the inputs' batches differ: 2 and 5", model="two_inputs.keras")
def batches_of_different_sizes(small, bad):
    return small / "batch.npy", saved(bad / "extra.npy", np.zeros((5, 1, 1, 3)))


@input_case("input-given-twice", "'picture'", model="two_inputs.keras")
def one_input_given_twice(small, bad):
    return "--input", f"picture={small / 'batch.npy'}", "--input", f"picture={small / 'batch.npy'}"


@input_case("usage", "--input is 'picture', not NAME=FILE", exit_code=2)
def input_without_a_file(small, bad):
    return "--input", "picture"


@pytest.mark.parametrize("name", ["picture.png", "picture.jpg", "batch.npy"])
def test_an_input_cut_short_at_any_length_is_an_error(kerascope, small, tmp_path, name):
    whole, cut, out = (small / name).read_bytes(), tmp_path / name, tmp_path / "out"
    out.mkdir()
    for length in range(0, len(whole), len(whole) // 16):
        cut.write_bytes(whole[:length])
        done = kerascope("capture", small / "net.keras", cut, "-o", out / "seen.npz", check=False)
        if done.returncode == 0:
            Image.open(cut).load()  # what Pillow accepts is whole enough
            (out / "seen.npz").unlink()
            continue
        assert done.returncode == 1 and done.stdout == "", (length, done.stdout, done.stderr)
        assert done.stderr.startswith("error[") and "unexpected" not in done.stderr, (length, done.stderr)
        assert name in done.stderr and files_below(out) == []


# --- layers that are not there ---


def layer_case(code, *shown, model="nested.keras"):
    def register(layers):
        def arguments(small, bad, out):
            return "show", small / model, small / "batch.npy", *layers(), "-o", out / "maps"

        arguments.__name__ = layers.__name__
        CASES.add(code, *shown)(arguments)
        return layers

    return register


@layer_case("layer-not-found", "the model has no layer 'anwser'", "did you mean 'answer'?")
def misspelt_layer():
    return "--layer", "anwser"


@layer_case("layer-not-found", "the model has no layer 'base/pol'", "did you mean 'base/pool'?")
def misspelt_path():
    return "--layer", "base/pol"


@layer_case("layer-not-found", "the model has no layer 'xyzzyx'", "`kerascope layers MODEL`, or model.summary(), lists them")
def layer_like_none():
    return "--layer", "conv,xyzzyx"


@layer_case("layer-not-found", "no layer matches 'deconv*'")
def pattern_without_match():
    return "--layer", "deconv*"


@layer_case("layer-not-found", "no layer is of the type 'Conv2d'", "did you mean 'Conv2D'?")
def type_without_match():
    return "--layer", "type:Conv2d"


@layer_case("layer-index", "there is no layer 9: the model has 5 layers, 0 to 4")
def index_out_of_range():
    return "--layer", "9"


@layer_case("layer-index", "there is no layer -6", "5 layers")
def index_before_the_first():
    return "--layer", "-6"


@layer_case("layer-index", "there is no layer base/4: 'base' has 4 layers, 0 to 3")
def nested_index_out_of_range():
    return "--layer", "base/4"


@layer_case("layer-ambiguous", "2 layers are named 'relu'", "base/relu", "head/relu")
def name_at_two_places():
    return "--layer", "relu"


@layer_case("layer-ambiguous", "2 layers are named 'relu'", "base/relu", "head/relu")
def channel_of_a_name_at_two_places():
    return "--layer", "relu:1"


@layer_case("channel-invalid", "'conv:3' has 3 channels, 0 to 2; there is no 3", "(8, 8, 3)")
def channel_out_of_range():
    return "--layer", "conv:3"


@layer_case("channel-invalid", "8 places", "there is no 8")
def place_out_of_range():
    return "--layer", "conv[8,0]:1"


@layer_case("channel-invalid", "needs 2 numbers in the brackets and has 1")
def too_few_places():
    return "--layer", "conv[3]:1"


@layer_case("layer-not-found", "'conv@5'", model="shared.keras")
def call_out_of_range():
    return "--layer", "conv@5"


@layer_case(
    "layer-unknown",
    "layer 'secret' has the type 'Lambda'",
    "config.layers[2] in config.json in",
    "2 of 4 layers can be seen",
    model="lambda.keras",
)
def lambda_by_name():
    return "--layer", "secret"


@layer_case(
    "layer-unknown", "layer 'secret' has the type 'Lambda'", "'after' needs it; 2 of 4 layers", model="lambda.h5"
)
def behind_a_lambda_by_name():
    return "--layer", "after"


# --- wrong usage: exit code 2 ---

USAGE = {
    "no_command": ((), ("no command is given", "kerascope --help")),
    "unknown_command": (("sow", "m.keras"), ("there is no command 'sow'", "did you mean 'show'?")),
    "command_like_none": (("frobnicate",), ("there is no command 'frobnicate'", "kerascope --help")),
    "unknown_option": (("show", "m.keras", "x", "--layr", "3"), ("no option '--layr'", "did you mean '--layer'?")),
    "unknown_option_with_value": (("show", "m.keras", "--sede=3"), ("no option '--sede'", "did you mean '--seed'?")),
    "option_of_another_command": (
        ("layers", "m.keras", "--zoom", "3"),
        ("no option '--zoom'", "kerascope layers --help"),
    ),
    "unknown_letter": (("layers", "m.keras", "-z"), ("-z", "kerascope layers --help")),
    "too_many_models": (("layers", "m.keras", "n.keras"), ("n.keras", "kerascope layers --help")),
    "no_model": (("show",), ("MODEL is missing", "kerascope show --help")),
    "unknown_phase": (("show", "m.keras", "--phase", "trainign"), ("--phase", "trainign")),
    "unknown_resize": (("show", "m.keras", "--resize", "cubic"), ("--resize", "cubic")),
    "seed_is_a_word": (("capture", "m.keras", "x.png", "--seed", "lucky"), ("--seed is 'lucky'",)),
    "no_threads": (("capture", "m.keras", "x.png", "--threads", "0"), ("--threads",)),
    "sample_is_a_word": (("capture", "m.keras", "x.png", "--sample", "first"), ("--sample", "first")),
    "option_without_value": (("show", "m.keras", "x.png", "--layer"), ("--layer",)),
    "gap_too_large": (("show", "m.keras", "x.png", "-l", "0", "--gap", "9999"), ("--gap", "9999")),
    "standard_input_twice": (("capture", "-", "-"), ("standard input",)),
    "two_results_to_standard_output": (("capture", "m.keras", "x.png", "--json", "-o", "-"), ("standard output",)),
    "control_characters": (("sh\x1b[31mow\n", "m.keras"), ("sh\\x1b[31mow\\x0a",)),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage(kerascope, tmp_path, name):
    arguments, shown = USAGE[name]
    check_failure(kerascope(*arguments, check=False, cwd=tmp_path), "usage", shown, 2, tmp_path)


def test_one_picture_for_several_layers_is_wrong_usage(kerascope, small, tmp_path):
    done = kerascope(
        "show", small / "net.keras", small / "batch.npy", "-l", "conv*", "-o", tmp_path / "x.png", check=False
    )
    check_failure(done, "usage", ("x.png takes one picture, and 2 layers are chosen", "give a folder"), 2, tmp_path)


# --- outputs that cannot be written ---


def blocked(out):
    (out / "file").write_text("mine")
    (out / "taken.npz").mkdir()
    (out / "taken.png").mkdir()
    (out / "full.npz").symlink_to("/dev/full")
    (out / "full.png").symlink_to("/dev/full")


@pytest.mark.parametrize(
    "command, target, why",
    [
        ("capture", "file/seen.npz", "a part of the path is a file, not a folder"),
        ("capture", "file/below", "a part of the path is a file, not a folder"),
        ("capture", "file", "a part of the path is a file, not a folder"),
        ("capture", "taken.npz", "it is a folder"),
        ("capture", "full.npz", "the disk is full"),
        ("capture", "/proc/seen.npz", "no such file or folder"),
        ("capture", "x" * 300 + ".npz", "the name is too long"),
        ("show", "file/seen.png", "a part of the path is a file, not a folder"),
        ("show", "file", "a part of the path is a file, not a folder"),
        ("show", "taken.png", "it is a folder"),
        ("show", "full.png", "the disk is full"),
    ],
)
def test_output_that_cannot_be_written(kerascope, small, tmp_path, command, target, why):
    blocked(tmp_path)
    before = files_below(tmp_path)
    done = kerascope(
        command, small / "net.keras", small / "batch.npy", "-l", "conv1", "-o", tmp_path / target, check=False
    )
    assert done.returncode == 1 and "error[output-unwritable]: cannot write '" in done.stderr, done.stderr
    assert f"': {why}\n" in done.stderr and pathlib.Path(target).name in done.stderr, done.stderr
    assert files_below(tmp_path) == before and (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("target", ["-", "/dev/stdout"])
@pytest.mark.parametrize("command", ["capture", "show"])
def test_full_standard_output(kerascope, small, command, target):
    program = kerascope("--version").args[0]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [program, command, small / "net.keras", small / "batch.npy", "-l", "conv1", "-o", target],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1 and "error[output-unwritable]" in done.stderr and "full" in done.stderr, done.stderr


@pytest.mark.parametrize("command", ["layers", "man"])  # the man page is longer than stdio's buffer
def test_tables_to_a_full_standard_output(kerascope, small, command):
    program = kerascope("--version").args[0]
    arguments = [command, small / "net.keras"] if command == "layers" else [command]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program, *arguments], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "error[output-unwritable]" in done.stderr, done.stderr


@pytest.mark.parametrize("target", ["seen.npz", "folder"])
def test_disk_that_fills_while_a_file_is_written(kerascope, small, tmp_path, target):
    """A limit of 900 bytes a file stands for the disk; what was there before stays as it was."""
    (tmp_path / "seen.npz").write_text("older")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))

    done = kerascope(
        "capture", small / "net.keras", small / "batch.npy", "-o", tmp_path / target, check=False, preexec_fn=limit
    )
    assert done.returncode == 1 and "error[output-unwritable]: cannot write '" in done.stderr, (
        done.returncode,
        done.stderr,
    )
    assert (tmp_path / "seen.npz").read_text() == "older"
    for file in (tmp_path / "folder").glob("*"):
        np.load(file)  # what stands there is whole
    assert [name for name in files_below(tmp_path) if "kerascope" in name] == []


ENDS = ["TERM", "INT", "HUP", "PIPE", "ALRM", "XCPU", "QUIT", "USR1", "VTALRM", "PROF", "IO"]


@pytest.mark.parametrize("end", [signal.Signals[f"SIG{name}"] for name in ENDS], ids=ENDS)
def test_a_killed_run_leaves_no_file(kerascope, small, tmp_path, end):
    """The batch makes the run long; the hidden file beside the archive shows that it has begun to write."""
    np.save(tmp_path / "large.npy", np.zeros((20_000, *SHAPE), "float32"))
    out = tmp_path / "out"
    out.mkdir()
    program = kerascope("--version").args[0]
    command = [
        program,
        "capture",
        small / "net.keras",
        tmp_path / "large.npy",
        "-o",
        out / "seen.npz",
        "--threads",
        "1",
    ]
    # Whoever starts the tests may ignore some of them.
    heed = lambda: signal.signal(end, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=heed) as run:
        while not files_below(out) and run.poll() is None:
            time.sleep(0.001)
        assert run.poll() is None, "the run was over before it could be ended"
        run.send_signal(end)
        run.wait(20)
    assert run.returncode == 128 + end
    assert files_below(out) == []


def test_a_signal_that_is_ignored_stays_ignored(kerascope, small, tmp_path):
    """As with nohup."""
    code = "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"
    np.save(tmp_path / "large.npy", np.zeros((20_000, *SHAPE), "float32"))
    program = kerascope("--version").args[0]
    command = [sys.executable, "-c", code, program, "capture", small / "net.keras", tmp_path / "large.npy", "-o", tmp_path / "seen.npz"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        while not list(tmp_path.glob(".kerascope-*")) and run.poll() is None:
            time.sleep(0.001)
        run.send_signal(signal.SIGHUP)
        assert run.wait(60) == 0
    assert np.load(tmp_path / "seen.npz").files


@pytest.mark.parametrize("stream", ["closed", "full"])
@pytest.mark.parametrize(
    "arguments, code",
    [(("capture", "net.keras", "picture.png", "-o"), 0), (("capture", "lambda.keras", "batch.npy", "-o"), 3),
     (("capture", "net.keras", "nothing.npy", "-o"), 1), (("capture", "net.keras", "--no-such", "-o"), 2)],
)  # fmt: skip
def test_messages_that_cannot_be_said_change_nothing(kerascope, small, tmp_path, arguments, code, stream):
    """Neither the exit code, nor what is written: a file must not become the closed stream either."""
    program = kerascope("--version").args[0]
    options = {"preexec_fn": lambda: os.close(2)} if stream == "closed" else {"stderr": open("/dev/full", "w")}
    done = subprocess.run(
        [program, *arguments, tmp_path / "seen.npz"], cwd=small, stdout=subprocess.DEVNULL, timeout=60, **options
    )
    assert done.returncode == code
    assert files_below(tmp_path) == ([] if code in (1, 2) else ["seen.npz"])
    if code in (0, 3):
        assert all(np.isfinite(array).all() for array in np.load(tmp_path / "seen.npz").values())


def test_a_reader_that_goes_away_ends_the_program_quietly(kerascope, small, tmp_path):
    program = kerascope("--version").args[0]
    done = subprocess.run(
        ["bash", "-c", f"'{program}' layers '{small}/net.keras' --json 2>'{tmp_path}/said' | true; echo ${{PIPESTATUS[0]}}"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip() in ("0", str(128 + signal.SIGPIPE)) and (tmp_path / "said").read_text() == ""


# --- names that come from strangers ---

ODD_NAMES = [
    "../../x",
    "/etc/x",
    "..",
    ".",
    "a/b",
    "\x1b[31mred\x1b[0m",
    "line\nbreak",
    "\x9b2J",
    "\u202egnp",
    "a,b",
    "50%",
    "7",
    "nul\0l",
    "con:3",
    "",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_layer_names_stay_in_the_folder_and_off_the_terminal(kerascope, small, tmp_path, name):
    def change(config):
        layer(config, "conv2")["config"]["name"] = name

    model = edit_archive(small / "net.keras", tmp_path / "net.keras", change)
    out = tmp_path / "a" / "b" / "out"
    before = files_below(tmp_path)
    outputs = []
    done = kerascope("layers", model, check=False)
    if name == "":
        return check_failure(
            done, "config-invalid", ("a layer of type 'Conv2D' has no name", "config.layers[4]"), 1, out
        )
    outputs += [done.stdout, done.stderr]
    for arguments in (
        ("capture", model, small / "batch.npy", "-o", out / "arrays"),
        ("show", model, small / "batch.npy", "-o", out / "pictures"),
        ("show", model, small / "batch.npy", "--layer", "3"),
        ("capture", model, small / "batch.npy", "-o", out / "seen.npz"),
        ("capture", model, small / "batch.npy", "--layer", "nothing-like-it"),
    ):
        done = kerascope(*arguments, check=False, cwd=_made(out / "here"))
        assert done.returncode == (1 if "nothing-like-it" in arguments else 0), done.stderr
        outputs += [done.stdout, done.stderr]
    for text in outputs:
        assert all(line.isprintable() for line in text.split("\n")), repr(text)
    assert [file for file in files_below(tmp_path) if not file.startswith("a/b/out/")] == before
    written = files_below(out)
    assert len([file for file in written if file.startswith("arrays/")]) == 8
    assert len([file for file in written if file.startswith("pictures/")]) == 10
    assert len([file for file in written if file.startswith("here/")]) == 1
    assert all(character.isalnum() or character in "._@#%-/" for file in written for character in file), written
    assert np.load(out / "seen.npz").files[4] == name.split("\0")[0] or name == "nul\0l"


def _made(folder):
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_layer_of_an_odd_name_is_found_by_it(kerascope, small, tmp_path):
    for number, name in enumerate(["../../x", "a,b", "7", "conv*", "type:Conv2D", "x[1]:3", "back\\slash"]):

        def change(config):
            layer(config, "conv2")["config"]["name"] = name

        model = edit_archive(small / "net.keras", tmp_path / f"{number}.keras", change)
        listed = json.loads(kerascope("capture", model, small / "batch.npy", "-l", name, "--json").stdout)["layers"]
        assert [entry["address"] for entry in listed] == [name]


def test_custom_code_is_never_run(kerascope, small, tmp_path):
    """A Lambda's code lies in the file as bytes; what does not need it is computed, from HDF5 and from an archive."""
    for file in ("lambda.keras", "lambda.h5"):
        done = kerascope("capture", small / file, small / "batch.npy", "-o", tmp_path / "seen.npz", check=False)
        assert done.returncode == 3
        assert (
            "layer 'secret' has the type 'Lambda'" in done.stderr
            and "2 layers cannot be seen: secret, after" in done.stderr
        )
        assert np.load(tmp_path / "seen.npz").files == ["picture", "before"]
        done = kerascope("show", small / file, small / "batch.npy", "-o", tmp_path / "maps", check=False)
        assert done.returncode == 3
        assert files_below(tmp_path / "maps") == ["before.png", "input.png", "overview.png", "picture.png"]
        marked = [line for line in kerascope("layers", small / file).stdout.split("\n") if line.endswith("  !")]
        assert [line.split()[1] for line in marked] == ["secret", "after"]


def test_capture_into_one_npy(kerascope, small, tmp_path):
    done = kerascope(
        "capture", small / "net.keras", small / "batch.npy", "-o", tmp_path / "all.npy", check=False, cwd=tmp_path
    )
    assert done.returncode == 2 and "an .npy holds one array only" in done.stderr and "all.npz" in done.stderr
    assert not list(tmp_path.iterdir())


# --- outputs beside inputs ---


@pytest.mark.parametrize("name", ["v1.2", "run-2024.05.17", "out.h5/", "there.h5", ".maps", "plain"])
@pytest.mark.parametrize("command", ["capture", "show"])
def test_names_of_folders(kerascope, small, tmp_path, command, name):
    (tmp_path / "there.h5").mkdir()
    kerascope(command, small / "net.keras", small / "batch.npy", "-l", "conv1", "-o", f"{tmp_path}/{name}")
    assert (tmp_path / name / ("conv1.npy" if command == "capture" else "conv1.png")).exists()


def test_one_array_into_one_npy(kerascope, small, tmp_path):
    kerascope("capture", small / "net.keras", small / "batch.npy", "-o", tmp_path / "all.npz")
    for name in ("one.npy", "one.NPY"):
        done = kerascope("capture", small / "net.keras", small / "batch.npy", "-l", "conv1", "-o", tmp_path / name)
        np.testing.assert_array_equal(np.load(tmp_path / name), np.load(tmp_path / "all.npz")["conv1"])
        assert f"wrote     {tmp_path / name}   1 array\n" in done.stdout
    np.save(tmp_path / "many.npy", np.random.default_rng(0).normal(size=(40, *SHAPE)).astype("float32"))
    for name in ("parts.npy", "parts.npz"):
        kerascope("capture", small / "net.keras", tmp_path / "many.npy", "-l", "pool", "-o", tmp_path / name)
    np.testing.assert_array_equal(np.load(tmp_path / "parts.npy"), np.load(tmp_path / "parts.npz")["pool"])


def links_to(folder, name):
    """A file under its own name, as a symbolic and as a hard link, and by another path."""
    (folder / "links").mkdir()
    end = pathlib.Path(name).suffix
    (folder / f"links/soft{end}").symlink_to(folder / name)
    os.link(folder / name, folder / f"links/hard{end}")
    return [folder / name, folder / f"links/soft{end}", folder / f"links/hard{end}", folder / "links/.." / name]


def spared(kerascope, folder, *arguments):
    """The command is refused before anything runs, and every file stays as it was."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = kerascope(*arguments, check=False)
    assert done.returncode == 2 and done.stderr.split("\n")[-4 if "where:" in done.stderr else -3].startswith("error[usage]: '"), done.stderr
    assert "would be overwritten" in done.stderr and "this run reads" in done.stderr, done.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("what", ["array", "picture", "page", "trace", "kernels", "labels", "diff", "named"])
def test_no_output_overwrites_what_is_read(kerascope, small, tmp_path, what):
    for name in ("net.keras", "batch.npy", "picture.png"):
        shutil.copy(small / name, tmp_path / name)
    model, batch, picture = tmp_path / "net.keras", tmp_path / "batch.npy", tmp_path / "picture.png"
    read = {"array": "batch.npy", "picture": "picture.png", "named": "batch.npy", "diff": "picture.png"}.get(what, "net.keras")
    for output in links_to(tmp_path, read):
        arguments = {
            "array": ["capture", model, batch, "-l", "conv1", "-o", output],
            "named": ["capture", model, "--input", f"picture={batch}", "-l", "conv1", "-o", output],
            "picture": ["show", model, picture, "-o", output],
            "page": ["show", model, picture, "--html", output],
            "trace": ["profile", model, "--trace", output],
            "kernels": ["show", model, "--kernels", "conv1", "-o", output],
            "labels": ["capture", model, batch, "--labels", output, "-l", "conv1", "-o", output],
            "diff": ["diff", model, picture, picture, "-o", output],
        }[what]
        if what == "kernels":  # a model may be called anything
            os.rename(model, model := tmp_path / "net.png")
            arguments[1:] = [model, "--kernels", "conv1", "-o", model]
        if what == "labels":
            os.rename(model, model := tmp_path / "names.npz")
            arguments[1:] = [small / "net.keras", batch, "--labels", model, "-o", model]
        spared(kerascope, tmp_path, *arguments)
        if what in ("kernels", "labels"):
            return


def test_a_folder_of_inputs_may_be_the_output_but_keeps_its_pictures(kerascope, small, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("input.png", "b.png"):
        shutil.copy(small / "picture.png", folder / name)
    spared(kerascope, folder, "show", small / "net.keras", folder, "-l", "conv1", "-o", folder)
    (folder / "input.png").rename(folder / "conv1.png")
    spared(kerascope, folder, "show", small / "net.keras", folder, "-l", "conv1", "-o", folder)
    (folder / "conv1.png").rename(folder / "overview.png")
    spared(kerascope, folder, "show", small / "net.keras", folder, "-o", folder)
    kerascope("show", small / "net.keras", folder, "-l", "conv1", "-o", folder)
    assert files_below(folder) == ["b.png", "conv1.png", "input.png", "overview.png"]
    arrays = tmp_path / "arrays"
    arrays.mkdir()
    shutil.copy(small / "batch.npy", arrays / "conv1.npy")
    spared(kerascope, arrays, "capture", small / "net.keras", arrays / "conv1.npy", "-o", arrays)


def test_a_large_output_says_first_how_large(kerascope, small, tmp_path):
    """The limit of the file's size ends the run as soon as it writes."""
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 8, 8, 3], "name": "in"}, "name": "in"},
        {"class_name": "UpSampling2D", "config": {"size": [20, 20], "name": "large"}, "name": "large"},
    ]
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}
    (tmp_path / "m.json").write_text(json.dumps(model))
    np.save(tmp_path / "many.npy", np.zeros((4000, *SHAPE), "float32"))

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (900, 900))

    for output in ("all.npz", "large.npy", "folder"):
        arguments = ["capture", tmp_path / "m.json", tmp_path / "many.npy", "-o", tmp_path / output]
        done = kerascope(*arguments, *["-l", "large"] * (output == "large.npy"), check=False, preexec_fn=limit)
        size = "1.14 GB" if output == "large.npy" else "1.15 GB"
        arrays = "1 array" if output == "large.npy" else "2 arrays"
        assert f"\nwrites    {size} into {tmp_path / output}, {arrays}\n" in done.stderr, done.stderr
    assert "\nwrites" not in kerascope("capture", small / "net.keras", small / "batch.npy", "-o", tmp_path / "b.npz").stderr


# --- inputs are listed ---


def test_errors_about_inputs_list_them_in_order(kerascope, small, tmp_path):
    listed = "because: the model's inputs are 'picture' (8, 8, 3), 'extra' (1, 1, 3), in this order"
    model, batch = small / "two_inputs.keras", small / "batch.npy"
    np.savez(tmp_path / "both.npz", picture=np.zeros((2, *SHAPE)), exta=np.zeros((5, 1, 1, 3)))
    np.save(tmp_path / "five.npy", np.zeros((5, 1, 1, 3)))
    for arguments in (
        [batch],
        [batch, "--input", f"extr={batch}"],
        [tmp_path / "both.npz"],
        [batch, batch],
        [batch, tmp_path / "five.npy"],
        [batch, tmp_path / "five.npy", batch],
    ):
        done = kerascope("capture", model, *arguments, check=False)
        assert done.returncode == 1 and listed in done.stderr, (arguments, done.stderr)
    done = kerascope("capture", small / "net.keras", batch, batch, check=False)
    assert "because: the model's input is 'picture' (8, 8, 3)" in done.stderr
    done = kerascope("capture", small / "net.keras", tmp_path / "five.npy", check=False)
    assert "because" not in done.stderr, "it is in the first line already"


def test_float64_is_warned_of_only_where_digits_that_matter_are_lost(kerascope, small, tmp_path):
    random = np.random.default_rng(0)
    for name, array in [
        ("usual", random.normal(size=(2, *SHAPE))),
        ("large", 1e30 * random.normal(size=(2, *SHAPE))),
        ("constant", np.full((2, *SHAPE), 0.1)),
    ]:
        np.save(tmp_path / f"{name}.npy", array)
        assert "float32" not in kerascope("capture", small / "net.keras", tmp_path / f"{name}.npy", "-l", "0").stderr, name
    for name, array in [
        ("times", 1.7e9 + random.uniform(0, 60, (2, *SHAPE))),
        ("beside", np.concatenate([1.7e9 + random.uniform(0, 60, (2, 8, 8, 1)), random.uniform(0, 1, (2, 8, 8, 2))], -1)),
        ("beyond", 1e200 * random.normal(size=(2, *SHAPE))),
    ]:
        np.save(tmp_path / f"{name}.npy", array)
        done = kerascope("capture", small / "net.keras", tmp_path / f"{name}.npy", "-l", "0")
        assert f"warning   {tmp_path / name}.npy holds <f8 numbers; float32 loses digits that tell them apart\n" in done.stderr
