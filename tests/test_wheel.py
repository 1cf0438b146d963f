"""The wheel as others get it: in an environment that has nothing but NumPy; its types; the code of docs/python.md."""

import os
import pathlib
import platform
import re
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parent.parent
DEMO = ROOT / "src/cli/demo"


@pytest.fixture(scope="module", params=["cp311-cp311", "cp312-abi3"])
def wheel(request):
    """For Python 3.11, and for all later ones: `./dev wheel` makes both where it finds both Pythons."""
    found = list((ROOT / "build/wheels").glob(f"*-{request.param}-*{platform.machine()}.whl"))
    if not found:
        pytest.skip(f"no wheel for {request.param}: no such Python with its headers was found")
    return found[0]


@pytest.fixture(scope="module")
def empty(wheel, tmp_path_factory):
    """The Python of an environment with the wheel, and with what it asks for."""
    folder = tmp_path_factory.mktemp("empty")
    is_for_the_tests = ("abi3" in wheel.name) == (sys.version_info >= (3, 12))
    python = sys.executable if is_for_the_tests else ROOT / "build/wheel-venv/bin/python"
    subprocess.run([python, "-m", "venv", folder], check=True)
    python = folder / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel], check=True, timeout=300)
    return python


def test_the_wheel_is_small_and_for_many_systems(wheel):
    assert wheel.stat().st_size < 12e6
    assert re.search(r"manylinux_2_(\d+)_", wheel.name) and int(re.search(r"manylinux_2_(\d+)_", wheel.name)[1]) <= 35, wheel.name
    with zipfile.ZipFile(wheel) as members:
        names = {name.removeprefix("kerascope/") for name in members.namelist() if name.startswith("kerascope/")}
        assert {"kerascope", "kerascope-h5", "py.typed", "_core.pyi", "__init__.py"} <= names
        requires = [line for line in members.read(next(n for n in members.namelist() if n.endswith("METADATA"))).decode().splitlines()
                    if line.startswith("Requires-Dist")]
    assert [line.split(":")[1].split(">")[0].strip() for line in requires] == ["numpy"]


def test_it_needs_nothing_else(empty, tmp_path):
    listed = subprocess.check_output([empty, "-m", "pip", "list", "--format=freeze"], text=True)
    assert {line.split("==")[0] for line in listed.split()} <= {"kerascope", "numpy", "pip", "setuptools"}
    code = f"""
import kerascope as ks
model = ks.load({str(DEMO / 'digits.keras')!r})
seen = model.run({str(DEMO / 'digit.png')!r})
seen.grid("conv1").save("conv1.png"), seen.overview().save("overview.png"), ks.save(seen, "seen.npz")
print(seen.predictions()[0][0], len(seen), repr(seen.grid("conv1")))
"""
    said = subprocess.run([empty, "-c", code], capture_output=True, text=True, cwd=tmp_path, env={"PATH": os.environ["PATH"]})
    assert said.returncode == 0 and said.stdout.startswith("3 12 <picture"), said.stdout + said.stderr
    program = empty.with_name("kerascope")
    said = subprocess.check_output([program, "layers", DEMO / "digits.keras"], text=True)
    assert "conv1out" in said
    kept = subprocess.run([program, "show", DEMO / "digits.keras", DEMO / "digit.png", "--layer", "conv1", "-o", "program.png"], cwd=tmp_path)
    assert kept.returncode == 0 and (tmp_path / "program.png").read_bytes() == (tmp_path / "conv1.png").read_bytes()


USER = """
import numpy as np
import kerascope as ks

model = ks.load("x.keras")
seen = model.run(np.zeros((1, 2)), taps="conv*")
maps: np.ndarray = seen["conv1"]
picture: ks.Picture = seen.grid("conv1", scale="layer")
f = ks.function(model.inputs, model.layer("conv1").output)
try:
    model.run("a.png")
except ks.Error as error:
    print(error.code, error.hint)
for one in model.stream("a.png"):
    print(one.address, one.array.mean())
with ks.record(object()) as recorded:
    pass
print(ks.diff(model, ks.from_keras(object()), "a.png").first, recorded.statistics("x").minimum)
"""


def test_types_are_complete(tmp_path):
    (tmp_path / "user.py").write_text(USER)
    check = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache"]
    done = subprocess.run([*check, tmp_path / "user.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    (tmp_path / "wrong.py").write_text(USER.replace("maps: np.ndarray", "maps: str"))
    done = subprocess.run([*check, tmp_path / "wrong.py"], capture_output=True, text=True)
    assert done.returncode == 1 and "Incompatible types" in done.stdout
    installed = pathlib.Path(__import__("kerascope").__file__).parent
    done = subprocess.run([*check, "--disable-error-code", "type-arg", "-p", "kerascope"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, f"{installed}: {done.stdout}"


def test_the_python_page_runs(tmp_path):
    """The Python of the README and of docs/python.md, in order, on the built-in model."""
    import keras
    import numpy as np

    for name in ("digits.keras", "digit.png"):
        (tmp_path / name).write_bytes((DEMO / name).read_bytes())
    pages = (ROOT / "README.md").read_text() + (ROOT / "docs/python.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", pages, re.S)
    assert len(blocks) >= 5

    class Block(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="block_1")
            self.attention = keras.layers.Dense(2, name="attention")

        def call(self, x):
            return self.attention(x)

    class Encoder(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="encoder")
            self.block = Block()

        def call(self, x):
            return self.block(x)

    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.encoder = Encoder()

        def call(self, x):
            return self.encoder(x)

    here, names = os.getcwd(), {"__name__": "page", "keras": keras}
    os.chdir(tmp_path)
    try:
        for block in blocks:
            if "ks.from_keras(model)  " in block:
                names |= {"model": keras.saving.load_model("digits.keras"), "x": np.zeros((2, 64, 64, 1), "f4")}
            if "ks.record" in block:
                names |= {"model": Own(), "x": np.zeros((2, 3), "f4")}
            if "ks.Watch" in block:
                model = keras.saving.load_model("digits.keras")
                model.compile("sgd", "sparse_categorical_crossentropy")
                names |= {"model": model, "x": np.zeros((2, 64, 64, 1), "f4"), "y": np.zeros(2)}
                block = block.replace("epochs=20", "epochs=2, verbose=0")
            exec(compile(block, "docs/python.md", "exec"), names)
    finally:
        os.chdir(here)
    assert (tmp_path / "overview.png").exists() and (tmp_path / "overview.html").read_text().startswith("<!")
    watched = tmp_path / "watch"
    assert sorted(path.name for path in (watched / "conv1").iterdir()) == ["epoch-0000.png", "epoch-0001.png", "epoch-0002.png"]
    assert {"conv1.gif", "statistics.json", "curves.png"} <= {path.name for path in watched.iterdir()}
