"""What all contenders are given: build/bench/models/NAME/ with model.keras, model.onnx, an input, and Keras's answers.

Usage: prepare.py NAME...; `digits` is the model that is built into Kerascope.
"""

import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/oracle"))

import models  # noqa: E402
import numpy as np  # noqa: E402
import onnx_file  # noqa: E402
from real_keras import keras  # noqa: E402

NETWORKS = ROOT / "build/oracle/networks"


def link(place, target):
    place.unlink(missing_ok=True)
    place.symlink_to(target.resolve())


def prepare(name, folder):
    folder.mkdir(parents=True)
    if name == "digits":
        link(folder / "model.keras", ROOT / "src/cli/demo/digits.keras")
        pixels = keras.utils.img_to_array(keras.utils.load_img(ROOT / "src/cli/demo/digit.png", color_mode="grayscale"))
        picture = pixels[np.newaxis]
    else:
        source = NETWORKS / json.loads((NETWORKS / "manifest.json").read_text())[name]
        for file in ("model.keras", "model.h5", "expected.npz"):
            link(folder / file, source / file)
        picture = np.load(source / "input.npy")
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    if name == "digits":
        np.savez(folder / "expected.npz", **models.all_outputs(keras, model, [picture]))
    np.save(folder / "input-1.npy", picture)
    onnx_file.write(model, folder / "model.onnx")


for name in sys.argv[1:]:
    folder = ROOT / "build/bench/models" / name
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        prepare(name, unfinished)
        unfinished.rename(folder)
