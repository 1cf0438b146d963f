"""Small programs against the library that was built, beside the built-in model and picture."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run_cpp(folder, source):
    """What the program prints."""
    return _run(folder, "program.cc", source, ["c++", "-std=c++20"])


def run_c(folder, source):
    return _run(folder, "program.c", source, ["cc", "-std=c11", "-Wall", "-Werror", "-Wno-unused"])


def _run(folder, name, source, compiler):
    (folder / name).write_text(source)
    build = os.environ["KERASCOPE_BUILD"]
    flags = [f"-I{ROOT}/include", name, "-o", "program", f"-L{build}", "-lkerascope", f"-Wl,-rpath,{build}"]
    done = subprocess.run([*compiler, *flags], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for file in ("digits.keras", "digit.png"):
        shutil.copy(ROOT / "src/cli/demo" / file, folder)
    done = subprocess.run(["./program"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr
