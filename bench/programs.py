"""What is timed from process start, or without a network: pictures, archives, peak of the disk."""

import os
import subprocess
import time

import numpy as np
from contenders import BUILD, MODELS, ROOT, Running

SCRATCH = ROOT / "build/bench/scratch"


def milliseconds(run):
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1000


def started(*arguments):
    """Milliseconds of a whole process of Kerascope."""
    command = [str(part) for part in (BUILD / "kerascope", *arguments, "--quiet")]
    return milliseconds(lambda: subprocess.run(command, check=True))


def early_picture(rounds):
    model, picture = MODELS / "vgg16/model.h5", SCRATCH / "block1_conv1.png"
    command = ("show", model, MODELS / "vgg16/input-1.npy", "--layer", "block1_conv1", "-o", picture)
    return [started(*command) for _ in range(rounds + 1)][1:]


def written(size, to_disk):
    """Milliseconds to write as many bytes as an archive has, as plainly as it goes: to the page cache, or to the disk."""
    numbers = np.ones(size, np.uint8)
    path = SCRATCH / "bytes"

    def write():
        with open(path, "wb", buffering=0) as file:
            file.write(numbers)
            if to_disk:
                os.fsync(file.fileno())

    took = milliseconds(write)
    path.unlink()
    return took


def archive(rounds):
    """All layers of ResNet50 as .npz, and its bytes alone, turn by turn. Each writes a new file."""
    path, times = SCRATCH / "resnet50.npz", {"capture": [], "bytes": [], "disk": []}
    for _ in range(rounds + 1):
        path.unlink(missing_ok=True)
        times["capture"].append(
            started("capture", MODELS / "resnet50/model.keras", MODELS / "resnet50/input-1.npy", "-o", path)
        )
        times["bytes"].append(written(path.stat().st_size, to_disk=False))
        times["disk"].append(written(path.stat().st_size, to_disk=True))
        os.sync()
    size = path.stat().st_size
    path.unlink()
    return {name: taken[1:] for name, taken in times.items()} | {"size": size}


def grid_with_matplotlib(array, path):
    from matplotlib import pyplot

    figure, tiles = pyplot.subplots(23, 23, figsize=(10, 10))
    for axes, channel in zip(tiles.flat, range(array.shape[-1])):
        axes.imshow(array[0, :, :, channel], cmap="gray")
    for axes in tiles.flat:
        axes.axis("off")
    figure.savefig(path)
    pyplot.close(figure)


def grid(rounds):
    """512 channels of 28x28 as one picture in a file."""
    array, path = SCRATCH / "maps.npy", SCRATCH / "grid.png"
    np.save(array, np.random.default_rng(1).normal(size=(28, 28, 512)).astype("float32"))
    ours = Running([str(BUILD / "kerascope-bench"), "--grid", str(array), str(path)])
    times = [np.median(ours.turn()) for _ in range(rounds)]
    ours.close()
    maps = np.load(array)[np.newaxis]
    return {"Kerascope": times, "matplotlib": [milliseconds(lambda: grid_with_matplotlib(maps, path))]}


def all_programs(models, rounds):
    SCRATCH.mkdir(parents=True, exist_ok=True)
    results = {"grid": grid(rounds)}
    if "vgg16" in models:
        results["early_picture"] = early_picture(rounds)
    if "resnet50" in models:
        results["archive"] = archive(rounds)
    return results
