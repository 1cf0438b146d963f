"""What README.md and docs/ show is true: every command runs, shown output is the program's, every option exists."""

import os
import pathlib
import re
import shutil
import subprocess

import keras
import numpy as np
import pytest
from compiled import run_cpp
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = {str(page.relative_to(ROOT)): page.read_text() for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]}
VERBS = "demo|layers|show|capture|diff|profile|completion|man"
# What the pages call by a word for any file.
STANDS_FOR = {"MODEL": "digits.keras", "INPUT": "digit.png", "FILE": "file", "FOLDER": "folder"}


def fenced(text, kind=""):
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for its_kind, block in blocks if its_kind == kind]


def without_fences(text):
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def shown_runs():
    """[(page, command, the lines that it is said to print)]"""
    return [
        (page, block.splitlines()[0][2:], block.splitlines()[1:])
        for page, text in PAGES.items()
        for block in fenced(text)
        if block.startswith("$ kerascope ")
    ]


def mentioned():
    """Commands in indented lines and between backquotes, with their arguments."""
    found = []
    for page, text in PAGES.items():
        plain = without_fences(text)
        found += [(page, command) for command in re.findall(r"^    (kerascope .*)", plain, re.MULTILINE)]
        for code in re.findall(r"(?<!`)`([^`]+)`(?!`)", plain):
            command = re.search(rf"(?:^|[ (])((?:kerascope )?(?:{VERBS})\b[^)|]*)", " ".join(code.split()))
            if not command:
                continue
            words = command[1].removeprefix("kerascope ").split()
            is_whole = command[1].startswith("kerascope ") or re.search(r"[A-Z]{4}", command[1])
            if is_whole and (len(words) > 1 or words[0] in ("demo", "man")):
                found.append((page, " ".join(["kerascope", *words])))
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory, kerascope_program):
    """A folder with the files that the pages name; what is not in the repository has others in its place."""
    folder = tmp_path_factory.mktemp("desk")
    for file in ("digits.keras", "digit.png"):
        shutil.copy(ROOT / "src/cli/demo" / file, folder)
    shutil.copy(folder / "digits.keras", folder / "model.keras")
    Image.open(folder / "digit.png").save(folder / "cat.jpg", quality=95)
    model = keras.saving.load_model(folder / "digits.keras")
    model.save(folder / "flowers.h5")
    model.get_layer("conv3").set_weights([weight * 1.01 for weight in model.get_layer("conv3").get_weights()])
    model.save(folder / "later.keras")
    for name in ("golden.npz", "later.npz"):
        run = kerascope_program("capture", "model.keras", "cat.jpg", "-o", name, cwd=folder)
        assert run.returncode == 0, run.stdout
    return folder


@pytest.fixture(scope="module")
def kerascope_program():
    def run(*arguments, **options):
        program = pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "kerascope"
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.run([program, *arguments], **both, text=True, timeout=120, **options)

    return run


def words_of(command):
    words = command.split()
    assert words.pop(0) == "kerascope"
    words = [word.strip("[]") for word in words]
    return [STANDS_FOR.get(word, word) for word in words]


@pytest.mark.parametrize("page, command, lines", shown_runs(), ids=lambda value: value if isinstance(value, str) else "")
def test_shown_runs_print_what_is_shown(kerascope_program, desk, page, command, lines):
    done = kerascope_program(*words_of(command), cwd=desk)
    differs = command.startswith("kerascope diff ")
    assert done.returncode == (1 if differs else 0), done.stdout
    if not set(re.findall(r"\S+\.\S+", command.partition(" -o ")[0])) <= {"digits.keras", "digit.png"}:
        lines = [line for line in lines if line.startswith(("index", "address"))]  # the numbers are of other files
    assert lines
    printed = iter(done.stdout.splitlines())
    for line in lines:
        if line != "...":
            assert any(line.split() == other.split() for other in printed), f"not printed: {line}"


@pytest.mark.parametrize("page, command", mentioned(), ids=lambda value: value)
def test_mentioned_commands_run(kerascope_program, desk, page, command):
    done = kerascope_program(*words_of(command), cwd=desk)
    compares_unlike = command.startswith("kerascope diff ") and "golden" not in command
    assert done.returncode == (1 if compares_unlike else 0), done.stdout


def test_the_pages_show_commands():
    assert len(shown_runs()) >= 5 and len(mentioned()) >= 7


@pytest.mark.parametrize("page", PAGES)
def test_mentioned_options_and_verbs_exist(kerascope_program, page):
    known = "".join(kerascope_program(verb, "--help").stdout for verb in VERBS.split("|"))
    if page == "docs/performance.md":
        known += (ROOT / "bench/arguments.py").read_text() + " --help "
    text = re.sub(r"(cmake|pkg-config) [^`\n]*", "", PAGES[page])  # have options of their own
    for option in set(re.findall(r"(?<![\w,-])--[a-z][a-z-]*", text)):
        assert re.search(rf"{option}\b", known), f"{page}: no command has {option}"
    verbs = (ROOT / "dev").read_text()
    for verb in set(re.findall(r"\./dev ([a-z]+)", PAGES[page])):
        assert re.search(rf"^\./dev {verb}\b", verbs, re.MULTILINE), f"{page}: there is no ./dev {verb}"


def test_links_lead_somewhere():
    for page, text in PAGES.items():
        for target in re.findall(r"\]\((?!http)([^)#]+)", without_fences(text)):
            assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


def test_the_cpp_of_the_readme_compiles_and_runs(tmp_path):
    (code,) = fenced(PAGES["README.md"], "cpp")
    run_cpp(tmp_path, f"#include <kerascope/kerascope.h>\nnamespace ks = kerascope;\nint main() {{\n{code}}}\n")
    assert np.asarray(Image.open(tmp_path / "conv2.png")).shape[0] > 300
