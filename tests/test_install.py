"""What `cmake --install` gives: other projects, in C++ and in C, build against its libraries and run."""

import json
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
def installed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installed")
    ran("cmake", "--install", os.environ["KERASCOPE_BUILD"], "--prefix", folder)
    return folder


@pytest.fixture(scope="session")
def environment(installed):
    """libkerascope.so must find kerascope-h5 by itself; a program with libkerascope.a finds it where the shell finds kerascope."""
    path = f"{installed}/bin{os.pathsep}{os.environ['PATH']}"
    return {name: value for name, value in os.environ.items() if name != "KERASCOPE_H5"} | {"PATH": path}


def examples_with(library, installed, folder):
    ran("cmake", "-S", ROOT / "examples", "-B", folder, f"-DCMAKE_PREFIX_PATH={installed}", f"-DKERASCOPE={library}")
    ran("cmake", "--build", folder)
    return folder


@pytest.fixture(scope="session")
def shared_examples(installed, tmp_path_factory):
    """The folder of the programs that examples/CMakeLists.txt builds with find_package."""
    return examples_with("kerascope::kerascope", installed, tmp_path_factory.mktemp("shared"))


@pytest.fixture(scope="session")
def static_examples(installed, tmp_path_factory):
    return examples_with("kerascope::static", installed, tmp_path_factory.mktemp("static"))


@pytest.fixture(params=["shared", "static"])
def examples(request):
    return request.getfixturevalue(f"{request.param}_examples")


def names_in(library):
    """What programs that link to it can name."""
    flags = "-DC" if library.suffix == ".so" else "-gC"
    lines = ran("nm", flags, "--defined-only", library).splitlines()
    return {words[2] for words in (line.split(maxsplit=2) for line in lines) if len(words) == 3}


def grays_of(program_picture):
    return np.asarray(Image.open(program_picture).convert("L"))


def test_the_first_way_draws_what_the_program_draws(kerascope, examples, environment, tmp_path):
    said = ran(examples / "handle", DEMO / "digits.keras", DEMO / "digit.png", tmp_path / "maps.png", env=environment)
    assert said == "Shape of conv1out: (1, 64, 64, 64)\n"
    kerascope("show", DEMO / "digits.keras", DEMO / "digit.png", "-l", "conv1out", "-o", tmp_path / "program.png")
    assert np.array_equal(grays_of(tmp_path / "maps.png"), grays_of(tmp_path / "program.png"))


def test_the_second_way_prints_every_shape_and_draws_by_index(kerascope, examples, environment, tmp_path):
    out = tmp_path / "layer.png"
    said = ran(examples / "all_layers", DEMO / "digits.keras", DEMO / "digit.png", 4, out, env=environment)
    lines = said.splitlines()
    assert len(lines) == 12
    assert lines[4].split(maxsplit=2) == ["4", "conv2", "(1, 32, 32, 128)"]
    assert lines[11].startswith("12x12 tiles, each scaled alone, range 0 .. ")
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


def test_programs_catch_the_errors_of_the_library(examples, environment, tmp_path):
    done = subprocess.run(
        [examples / "all_layers", "no.h5", DEMO / "digit.png", "0", tmp_path / "x.png"],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 1 and done.stderr.startswith("error[file-missing]")


@pytest.mark.parametrize("flags", [["--libs"], ["--static", "--libs"]], ids=["shared", "static"])
def test_pkg_config_says_how_to_build(installed, tmp_path, environment, flags):
    """As docs/library.md says; with the static library the shared one is not needed."""
    package, library = (next(installed.rglob(name)) for name in ("kerascope.pc", "libkerascope.so"))
    environment = environment | {"PKG_CONFIG_PATH": str(package.parent)}
    said = ran("pkg-config", "--cflags", *flags, "kerascope", env=environment).split()
    program = tmp_path / "look"
    if "--static" in flags:
        ran("cc", ROOT / "examples/look.c", "-o", program, "-Wl,--as-needed", "-l:libkerascope.a", *said)
        assert "libkerascope" not in ran("readelf", "-d", program)
    else:
        ran("cc", ROOT / "examples/look.c", "-o", program, *said)
        environment["LD_LIBRARY_PATH"] = str(library.parent)
    ran(program, DEMO / "digits.keras", "conv1", env=environment)


def test_the_installed_program_finds_its_reader(installed, environment):
    said = ran(installed / "bin/kerascope", "layers", DEMO / "digits.keras", env=environment)
    assert "conv1out" in said


def test_programs_with_the_static_library_do_not_load_the_shared_one(shared_examples, static_examples):
    for program in ("handle", "all_layers", "look_c"):
        assert "libkerascope.so" in ran("readelf", "-d", shared_examples / program)
        assert "libkerascope.so" not in ran("readelf", "-d", static_examples / program)


def test_the_static_library_has_every_layer(static_examples, environment, tmp_path):
    files = [json.loads(path.read_text()) for path in (ROOT / "src/layers").rglob("*.rows.json")]
    names = {row.get("class", file.get("class")) for file in files for row in file["rows"]}
    assert len(names) > 60

    def code_of(layer):
        config = {"name": "layer", "batch_input_shape": [None, 4, 4, 4]}
        model = {"class_name": "Sequential", "config": {"layers": [{"class_name": layer, "config": config}]}}
        (tmp_path / "model.json").write_text(json.dumps(model))
        command = [static_examples / "look_c", tmp_path / "model.json", "layer"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        return re.findall(r"^error\[(.+)\]", done.stderr)

    assert code_of("NoSuchLayer") == ["layer-unknown"]
    assert [name for name in sorted(names) if code_of(name) == ["layer-unknown"]] == []


@pytest.mark.parametrize("library", ["libkerascope.so", "libkerascope.a"])
def test_only_public_names_are_exported(installed, library):
    names = names_in(next(installed.rglob(library)))
    assert len(names) > 50
    assert [name for name in names if not re.match(r"(typeinfo (name )?for )?kerascope(::(?!cli|ops|h5)|_)", name)] == []


def test_both_libraries_export_the_same_names(installed):
    shared, static = (names_in(next(installed.rglob(name))) for name in ("libkerascope.so", "libkerascope.a"))
    assert shared == static


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
