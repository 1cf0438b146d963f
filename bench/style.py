"""How the bench's pictures look."""

import matplotlib

matplotlib.use("Agg")
INK, QUIET, GRID = "#222222", "#777777", "#e6e6e6"
OURS, PEER, EVERYTHING = "#0b6e8f", "#b9bec4", "#dfe2e5"
matplotlib.rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "text.color": INK,
        "axes.edgecolor": QUIET,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": QUIET,
        "ytick.color": INK,
        "axes.grid": False,
        "figure.dpi": 150,
        "savefig.facecolor": "white",
    }
)
