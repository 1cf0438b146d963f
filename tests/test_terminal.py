"""Pictures on the terminal: `show` without -o, run in a pseudo-terminal of a known size."""

import os
import pty
import re
import struct
import subprocess
import termios
import threading
from fcntl import ioctl

import pytest
from conftest import _folder

CELL = 10, 20  # pixels


def run_in_terminal(*arguments, columns=80, rows=24, cwd=None, **environment):
    """What the program prints on a terminal of this size; standard error goes there, too."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, columns * CELL[0], rows * CELL[1]))
    program = _folder("KERASCOPE_BUILD") / "kerascope"
    clean = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    process = subprocess.Popen(
        [program, *map(str, arguments)], stdout=theirs, stderr=theirs, stdin=theirs, env=clean | environment, cwd=cwd
    )
    os.close(theirs)
    text = bytearray()

    def read():
        while True:
            try:
                part = os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                return
            if not part:
                return
            text.extend(part)

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(timeout=120)
    reader.join()
    os.close(ours)
    assert code == 0, text.decode(errors="replace")
    return text.decode().replace("\r\n", "\n")


def without_escapes(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.fixture
def demo(tmp_path, kerascope):
    kerascope("demo", "-o", tmp_path / "demo", "--quiet")
    return tmp_path / "demo"


def test_a_picture_without_output_is_drawn_on_the_terminal(demo, tmp_path):
    text = run_in_terminal("show", demo / "digits.keras", demo / "digit.png", "-l", "conv1out", cwd=tmp_path)
    assert "38;2;" in text
    plain = without_escapes(text).splitlines()
    blocks = [line for line in plain if re.search("[▀▄█▌▐▖▗▘▝▚▞▙▛▜▟]", line)]
    assert 10 <= len(blocks) <= 20
    assert max(len(line) for line in blocks) <= 80
    assert re.search(r"\d+ of 64 channels have room here", text)
    assert not list(tmp_path.glob("*.png"))


def test_a_larger_terminal_has_room_for_more(demo):
    def drawn(columns, rows):
        text = run_in_terminal(
            "show", demo / "digits.keras", demo / "digit.png", "-l", "conv1out", columns=columns, rows=rows
        )
        found = re.search(r"(\d+) of 64 channels have room", text)
        return int(found[1]) if found else 64

    assert drawn(80, 24) < drawn(110, 34) < drawn(400, 150) == 64


@pytest.mark.parametrize(
    "environment, sign",
    [({"TERM": "xterm-kitty"}, "\x1b_G"), ({"TERM": "mlterm"}, "\x1bP")],
)
def test_pixels_are_used_where_the_terminal_has_them(demo, environment, sign):
    text = run_in_terminal("show", demo / "digits.keras", demo / "digit.png", "-l", "conv1out", **environment)
    assert sign in text
    assert "have room" not in text  # all 64 channels


def test_the_kind_of_graphics_can_be_said(demo, kerascope):
    arguments = ["show", demo / "digits.keras", demo / "digit.png", "-l", "conv1out", "--terminal"]
    assert "\x1bP" in kerascope(*arguments, "sixel").stdout
    assert re.search("[▀▄▌▐▘▝▖▗]", kerascope(*arguments, "blocks").stdout)


def test_a_picture_leaves_room_for_what_is_said_of_it(demo, tmp_path):
    """The lines above a picture would be gone if it were as high as the terminal."""
    for environment in ({}, {"TERM": "mlterm"}):
        for columns, rows in ((80, 24), (200, 24), (80, 50)):
            text = run_in_terminal(
                "show", demo / "digits.keras", demo / "digit.png", "-l", "conv1out:3", columns=columns, rows=rows,
                cwd=tmp_path, **environment,
            )  # fmt: skip
            if environment:
                height = int(re.search(r"\x1bP[^q]*q\"\d+;\d+;\d+;(\d+)", text)[1]) / CELL[1]
                lines = len(re.sub(r"\x1bP.*?\x1b\\\\", "", text, flags=re.DOTALL).splitlines()) + height
            else:
                lines = len(without_escapes(text).splitlines())
            assert lines <= rows - 1, (environment, columns, rows)


def test_an_overview_is_drawn_where_it_fits_and_else_its_path_is_said(demo, tmp_path):
    arguments = ("show", demo / "digits.keras", demo / "digit.png")
    for columns, rows, fits in ((80, 24, False), (400, 24, False), (400, 120, True)):
        text = run_in_terminal(*arguments, columns=columns, rows=rows, cwd=tmp_path, TERM="xterm-kitty")
        assert ("\x1b_G" in text) == fits
        assert bool(list(tmp_path.glob("*.png"))) != fits
        assert ("digits-overview.png   the overview, for which this terminal has no room" in text) != fits
        for path in tmp_path.glob("*.png"):
            path.unlink()


def test_no_color_is_honoured(demo):
    text = run_in_terminal("show", demo / "digits.keras", demo / "digit.png", "-l", "conv1out", NO_COLOR="1")
    assert "38;2" not in text and "38;5" not in text and "48;" not in text


@pytest.mark.parametrize("how", ["off", "dumb", "json"])
def test_otherwise_a_file_is_written(demo, tmp_path, how):
    arguments = {"off": ["--terminal", "off"], "dumb": [], "json": ["--json"]}[how]
    text = run_in_terminal(
        "show", demo / "digits.keras", demo / "digit.png", "-l", "conv1out", *arguments,
        cwd=tmp_path, **({"TERM": "dumb"} if how == "dumb" else {}),
    )  # fmt: skip
    assert "\x1b[38" not in text
    assert (tmp_path / "digits-conv1out.png").exists()
