"""--memory: the same results where no layer is kept, and a refusal before anything runs where even that is too much."""

import pathlib

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
    assert done.stderr.splitlines()[-2].endswith("even where no layer is kept, and --memory is 1 MB")
    assert list(tmp_path.iterdir()) == []
