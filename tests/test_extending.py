"""docs/extending.md is true: its layer compiles, and what is forgotten is said in one sentence."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/extending.md").read_text()
(LAYER,) = re.findall(r"```cpp\n(.*?)```", PAGE, re.DOTALL)


def errors_of(folder, source):
    """The lines with the compiler's errors."""
    (folder / "gate.cc").write_text(source)
    command = ["c++", "-std=c++20", "-fsyntax-only", f"-I{ROOT}/include", f"-I{ROOT}/src", "gate.cc"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if " error: " in line]
    assert bool(errors) == (done.returncode != 0), done.stderr
    return errors


def test_the_layer_of_the_page_compiles(tmp_path):
    assert errors_of(tmp_path, LAYER) == []


@pytest.mark.parametrize("name", ["fields", "build"])
def test_a_missing_function_is_one_error(tmp_path, name):
    without = LAYER.replace(f" {name}(", " forgotten(")
    assert without != LAYER
    (error,) = errors_of(tmp_path, without)
    assert "static assertion failed: the layer has no `" in error and f" {name}(" in error


@pytest.mark.parametrize("names", ['"mine.layers", {"Gate", "mine>Gate"}', '"mine.layers", {"Gate"}'])
def test_names_and_module_are_not_mixed_up(tmp_path, names):
    """Two strings in braces would else be the begin and end of one."""
    changed = re.sub(r"registered\{.*\};", f"registered{{{names}}};", LAYER)
    assert changed != LAYER and errors_of(tmp_path, changed)
