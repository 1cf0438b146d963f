"""Files made to take memory or time: each is refused, or costs no more than it should."""

import os
import pathlib
import resource
import signal
import subprocess
import time
import zipfile

import h5py
import numpy as np
import pytest


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))


def test_a_configuration_that_unpacks_to_a_hundred_megabytes(kerascope, small, tmp_path):
    """Parsed it would take some gigabytes."""
    with zipfile.ZipFile(tmp_path / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.0.0"}')
        archive.writestr("config.json", '{"class_name":"Sequential","x":[' + "[]," * 35_000_000 + "[]]}")
        archive.writestr("model.weights.h5", b"")
    done = kerascope("layers", tmp_path / "bomb.keras", check=False, preexec_fn=little_memory)
    assert done.returncode == 1 and "error[config-too-large]: the JSON has 1" in done.stderr
    assert "config.json in " in done.stderr and "Kerascope reads " in done.stderr
    with zipfile.ZipFile(tmp_path / "bomb.keras") as archive:
        archive.extract("config.json", tmp_path)
    done = kerascope("layers", tmp_path / "config.json", check=False, preexec_fn=little_memory)
    assert done.returncode == 1 and "error[config-too-large]" in done.stderr


def h5_program():
    return pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "kerascope-h5"


def test_many_links_to_one_data_set_are_decoded_once(tmp_path):
    """Each name leads to the numbers, which are there once."""
    with h5py.File(tmp_path / "links.h5", "w") as file:
        file.create_dataset("first", data=np.zeros(1_000_000, "f4"), compression="gzip")
        for number in range(500):
            file[f"link{number}"] = file["first"]
    done = subprocess.run(
        [h5_program(), "--dump", tmp_path / "links.h5", tmp_path / "decoded"], capture_output=True, text=True, check=True
    )
    assert done.stdout.count('"storage": "memory"') == 501
    assert (tmp_path / "decoded").stat().st_size == 4_000_000


def readers_of(program):
    """The processes that read HDF5 files for a process that runs."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (process / "stat").read_text().split()[3] == str(program.pid) and (process / "exe").readlink() == h5_program().resolve():
                found.append(int(process.name))
        except OSError:
            pass
    return found


def is_alive(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


def wait_until(is_so):
    deadline = time.monotonic() + 20
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.002)
    return is_so()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
def test_the_reader_dies_with_the_program(tmp_path, sent):
    """However the program ends, nothing stays that reads on: the reader is held up, so that it cannot end by itself."""
    with h5py.File(tmp_path / "slow.h5", "w") as file:
        slow = file.create_dataset("slow", (150_000_000,), "f4", compression="gzip", chunks=(1_000_000,))
        slow[:] = np.zeros(150_000_000, "f4")
    program = pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "kerascope"
    running = subprocess.Popen([program, "layers", tmp_path / "slow.h5"], stderr=subprocess.DEVNULL)
    assert wait_until(lambda: readers_of(running)), "the reader was too quick to be seen"
    (reader,) = readers_of(running)
    os.kill(reader, signal.SIGSTOP)
    try:
        running.send_signal(sent)
        running.wait()
        assert wait_until(lambda: not is_alive(reader))
    finally:
        if is_alive(reader):
            os.kill(reader, signal.SIGKILL)
