"""How time grows with the batch, the picture's side, the layers and the threads: `./dev bench growth`.

Writes build/bench/growth.json and growth.png; --publish renews those of docs/ as well.
"""

import json
import pathlib
import statistics
import subprocess
import sys

import arguments
import contenders
import document
import figures
import style
from arguments import THREADS
from contenders import CONTENDERS, ROOT
from matplotlib import pyplot, ticker

KEYS = ("Kerascope, all", "Kerascope, answer", "ONNX Runtime, answer")
BATCHES, SIDES, LAYERS = (1, 2, 4, 8, 16, 32, 64), (64, 128, 224, 384, 512, 768, 1024), (10, 30, 100, 300, 1000)
OUT = ROOT / "build/bench"

# What grows: [(title, what a time is divided by, its unit, {x: (model, batch)})].
NETWORKS = {"resnet50": "ResNet50", "mobilenetv2": "MobileNetV2"}


def sweeps(quick, only):
    thin = (lambda values: values[::3]) if quick else (lambda values: values)
    found = []
    for network, title in NETWORKS.items():
        batches = {batch: (network, batch) for batch in thin(BATCHES)}
        sides = {side: (f"{network}-{side}", 1) for side in thin(SIDES)}
        found.append((f"{title}, batch", "ms an image", 1, batches))
        found.append((f"{title}, side of the picture", "ns a pixel", 2, sides))
    found.append(("layers in a row", "µs a layer", 1, {count: (f"chain-{count}", 1) for count in thin(LAYERS)}))
    return [sweep for sweep in found if only.lower() in sweep[0].lower()]


SCALES = {"ms an image": 1, "ns a pixel": 1e6, "µs a layer": 1e3}


def measure(options):
    prepare = pathlib.Path(__file__).with_name("prepare.py")
    growth = []
    for title, unit, power, points in sweeps(options.quick, options.only):
        subprocess.run([sys.executable, prepare, *dict.fromkeys(model for model, _ in points.values())], check=True)
        times = {}
        for x, (model, batch) in points.items():
            for threads in sorted({1, THREADS}):
                chosen = [contender for contender in CONTENDERS if contender.key in KEYS]
                race = contenders.race(chosen, model, batch, threads, options.rounds)
                for key in KEYS:
                    per = statistics.median(race["contenders"][key]["milliseconds"]) * SCALES[unit] / x**power
                    times.setdefault(f"{key}, {threads}", {})[x] = per
            print(title, x, {key: float(f"{taken[x]:.4g}") for key, taken in times.items()}, flush=True)
        growth.append({"title": title, "unit": unit, "times": times})
    return growth


def table(sweep):
    """Rows are contenders, columns what grows."""
    xs = list(next(iter(sweep["times"].values())))
    rows = []
    for name, times in sweep["times"].items():
        key, _, threads = name.rpartition(", ")
        name = f"{key}, {figures.counted_threads(int(threads))}"
        rows.append([name, *(figures.short(time) for time in times.values())])
    return f"{sweep['title']}, {sweep['unit']}:\n\n" + figures.table(["", *xs], rows)


LOOKS = {
    "Kerascope, all": {"color": style.OURS, "lw": 2},
    "Kerascope, answer": {"color": style.OURS, "lw": 1, "ls": (0, (4, 2))},
    "ONNX Runtime, answer": {"color": "#9aa0a6", "lw": 1.4},
}


def draw_sweep(axes, sweep):
    for name, times in sweep["times"].items():
        key, _, threads = name.rpartition(", ")
        alone = threads == "1"
        marker = {"marker": "o", "ms": 4, "mfc": "white" if alone else LOOKS[key]["color"]}
        label = f"{key}, {figures.counted_threads(int(threads))}"
        axes.plot([int(x) for x in times], list(times.values()), **LOOKS[key], **marker, label=label)
    axes.set(xscale="log", title=sweep["title"], ylabel=sweep["unit"])
    axes.title.set(fontsize=10, weight="bold")
    axes.set_xticks([int(x) for x in next(iter(sweep["times"].values()))])
    axes.xaxis.set_major_formatter(ticker.FormatStrFormatter("%d"))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=style.GRID)
    axes.set_axisbelow(True)


def draw(growth, path):
    """Networks in rows of two, what is no network to their right, the legend in what is left."""
    figure, panels = pyplot.subplots(2, 3, figsize=(12.6, 6.2), layout="constrained")
    places = {"ResNet50, batch": 0, "ResNet50, side": 1, "MobileNetV2, batch": 3, "MobileNetV2, side": 4, "layers": 2}
    for axes in panels.flat:
        axes.axis("off")
    for sweep in growth:
        [place] = [place for title, place in places.items() if sweep["title"].startswith(title)]
        axes = panels.flat[place]
        axes.axis("on")
        draw_sweep(axes, sweep)
    panels.flat[5].legend(*axes.get_legend_handles_labels(), loc="center", frameon=False, fontsize=10)
    figure.savefig(path)
    pyplot.close(figure)
    print(f"wrote     {path}")


def main():
    options = arguments.of_growth()
    growth = measure(options)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "growth.json").write_text(json.dumps(growth, indent=1))
    tables = "\n\n".join(table(sweep) for sweep in growth)
    print("\n" + tables + "\n")
    draw(growth, OUT / "growth.png")
    if options.publish:
        draw(growth, ROOT / "docs/performance-growth.png")
        document.fill({"growth": tables})


if __name__ == "__main__":
    main()
