"""Runs the notebooks of docs/notebooks, each in an empty folder, and stores what they show; tests/test_notebooks.py compares.

    build/venv/bin/python tools/run_notebooks.py [NAME...]      NAME: first-look; without names, all of them
"""

import os
import pathlib
import re
import sys
import tempfile
import time

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "docs/notebooks"
# TensorFlow's own log, and the place of a warning's cell, which has another name in each run.
NOISE = re.compile(r"^(WARNING: All log messages before|[IWE]\d{4} ).*\n|^/\S*ipykernel_\d+/\d+\.py:\d+: ", re.MULTILINE)


def executed(path, folder):
    """The notebook with the outputs of a run in `folder`; a cell that fails is an error."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata.tags} if "tags" in cell.metadata else {}
    with tempfile.TemporaryDirectory() as home:  # short: the path of a socket has at most 107 bytes
        config = Config({"KernelManager": {"transport": "ipc", "ip": f"{home}/kernel"}})
        client = NotebookClient(notebook, kernel_name="python3", timeout=300, record_timing=False, coalesce_streams=True,
                                resources={"metadata": {"path": str(folder)}}, config=config)
        client.execute(env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "IPYTHONDIR": home})
    return cleaned(notebook)


def cleaned(notebook):
    """Without what differs from machine to machine."""
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "stream":
                output.text = NOISE.sub("", output.text)
            elif "image/png" in output.get("data", {}):
                output.data.pop("image/jpeg", None)  # Pillow gives both
        cell.outputs = [output for output in cell.outputs if output.get("text", "something")]
    return notebook


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def main():
    names = sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    for name in names:
        path = FOLDER / f"{name}.ipynb"
        begin = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(path, folder)
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
        print(f"{name}: {time.monotonic() - begin:.0f} s, {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    main()
