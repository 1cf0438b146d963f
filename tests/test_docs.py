"""The C++ of docs/library.md, compiled as it stands and run in order; docs/layers.md against real Keras's layers."""

import os
import pathlib
import re
import subprocess
import sys

from compiled import run_cpp

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = "#include <algorithm>\n#include <cstdint>\n#include <iostream>\n#include <stop_token>\n"


def test_the_library_page_compiles_and_runs(tmp_path):
    page = (ROOT / "docs/library.md").read_text()
    begin, *blocks = re.findall(r"```cpp\n(.*?)```", page, re.DOTALL)
    assert "#include" in begin and len(blocks) >= 6
    body = "\n".join(f"  {{\n{block}  }}" for block in blocks)
    said = run_cpp(tmp_path, f"{HEADERS}{begin}int main() {{\n{body}\n}}\n")
    for part in ("conv1out (1, 64, 64, 64)\n", "half way", "pixels reaches 255\n", "block   Keras 3", "error[weights-mismatch]"):
        assert part in said
    assert all((tmp_path / file).stat().st_size > 100 for file in ("conv2.png", "some.npz", "maps.png", "start.keras"))


def test_the_list_of_layers_is_true(kerascope):
    """Each class of keras.layers, of Keras 3 and Keras 2, stands where the program says; so does the README's sentence."""
    program = pathlib.Path(os.environ["KERASCOPE_BUILD"]) / "kerascope"
    done = subprocess.run([sys.executable, ROOT / "tools/list_layers.py", program, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
