"""`--dump`: the graph and the plan of every command, with an input and without one."""

import json

import pytest
from small_models import edit_archive, layer


@pytest.mark.parametrize("command", ["layers", "show", "capture", "profile"])
@pytest.mark.parametrize("stage", ["graph", "plan"])
def test_a_dump_needs_no_input(kerascope, small, tmp_path, command, stage):
    done = kerascope(command, small / "net.keras", "--dump", stage, cwd=tmp_path)
    assert done.stderr == "input     none; 'picture' is taken as (8, 8, 3)\n"
    assert list(tmp_path.iterdir()) == [] and "(1, 6, 6, 4)" in done.stdout
    assert kerascope(command, small / "net.keras", "--dump", stage, "-q").stdout == done.stdout
    if command != "layers":
        given = kerascope(command, small / "net.keras", small / "picture.png", "--dump", stage, cwd=tmp_path)
        assert given.stdout == done.stdout and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["layers", "show", "capture", "profile"])
def test_open_sizes_have_a_stand_in_that_is_said(kerascope, small, tmp_path, command):
    def forget_size(config):
        layer(config, "picture")["config"]["batch_shape"] = [None, None, None, 3]

    edit_archive(small / "shared.keras", tmp_path / "open.keras", forget_size)
    done = kerascope(command, tmp_path / "open.keras", "--dump", "graph")
    assert "'picture' is taken as (224, 224, 3); 224 where the file leaves the size open" in done.stderr
    assert "(1, 224, 224, 3)" in done.stdout


def test_a_dump_is_of_what_would_run(kerascope, small, tmp_path):
    graph = kerascope("capture", small / "net.keras", "--dump", "plan", "--layer", "conv1", "-q").stdout
    assert "conv" in graph and "softmax" not in graph
    assert "(4, 6, 6, 4)" in kerascope("profile", small / "net.keras", "--dump", "graph", "--batch", 4).stdout
    done = kerascope("layers", small / "lambda.keras", "--dump", "graph")
    assert "(1, 6, 6, 4)" in done.stdout and "'secret'" in done.stderr


@pytest.mark.parametrize("command", ["layers", "show", "capture", "profile"])
def test_a_dump_is_no_json(kerascope, small, command):
    for given in ([], [small / "picture.png"]):
        if given and command == "layers":
            continue
        done = kerascope(command, small / "net.keras", *given, "--dump", "graph", "--json", check=False)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.startswith("error[usage]: --dump graph prints text, and --json wants JSON\n")
    json.loads(kerascope("layers", small / "net.keras", "--json").stdout)
