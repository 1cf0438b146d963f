"""The notebooks of docs/notebooks run without an error, and store what this run shows."""

import base64
import io
import pathlib
import re
import sys

import nbformat
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from run_notebooks import FOLDER, code_cells, executed  # noqa: E402

NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb"))


class Run:
    """A notebook as it is stored, and as it ran now."""

    def __init__(self, name, folder):
        self.name, self.path = name, FOLDER / f"{name}.ipynb"
        self.stored = nbformat.read(self.path, as_version=4)
        self.now = executed(self.path, folder)


@pytest.fixture(scope="module", params=NAMES)
def run(request, tmp_path_factory):
    return Run(request.param, tmp_path_factory.mktemp(request.param))


def texts(cell):
    """[(kind, text)] of all outputs: "stdout", "text/html" .."""
    found = []
    for output in cell.outputs:
        data = {output.name: output.text} if output.output_type == "stream" else output.data
        found += [(kind, data[kind]) for kind in sorted(data) if not kind.startswith("image/")]
    return found


def printed(notebook):
    return "".join(text for cell in code_cells(notebook) for kind, text in texts(cell) if kind == "stdout")


def pictures(notebook):
    return [Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
            for cell in code_cells(notebook) for output in cell.outputs if "image/png" in output.get("data", {})]


def comparable(text, varies):
    """What is the same on every processor: words and whole numbers; if a training decides about the numbers, words."""
    text = re.sub(r"base64,[^\"]*|<picture, \d+ x \d+ pixels|size=\d+x\d+ at 0x\w+", "", text)
    if varies:
        return [word for word in re.findall(r"[A-Za-z_]{2,}", text) if word != "none"]
    return re.sub(r"-?\d+(\.\d+(e-?\d+)?|e-\d+)", "#", text).split()


def test_the_stored_outputs_are_those_of_this_run(run):
    for stored, now in zip(code_cells(run.stored), code_cells(run.now), strict=True):
        varies = "varies" in stored.metadata.get("tags", [])
        assert stored.source == now.source and stored.execution_count == now.execution_count
        old, new = ([(kind, comparable(text, varies)) for kind, text in texts(cell)] for cell in (stored, now))
        assert old == new, f"{run.name}, {stored.id}: run tools/run_notebooks.py and review what changed"
    for old, new in zip(pictures(run.stored), pictures(run.now), strict=True):
        assert old.format == new.format and old.height == new.height
        assert abs(old.width - new.width) < 40  # a number beside a colour bar may be longer


def test_the_stored_file_is_small_and_of_no_machine(run):
    nbformat.validate(run.stored)
    assert (run.stored.nbformat, run.stored.nbformat_minor) == (4, 5) and run.path.stat().st_size < 400 * 1024
    assert [cell.id for cell in run.stored.cells] == [f"cell-{number}" for number in range(1, len(run.stored.cells) + 1)]
    assert [cell.execution_count for cell in code_cells(run.stored)] == list(range(1, len(code_cells(run.stored)) + 1))
    assert all(set(cell.metadata) <= {"tags"} for cell in run.stored.cells)
    for cell in run.stored.cells:
        said = cell.source + "".join(text for _, text in texts(cell)) if cell.cell_type == "code" else cell.source
        assert not re.search(r"/(tmp|home|root|usr|proc)/|site-packages|ipykernel|oneDNN", said), cell.id


def numbers(pattern, text):
    return [int(number.replace(",", "")) for number in re.findall(pattern, text)]


@pytest.mark.parametrize("run", ["first-look"], indirect=True)
def test_the_first_look_shows_a_model(run):
    said = printed(run.now)
    assert numbers(r"(\d+)% of new pictures", said)[0] > 80
    table = dict(texts(code_cells(run.now)[2]))["text/html"]
    assert ">conv2<" in table and ">32 x 32 x 32<" in table and ">4,640<" in table
    assert len(pictures(run.now)) == 6
    assert sum(numbers(r"conv\d: (\d+) of \d+ channels are dead", said)) > 0
    means = re.findall(r"^(?:circle|square|triangle|star) +([\d.]+)$", said, re.MULTILINE)
    circle, square, triangle, star = map(float, means)
    assert circle < min(square, triangle) and max(square, triangle) < star
    assert "error[layer-not-found]" in said and "did you mean 'conv2'?" in said


@pytest.mark.parametrize("run", ["fine-tuned-resnet50"], indirect=True)
def test_the_inner_layers_of_a_resnet_are_seen(run):
    table = dict(texts(code_cells(run.now)[2]))["text/html"]
    outer, inner = table.split("<details>")
    assert ">resnet50<" in outer and ">conv1_relu<" in inner and ">48 x 48 x 64<" in inner
    assert inner.count(">Conv2D<") == 53
    assert len(pictures(run.now)) == 6
    said = printed(run.now)
    assert "caffe preprocessing, guessed from resnet50" in said and "the answer: poppy" in said
    warned = dict(texts(code_cells(run.now)[4]))["stderr"]
    assert "resnet50/conv1_conv varies" in warned and "caffe" in warned
    assert "9 of 36 positions matter" in said
    assert "live and file agree: True" in said and "Keras agrees: True" in said


@pytest.mark.parametrize("run", ["recorded-transformer"], indirect=True)
def test_attention_is_recorded(run):
    said = printed(run.now)
    assert "kerascope -> epocsarek" in said and "block/attention#1" in said and "1 x 2 x 9 x 9" in said
    assert float(re.search(r"([\d.]+)% of all places", said)[1]) > 95
    before, after, epochs, *_ = pictures(run.now)
    assert len(pictures(run.now)) == 5
    assert len(before.convert("RGB").getcolors(1 << 16)) < len(after.convert("RGB").getcolors(1 << 16)) and epochs.width > 7 * 90


@pytest.mark.parametrize("run", ["watched-training"], indirect=True)
def test_a_training_is_watched(run):
    said = printed(run.now)
    calm, wild = ([int(count) for count in counts.split(", ")] for counts in re.findall(r"of 32: \[(.*)\]", said))
    assert len(calm) == len(wild) == 9 and calm[0] == wild[0] == 0 and wild[-1] > calm[-1] and wild[-1] >= 4
    assert min(numbers(r"(\d+)% of new digits", said)) > 70
    shown = pictures(run.now)
    assert [picture.format for picture in shown] == ["PNG", "GIF", "PNG", "PNG", "PNG"] and shown[1].n_frames == 9
    assert numbers(r"moved ([\d,]+) times as far", said)[0] > 20
    difference = dict(texts(code_cells(run.now)[-1]))["text/html"]
    assert re.search(r"conv1 .*parts first", difference) and "<img" in difference
