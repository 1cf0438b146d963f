"""images.py OUT_DIR: pictures and arrays with what Pillow, keras.utils.load_img, Keras's preprocessing and NumPy make of
them. manifest.json lists the cases; "offset" is the place of a case's answer in expected.bin."""

import hashlib
import importlib.metadata
import itertools
import json
import os
import pathlib
import shutil
import sys
import warnings

import numpy as np

import arrays
import pictures

MODES = {1: "grayscale", 3: "rgb", 4: "rgba"}
FILTERS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
RESIZED = ["101x67-420.jpg", "64x48-RGBA.png", "17x33-LA.png", "9x8-L.png", "1x1-RGB.png", "37x22-steps.png",
           "37x22-deep.png"]  # fmt: skip
TARGETS = [(1, 1), (2, 7), (9, 8), (13, 9), (32, 32), (50, 75), (64, 48), (100, 101), (101, 33), (37, 66), (131, 97)]


class Expected:
    """Collects the answers; gives the place of each."""

    def __init__(self):
        self.parts, self.size = [], 0

    def __call__(self, array):
        self.parts.append(np.ascontiguousarray(array).tobytes())
        self.size += len(self.parts[-1])
        return self.size - len(self.parts[-1])


def described(pixels, expected):
    """load_img keeps grey pictures of 16 bits as they are."""
    return {"width": pixels.width, "height": pixels.height, "bits": 16 if pixels.mode == "I;16" else 8,
            "offset": expected(np.asarray(pixels))}  # fmt: skip


def decoded_cases(folder, names, expected):
    import keras

    for name in names:
        for channels, mode in MODES.items():
            picture = keras.utils.load_img(folder / name, mode)
            yield {"file": name, "channels": channels, **described(picture, expected)}


def resized_cases(folder, expected):
    import keras
    from PIL import Image

    random = np.random.default_rng(5)
    Image.fromarray(pictures.scene(37, 22, 3)).save(folder / "37x22-steps.png")
    Image.fromarray(pictures.scene(509, 1, 1)[..., 0]).save(folder / "line.png")
    targets = [(name, *target) for name in RESIZED for target in TARGETS]
    # Where the steps of nearest add up, rounding shows on long lines.
    targets += [("line.png", int(width), 1) for width in random.integers(1, 2000, 150)]
    # Any size to any other: Pillow resizes now the rows first, now the columns.
    for number in range(25):
        name = f"random{number}.png"
        if number % 5 == 0:
            height, width = map(int, random.integers(1, 90, 2))
            deep = random.integers(0, 1 << 16, (height, width, 1))
            (folder / name).write_bytes(pictures.png(deep, 16, 0))
        else:
            Image.fromarray(pictures.scene(*random.integers(1, 90, 2), 3)).save(folder / name)
        targets += [(name, *map(int, random.integers(1, 90, 2))) for _ in range(6)]
    for (name, width, height), keep in itertools.product(targets, (False, True)):
        for channels, mode in MODES.items() if name in RESIZED else [(1, MODES[1])]:
            for filter_name in FILTERS:
                picture = keras.utils.load_img(folder / name, mode, (height, width), filter_name, keep)
                yield {"file": name, "channels": channels, "filter": filter_name, "keep": keep,
                       **described(picture, expected)}  # fmt: skip


def preprocessed_cases(expected):
    from keras.applications.imagenet_utils import preprocess_input

    random = np.random.default_rng(9)
    for shape, first in [((4, 5, 3), False), ((2, 4, 5, 3), False), ((3, 4, 5), True), ((2, 3, 4, 5), True)]:
        pixels = random.integers(0, 256, shape).astype("float32")
        pixels[..., 0] += np.float32(0.3)  # an array need not hold whole numbers
        for mode in ("tf", "caffe", "torch"):
            answer = preprocess_input(pixels.copy(), "channels_first" if first else "channels_last", mode)
            yield {"mode": mode, "shape": shape, "channels_first": first, "input": expected(pixels),
                   "offset": expected(answer)}  # fmt: skip


def make(out):
    expected = Expected()
    names = pictures.write_pictures(out / "pictures")
    manifest = {
        "decoded": list(decoded_cases(out / "pictures", names, expected)),
        "resized": list(resized_cases(out / "pictures", expected)),
        "refused_pictures": pictures.write_refused(out / "refused_pictures"),
        "preprocessed": list(preprocessed_cases(expected)),
        "arrays": arrays.write_arrays(out / "arrays", expected),
        "refused_arrays": arrays.write_refused(out / "refused_arrays"),
    }
    (out / "expected.bin").write_bytes(b"".join(expected.parts))
    (out / "manifest.json").write_text(json.dumps(manifest))


def main():
    out = pathlib.Path(sys.argv[1])
    here = pathlib.Path(__file__).parent
    key = hashlib.sha256()
    for name in ("images.py", "pictures.py", "arrays.py"):
        key.update((here / name).read_bytes())
    for package in ("keras", "numpy", "pillow"):
        key.update(importlib.metadata.version(package).encode())
    made = out / "key"
    if made.exists() and made.read_text() == key.hexdigest():
        return
    warnings.filterwarnings("ignore", message="Palette images with Transparency")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    make(out)
    made.write_text(key.hexdigest())


if __name__ == "__main__":
    main()
