"""What the program says of itself: completions of three shells, the manual page, --version."""

import re
import shutil
import subprocess

import pytest
from small_models import edit_archive, layer


@pytest.fixture
def environment(kerascope, monkeypatch):
    """The program under its own name, as the scripts call it."""
    program = kerascope("--version").args[0]
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/local/bin:/usr/bin:/bin")
    return program


def shell(name, script, *arguments, **options):
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    flags = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[name]
    return subprocess.run([path, *flags, "-c", script, *arguments], capture_output=True, text=True, timeout=60, **options)


def commands(kerascope):
    """{command: its long and short options}, out of --help."""
    listed = re.findall(r"^  (\w+) +\S", kerascope("--help").stdout.split("options\n")[0], re.MULTILINE)
    helps = {command: kerascope(command, "--help").stdout for command in listed}
    found = {command: re.findall(r"^ +((?:-\w, )?--[\w-]+)", text, re.MULTILINE) for command, text in helps.items()}
    assert {"demo", "layers", "show", "capture", "diff", "completion", "man"} <= set(found)
    assert all(found.values())
    return {command: [name for names in options for name in names.split(", ")] for command, options in found.items()}


BASH = """source <(kerascope completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kerascope; printf '%s\\n' "${COMPREPLY[@]}" """


def bash(*words, **options):
    done = shell("bash", BASH, "bash", "kerascope", *map(str, words), **options)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.split()


def test_bash_completes_commands_and_their_options(kerascope, environment):
    known = commands(kerascope)
    assert bash("") == [*known, "--help", "--version"]
    assert bash("sh") == ["show"]
    for command, options in known.items():
        assert sorted(bash(command, "-")) == sorted(options), command
        assert bash(command, "--he") == ["--help"]


def test_bash_completes_values(environment):
    assert bash("show", "m.keras", "--phase", "") == ["inference", "training"]
    assert bash("show", "--phase", "=", "tr") == ["training"]
    assert bash("capture", "--phase", "=") == ["inference", "training"]
    assert bash("completion", "") == ["bash", "zsh", "fish"]
    assert bash("capture", "--threads", "") == [] and bash("layers", "") == []  # bash then offers files


def test_bash_completes_layers_of_the_model(small, environment):
    assert bash("show", small / "nested.keras", "picture.png", "--layer", "base/") == [
        "base/base_in", "base/conv", "base/relu", "base/pool"
    ]  # fmt: skip
    assert bash("capture", small / "net.h5", "-l", "conv") == ["conv1", "conv2"]
    assert bash("capture", "missing.keras", "-l", "") == []


NAMES = ["$(touch ran)", "`touch ran`", "x; touch ran", "a b", "'", '"', "\\", "*"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("program", ["bash", "zsh", "fish"])
def test_a_layer_name_is_never_run(small, tmp_path, environment, program, name):
    def rename(config):
        layer(config, "conv2")["config"]["name"] = name

    edit_archive(small / "net.keras", tmp_path / "net.keras", rename)
    if program == "bash":
        offered = bash("show", "net.keras", "-l", "", cwd=tmp_path)
    elif program == "fish":
        script = "kerascope completion fish | source; complete -C 'kerascope show net.keras -l '"
        offered = [line.split("\t")[0] for line in shell("fish", script, cwd=tmp_path).stdout.splitlines()]
    else:
        script = """compdef() { :; }; compadd() { print -l $layers; }; source <(kerascope completion zsh)
        words=(show net.keras -l ''); _kerascope_layers"""
        offered = shell("zsh", script, cwd=tmp_path).stdout.split()
    assert sorted(offered) == ["answer", "bn", "conv1", "drop", "flat", "picture", "pool"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.keras"]


def test_zsh_takes_the_script(environment):
    script = """autoload -U compinit; compinit -u -D; source <(kerascope completion zsh); print $_comps[kerascope]"""
    done = shell("zsh", script)
    assert (done.stdout, done.stderr) == ("_kerascope\n", "")


def test_zsh_describes_every_option(kerascope, environment):
    script = kerascope("completion", "zsh").stdout
    for command, options in commands(kerascope).items():
        part = script.split(f"\n    {command})\n")[1].split(";;")[0]
        for option in options:
            assert f"{option}[" in part, (command, option)


def test_fish_completes(kerascope, small, environment):
    def fish(line):
        done = shell("fish", f"kerascope completion fish | source; complete -C 'kerascope {line}'")
        assert done.stderr == "", done.stderr
        return [word.split("\t")[0] for word in done.stdout.splitlines()]

    known = commands(kerascope)
    assert sorted(fish("")) == sorted(known)
    for command, options in known.items():
        assert set(fish(f"{command} --")) == {name for name in options if name.startswith("--")}, command
    assert fish("show --phase ") == ["inference", "training"]
    assert sorted(fish("completion ")) == ["bash", "fish", "zsh"]
    assert fish(f"show {small}/net.keras -l co") == ["conv1", "conv2"]
    assert fish(f"show {small}/pictu") == [f"{small}/picture.jpg", f"{small}/picture.png"]


def test_the_manual_page_is_well_formed(kerascope):
    mandoc = shutil.which("mandoc")
    if mandoc is None:
        pytest.skip("mandoc is not installed")
    page = kerascope("man").stdout
    lint = subprocess.run([mandoc, "-Tlint"], input=page, capture_output=True, text=True)
    complaints = [line for line in lint.stdout.splitlines() if "missing date" not in line]  # outside of a git clone
    assert complaints == []


def test_the_manual_page_holds_every_option(kerascope):
    page = kerascope("man").stdout
    for command, options in commands(kerascope).items():
        part = page.split(f".SS kerascope {command}\n")[1].split("\n.S")[0].replace("\\-", "-")
        for option in options:
            assert f"\\fB{option}\\fR" in part, (command, option)


def test_version(kerascope):
    lines = kerascope("--version").stdout.rstrip("\n").split("\n")
    assert re.fullmatch(r"kerascope \d+\.\d+\.\d+", lines[0])
    parts = dict(line.split(maxsplit=1) for line in lines[1:])
    assert len({line.index(parts[line.split()[0]]) for line in lines[1:]}) == 1, "the column is not aligned"
    assert " by g++ " in parts["built"] or " by clang " in parts["built"]
    assert re.fullmatch(r"\d+\.\d+\.\d+, .+, \d+ threads?", parts["oneDNN"])
    for library in ["HDF5", "libjpeg-turbo", "libspng", "libwebp", "giflib", "chafa", "libdeflate", "zlib"]:
        assert re.fullmatch(r"\d+(\.\d+)+", parts[library]), library


def test_version_without_the_reader(kerascope, monkeypatch, tmp_path):
    monkeypatch.setenv("KERASCOPE_H5", str(tmp_path / "none"))
    assert "HDF5           missing: " in kerascope("--version").stdout
