"""The comparison as a picture: each contender's time over the best peer's answer, a panel a model.

Usage: picture.py RESULTS.json OUT.png
"""

import json
import sys

import figures
import style
from matplotlib import pyplot

ROWS = [
    ("all layers", None),
    ("Kerascope", "Kerascope, all"),
    ("ONNX Runtime", "ONNX Runtime, all"),
    ("OpenVINO", "OpenVINO, all"),
    ("Keras predict", "Keras predict, all"),
    ("answer only", None),
    ("Kerascope", "Kerascope, answer"),
    ("ONNX Runtime", "ONNX Runtime, answer"),
    ("OpenVINO", "OpenVINO, answer"),
    ("TensorFlow", "TensorFlow, answer"),
]
WIDEST = 3.2  # longer bars are cut


def draw_bar(axes, y, race, key, unit):
    contender = race["contenders"].get(key)
    if contender is None:
        axes.text(0.06, y, "not measured", va="center", color=style.QUIET, fontsize=7.5)
        return
    low, middle, high = (milliseconds / unit for milliseconds in figures.quartiles(contender["milliseconds"]))
    ours = key.startswith("Kerascope")
    color = style.OURS if ours else style.PEER
    is_cut = middle > WIDEST
    axes.barh(y, min(middle, WIDEST), height=0.68, color=color, zorder=2)
    if is_cut:  # a slanted gap
        axes.plot([WIDEST - 0.24, WIDEST - 0.1], [y + 0.42, y - 0.42], color="white", lw=3, zorder=3)
    else:
        axes.plot([low, high], [y, y], color=style.INK, lw=1, zorder=4, solid_capstyle="butt")
    label = figures.short(middle * unit)
    end = WIDEST if is_cut else max(middle, high)
    weight = "bold" if ours else "normal"
    axes.text(end + 0.08, y, label, va="center", ha="left", fontsize=8, weight=weight, zorder=5)


def draw_panel(axes, race, title):
    unit = figures.median_of(race, figures.best_answer(race))
    for y, (_, key) in enumerate(ROWS):
        if key:
            draw_bar(axes, y, race, key, unit)
    axes.axvline(1, color=style.INK, lw=0.8, ls=(0, (3, 2)), zorder=1)
    axes.set(xlim=(0, WIDEST + 0.8), ylim=(len(ROWS) - 0.4, -0.1), xticks=[], yticks=[])
    axes.spines["bottom"].set_visible(False)
    if title:
        axes.set_title(figures.TITLES[race["model"]], loc="left", fontsize=11, weight="bold", pad=2)


def draw_names(axes, batch):
    def text(x, y, words, **look):
        axes.text(x, y, words, transform=axes.get_yaxis_transform(), va="center", **look)

    for y, (name, key) in enumerate(ROWS):
        if key is None:
            text(-0.06, y, name, ha="right", color=style.QUIET)
        elif name == "Kerascope":
            text(-0.06, y, name, ha="right", color=style.OURS, weight="bold")
        else:
            text(-0.06, y, name, ha="right")
    text(-0.78, (len(ROWS) - 1) / 2, f"batch {batch}", rotation=90, ha="center", color=style.QUIET, fontsize=10)


def draw(results, path):
    threads = figures.max_threads(results)
    rows = [races for (_, count), races in figures.settings(results).items() if count == threads]
    rows = [[race for race in races if race["model"] != "digits" and figures.best_answer(race)] for races in rows]
    rows = [races for races in rows if races]
    if not rows:
        return False
    columns = max(len(races) for races in rows)
    figure, panels = pyplot.subplots(
        len(rows), columns, figsize=(2.1 + 2.1 * columns, 0.7 + 2.35 * len(rows)), squeeze=False
    )
    for number, (axes_row, races) in enumerate(zip(panels, rows)):
        for axes, race in zip(axes_row, races):
            draw_panel(axes, race, title=number == 0)
        draw_names(axes_row[0], races[0]["batch"])
    width, height = figure.get_size_inches()
    caption = f"milliseconds, medians; dashed: the fastest peer's answer; {figures.counted_threads(threads)}, float32"
    figure.text(1 - 0.05 / width, 0.1 / height, caption, ha="right", color=style.QUIET, fontsize=8)
    figure.subplots_adjust(1.75 / width, 0.3 / height, 1 - 0.05 / width, 1 - 0.3 / height, wspace=0.08, hspace=0.08)
    figure.savefig(path)
    pyplot.close(figure)
    return True


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        draw(json.load(file), sys.argv[2])
