"""What the program says of itself: completions of three shells, the manual page, --version."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import time

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
    assert bash("show", "m.keras", "--phase", "") == ["inference", "training", "as-called"]
    assert bash("show", "--phase", "=", "tr") == ["training"]
    assert bash("capture", "--phase", "=") == ["inference", "training", "as-called"]
    assert bash("completion", "") == ["bash", "zsh", "fish"]
    assert bash("capture", "--threads", "") == [] and bash("layers", "") == []  # bash then offers files


def test_bash_completes_layers_of_the_model(small, environment):
    assert bash("show", small / "nested.keras", "picture.png", "--layer", "base/") == [
        "base/base_in", "base/conv", "base/relu", "base/pool"
    ]  # fmt: skip
    assert bash("capture", small / "net.h5", "-l", "conv") == ["conv1", "conv2"]
    assert bash("capture", "missing.keras", "-l", "") == []


VALUES = [
    ("--phase", ["inference", "training", "as-called"]),
    ("--preprocess", ["tf", "caffe", "torch", "unit", "raw"]),
    ("--cmap", ["gray", "viridis", "magma", "diverging"]),
    ("--scale", ["tile", "layer", "symmetric", "percentile"]),
    ("--sort", ["mean", "max", "variance", "zeros"]),
    ("--dump", ["graph", "plan"]),
    ("--seed", ["off"]),
]


@pytest.mark.parametrize("option, values", VALUES)
def test_values_of_options(environment, option, values):
    assert set(bash("show", "m.keras", option, "")) >= set(values)
    assert bash("show", "m.keras", option, values[-1][:2]) == [values[-1]]
    assert bash("show", "m.keras", option, "=", values[-1][:2]) == [values[-1]]
    assert "off" in bash("show", "--terminal", "") and "lanczos" in bash("capture", "--resize", "")
    assert set(bash("diff", "--a-preprocess", "")) >= {"tf", "caffe"}


LAYERS = [
    ("base/", ["base/base_in", "base/conv", "base/relu", "base/pool"]),
    ("poo", ["pool"]),  # inside the base, and nowhere else
    ("hid", ["hidden"]),
    ("con", ["conv"]),  # the one at the top
    ("rel", ["base/relu", "head/relu"]),  # two have it
    ("pool,hid", ["pool,hidden"]),
    ("conv,base/re", ["conv,base/relu"]),
    ("conv,,ans", ["conv,,answer"]),
    ("type:Con", ["type:Conv2D"]),
    ("conv,type:R", ["conv,type:ReLU"]),
    ("ty", ["type:InputLayer", "type:Conv2D", "type:Functional", "type:ReLU", "type:MaxPooling2D", "type:Sequential",
            "type:Flatten", "type:Dense"]),
    ("nothing", []),
]  # fmt: skip


def bash_types(word):
    """The words into which bash cuts what is typed."""
    return [part for part in re.split(r"([:=@])", word) if part]


@pytest.mark.parametrize("typed, offered", LAYERS)
@pytest.mark.parametrize("program", ["bash", "zsh", "fish"])
def test_layers_inside_models_after_commas_and_by_class(small, environment, program, typed, offered):
    line = ["show", small / "nested.keras", "--layer"]
    if program == "bash":
        kept = "".join(bash_types(typed)[:-1])  # bash replaces the last part alone
        assert bash(*line, *bash_types(typed)) == [word.removeprefix(kept) for word in offered]
    elif program == "zsh":
        script = f"""compdef() {{ :; }}; compadd() {{ print -l $layers; }}; source <(kerascope completion zsh)
        words=(show {small}/nested.keras -l '{typed}'); PREFIX='{typed}'; _kerascope_layers"""
        assert shell("zsh", script).stdout.split() == offered
    else:
        for begin in ("-l ", "--layer=", "--layer "):
            script = f"kerascope completion fish | source; complete -C 'kerascope show {small}/nested.keras {begin}{typed}'"
            words = [word.split("\t")[0] for word in shell("fish", script).stdout.splitlines()]
            assert sorted(word.removeprefix("--layer=") for word in words) == sorted(offered), begin


def test_the_model_is_found_among_the_words(small, tmp_path, environment, monkeypatch):
    (tmp_path / "labels.txt").write_text("one\n")
    shutil.copy(small / "net.keras", tmp_path / "my net.keras")
    monkeypatch.setenv("HOME", str(tmp_path))
    for typed in (r"my\ net.keras", '"my net.keras"', "'my net.keras'", r"~/my\ net.keras"):
        assert bash("show", "--labels", "labels.txt", typed, "-l", "conv", cwd=tmp_path) == ["conv1", "conv2"], typed
    assert bash("show", "--labels", "labels.txt", "-l", "conv", cwd=tmp_path) == []
    assert bash("show", small / "shared.keras", "-l", "conv", "@") == ["0", "1"]
    assert bash("show", small / "shared.keras", "-l", "inn") == ["inner"]


def typed_into(program, lines, wanted):
    """What an interactive shell shows once a line with a TAB in it was typed."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    flags = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}[program]
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", PS1="> ", INPUTRC="/dev/null")
        os.execv(path, [path, *flags])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 400, 0, 0))  # no line is wrapped
    try:
        seen = ""
        end = time.monotonic() + 30
        lines = list(lines)
        while wanted not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.5)[0]:
                seen += os.read(terminal, 65536).decode(errors="replace")
            elif lines:
                os.write(terminal, lines.pop(0).encode())
        return seen
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)


@pytest.mark.parametrize("typed, whole", [
    ("conv,hid", "conv,hidden"), ("type:Con", "type:Conv2D"), ("conv,type:Con", "conv,type:Conv2D"), ("poo", "pool"),
    ("base/re", "base/relu"),
])  # fmt: skip
@pytest.mark.parametrize("program", ["bash", "zsh"])
def test_a_tab_in_a_real_shell(small, environment, program, typed, whole):
    start = {
        "bash": "source <(kerascope completion bash)\n",
        "zsh": "autoload -U compinit; compinit -u -D; source <(kerascope completion zsh)\n",
    }[program]
    end = f"kerascope show {small}/nested.keras -l {whole} "
    seen = typed_into(program, [start, f": ; kerascope show {small}/nested.keras -l {typed}\t"], end)
    assert end in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\n]|.\x08", "", seen), seen


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
    assert fish("show --phase ") == ["as-called", "inference", "training"]
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
    assert re.fullmatch(r"(baseline|avx2|avx512), \d+ threads?", parts["kernels"])
    for library in ["HDF5", "libjpeg-turbo", "libspng", "libwebp", "giflib", "chafa", "libdeflate", "zlib"]:
        assert re.fullmatch(r"\d+(\.\d+)+", parts[library]), library


def test_version_without_the_reader(kerascope, monkeypatch, tmp_path):
    monkeypatch.setenv("KERASCOPE_H5", str(tmp_path / "none"))
    assert "HDF5           missing: " in kerascope("--version").stdout
