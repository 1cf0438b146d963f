"""--memory: the same results where no layer is kept, and a refusal before anything runs where even that is too much."""

import json
import pathlib
import resource
import struct
import zlib

import numpy as np
import pytest

DEMO = pathlib.Path(__file__).resolve().parent.parent / "src/cli/demo"
MODEL_AND_INPUT = DEMO / "digits.keras", DEMO / "digit.png"


@pytest.mark.parametrize("command, file", [("capture", "out.npz"), ("show", "overview.png")])
def test_layers_that_are_not_kept_are_the_same(kerascope, tmp_path, command, file):
    assert "tapped 0 bytes" in kerascope(command, *MODEL_AND_INPUT, "--memory", "6MB", "--dump", "plan").stdout
    results = []
    for memory in ("1GB", "6MB"):
        kerascope(command, *MODEL_AND_INPUT, "--memory", memory, "-o", tmp_path / file)
        results.append((tmp_path / file).read_bytes())
    assert results[0] == results[1]


def test_the_table_is_the_same(kerascope):
    tables = [kerascope("capture", *MODEL_AND_INPUT, "--memory", memory).stdout for memory in ("1GB", "6MB")]
    assert tables[0] == tables[1] and "conv2     H32 W32 C128" in tables[0]


def test_what_cannot_fit_is_refused_and_leaves_nothing(kerascope, tmp_path):
    done = kerascope("capture", *MODEL_AND_INPUT, "--memory", "1MB", "-o", tmp_path / "out.npz", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2].startswith("error[memory]: this run takes ")
    assert done.stderr.splitlines()[-2].endswith("even if no layer is kept, and 1 MB are allowed")
    assert list(tmp_path.iterdir()) == []


GIGABYTE = 1 << 30


def limited(bytes_):
    """As in a container: the process may take so much."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (bytes_, bytes_))


def upsampling(path, size):
    layers = [
        {"class_name": "InputLayer", "config": {"batch_shape": [None, 8, 8, 3], "name": "in"}, "name": "in"},
        {"class_name": "UpSampling2D", "config": {"size": [size, size], "name": "u", "trainable": True}, "name": "u"},
    ]
    path.write_text(json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": layers}}))
    return path


@pytest.mark.parametrize("command", ["capture", "show", "profile", "diff"])
def test_a_run_that_the_machine_has_no_memory_for_does_not_begin(kerascope, tmp_path, command):
    model = upsampling(tmp_path / "large.json", 2000)  # 3 GB of output
    np.save(tmp_path / "x.npy", np.zeros((1, 8, 8, 3), "float32"))
    given = [command, model, *[model] * (command == "diff"), tmp_path / "x.npy"]
    output = ["-o", tmp_path / "out"] if command in ("capture", "show") else []
    done = kerascope(*given, *output, check=False, preexec_fn=limited(2 * GIGABYTE))
    assert done.returncode == 1, done.stderr
    what, hint = done.stderr.splitlines()[-2:]
    assert what.startswith("error[memory]: this run takes ") and " of memory, and " in what, done.stderr
    assert all(word in hint for word in ("--layer", "--memory", "smaller input"))
    assert not (tmp_path / "out").exists()


def test_what_fits_into_the_limit_runs(kerascope, tmp_path):
    model = upsampling(tmp_path / "m.json", 100)
    np.save(tmp_path / "x.npy", np.zeros((1, 8, 8, 3), "float32"))
    kerascope("capture", model, tmp_path / "x.npy", preexec_fn=limited(2 * GIGABYTE))
    model = upsampling(tmp_path / "large.json", 2000)
    kerascope("capture", model, tmp_path / "x.npy", "--layer", "in", preexec_fn=limited(2 * GIGABYTE))


def bomb(path, side, colour_type=0):
    """A PNG of 1 bit a pixel, all 0: some 30 KB whatever its size."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = zlib.compress(bytes((side // 8 + 1) * side), 9)
    header = struct.pack(">IIBBBBB", side, side, 1, colour_type, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(6)) if colour_type == 3 else b""
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def test_a_small_file_of_a_huge_picture_is_refused(kerascope, tmp_path):
    upsampling(tmp_path / "m.json", 1)
    done = kerascope("capture", tmp_path / "m.json", bomb(tmp_path / "x.png", 16384), check=False)
    assert done.returncode == 1 and "16384 x 16384 pixels, more than the 178,956,970" in done.stderr
    for colour_type in (0, 3):
        picture = bomb(tmp_path / "x.png", 12000, colour_type)
        done = kerascope("capture", tmp_path / "m.json", picture, check=False, preexec_fn=limited(GIGABYTE // 4))
        assert done.returncode == 1 and "error[memory-short]: the picture of 12000 x 12000 pixels takes" in done.stderr, done.stderr
