"""What `cmake --install` gives: other projects, in C++ and in C, build against it and run."""

import os
import pathlib
import re
import subprocess

import numpy as np
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEMO = ROOT / "src/cli/demo"


def ran(*command, **options):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=300, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def environment():
    """The programs must find kerascope-h5 by themselves."""
    return {name: value for name, value in os.environ.items() if name != "KERASCOPE_H5"}


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    ran("cmake", "--install", os.environ["KERASCOPE_BUILD"], "--prefix", folder)
    return folder


@pytest.fixture(scope="session")
def examples(installed, tmp_path_factory):
    """The folder of the programs that examples/CMakeLists.txt builds with find_package."""
    folder = tmp_path_factory.mktemp("examples")
    ran("cmake", "-S", ROOT / "examples", "-B", folder, f"-DCMAKE_PREFIX_PATH={installed}")
    ran("cmake", "--build", folder)
    return folder


def grays_of(program_picture):
    return np.asarray(Image.open(program_picture).convert("L"))


def test_the_first_way_draws_what_the_program_draws(kerascope, examples, environment, tmp_path):
    said = ran(examples / "handle", DEMO / "digits.keras", DEMO / "digit.png", tmp_path / "maps.png", env=environment)
    assert said == "Shape of conv1out: (1, 64, 64, 64)\n"
    kerascope("show", DEMO / "digits.keras", DEMO / "digit.png", "-l", "conv1out", "-o", tmp_path / "program.png")
    assert np.array_equal(grays_of(tmp_path / "maps.png"), grays_of(tmp_path / "program.png"))


def test_the_second_way_prints_every_shape_and_draws_by_index(kerascope, examples, environment, tmp_path):
    out = tmp_path / "layer.png"
    said = ran(examples / "all_layers", DEMO / "digits.keras", DEMO / "digit.png", 5, out, env=environment)
    lines = said.splitlines()
    assert len(lines) == 13
    assert lines[5].split(maxsplit=2) == ["5", "conv2", "(1, 64, 64, 128)".replace("64, 64", "32, 32")]
    assert lines[12].startswith("12x12 tiles, each scaled alone, range 0 .. ")
    kerascope(
        "show", DEMO / "digits.keras", DEMO / "digit.png", "-l", "conv2", "--cmap", "viridis", "-o", tmp_path / "p.png"
    )
    assert np.array_equal(grays_of(out), grays_of(tmp_path / "p.png"))


def test_c_programs_see_layers_and_read_errors(examples, environment):
    said = ran(examples / "look_c", DEMO / "digits.keras", "conv1out", env=environment)
    assert re.fullmatch(r"conv1out of 4 axes: 1 64 64 64, first number \S+\n", said)
    for arguments, code in (((DEMO / "digits.keras", "conv1oot"), "layer-not-found"), (("no.h5", "x"), "file-missing")):
        done = subprocess.run([examples / "look_c", *arguments], capture_output=True, text=True, env=environment)
        assert done.returncode == 1 and done.stderr.startswith(f"error[{code}]")


def test_pkg_config_says_how_to_build(installed, tmp_path, environment):
    environment = environment | {"PKG_CONFIG_PATH": str(next(installed.rglob("kerascope.pc")).parent)}
    flags = ran("pkg-config", "--cflags", "--libs", f"--define-variable=prefix={installed}", "kerascope", env=environment)
    library = next(installed.rglob("libkerascope.so"))
    program = tmp_path / "look"
    ran("cc", ROOT / "examples/look.c", "-o", program, f"-I{installed}/include", *flags.split(), f"-L{library.parent}")
    ran(program, DEMO / "digits.keras", "conv1", env=environment | {"LD_LIBRARY_PATH": str(library.parent)})


def test_the_installed_program_finds_its_reader(installed, environment):
    said = ran(installed / "bin/kerascope", "layers", DEMO / "digits.keras", env=environment)
    assert "conv1out" in said


def test_only_public_names_are_exported(installed):
    library = next(installed.rglob("libkerascope.so"))
    names = ran("nm", "-DC", "--defined-only", library).splitlines()
    assert len(names) > 50
    strange = [
        name
        for name in (line.split(maxsplit=2)[2] for line in names)
        if not re.match(r"(typeinfo (name )?for )?kerascope(::(?!cli|ops|h5)|_)", name)
    ]
    assert strange == []


def test_public_headers_name_the_standard_library_and_each_other_only(installed):
    headers = list((installed / "include").rglob("*.h"))
    assert len(headers) > 20
    for header in headers:
        for included in re.findall(r'#include [<"](.+?)[>"]', header.read_text()):
            assert included.startswith("kerascope/") or re.fullmatch(r"[a-z_]+(\.h)?", included), f"{header}: {included}"


def test_each_public_header_stands_alone(installed):
    """As C++20, also where warnings are errors."""
    headers = [path.relative_to(installed / "include") for path in (installed / "include").rglob("*.h")]
    for header in headers:
        source = f"#include <{header}>\nint main() {{}}\n"
        flags = ["-std=c++20", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-fsyntax-only", "-x", "c++", "-"]
        ran("c++", f"-I{installed / 'include'}", *flags, input=source)
