"""The C++ of docs/library.md, compiled as it stands and run in order."""

import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = "#include <algorithm>\n#include <cstdint>\n#include <iostream>\n#include <stop_token>\n"


def test_the_library_page_compiles_and_runs(tmp_path):
    page = (ROOT / "docs/library.md").read_text()
    begin, *blocks = re.findall(r"```cpp\n(.*?)```", page, re.DOTALL)
    assert "#include" in begin and len(blocks) >= 6
    body = "\n".join(f"  {{\n{block}  }}" for block in blocks)
    (tmp_path / "page.cc").write_text(f"{HEADERS}{begin}int main() {{\n{body}\n}}\n")
    build = os.environ["KERASCOPE_BUILD"]
    subprocess.run(
        ["c++", "-std=c++20", f"-I{ROOT}/include", "page.cc", "-o", "page", f"-L{build}", "-lkerascope", f"-Wl,-rpath,{build}"],
        cwd=tmp_path,
        check=True,
    )
    for file in ("digits.keras", "digit.png"):
        shutil.copy(ROOT / "src/cli/demo" / file, tmp_path)
    done = subprocess.run(["./page"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "conv1out (1, 64, 64, 64)\n" in done.stdout and "half way" in done.stdout and "pixels reaches 255\n" in done.stdout and "block   Keras 3" in done.stdout
    assert done.stderr.startswith("error[weights-mismatch]")
    assert all((tmp_path / file).stat().st_size > 100 for file in ("conv2.png", "some.npz", "start.keras"))
