"""Tables from what run.py measured.  Usage: report.py RESULTS.json"""

import json
import sys

import aims
from figures import (
    RATIOS,
    TITLES,
    max_threads,
    median_of,
    quartiles,
    ratio_text,
    setting,
    settings,
    short,
    spread,
    table,
)


def race_table(races):
    head = ["milliseconds", *(TITLES[race["model"]] for race in races)]
    keys = list(dict.fromkeys(key for race in races for key in race["contenders"]))
    rows = []
    for key in sorted(keys, key=lambda key: key.endswith("answer")):
        cells = [race["contenders"].get(key) for race in races]
        rows.append([key, *(spread(cell["milliseconds"]) if cell else "-" for cell in cells)])
    for what in ("all", "answer"):
        bounds = [(race.get("bound_ms") or {}).get(what) for race in races]
        if any(bounds):
            rows.append([f"the machine's bound, {what}", *(short(bound) if bound else "-" for bound in bounds)])
    for name, of in RATIOS.items():
        rows.append([name, *(ratio_text(of(race)) for race in races)])
    return table(head, rows)


def memory_table(races):
    head = ["peak MB of the process", *(TITLES[race["model"]] for race in races)]
    keys = dict.fromkeys(key for race in races for key in race["contenders"])
    size = lambda race, key: f"{race['contenders'][key]['peak_bytes'] / 1e6:,.0f}" if key in race["contenders"] else "-"
    return table(head, [[key, *(size(race, key) for race in races)] for key in keys])


def load_table(races):
    head = ["milliseconds under load (times the quiet ones)", *(TITLES[race["model"]] for race in races)]

    def cell(race, key):
        if key not in race["contenders"]:
            return "-"
        loaded = median_of(race, key, "milliseconds_under_load")
        return f"{short(loaded)} ({loaded / median_of(race, key):.1f}x)"

    keys = dict.fromkeys(key for race in races for key in race["contenders"])
    return table(head, [[key, *(cell(race, key) for race in races)] for key in keys])


def program_table(results):
    programs, rows = results["programs"], []
    if "early_picture" in programs:
        rows.append(["process start to the picture of VGG16's block1_conv1", spread(programs["early_picture"])])
    if "archive" in programs:
        archive = programs["archive"]
        rows.append(["process start to ResNet50's layers in an .npz", spread(archive["capture"])])
        rows.append([f"its {archive['size'] / 1e6:.0f} MB written plainly", spread(archive["bytes"])])
    if "grid" in programs:
        rows.append(["grid of 512 channels 28x28 to a PNG file", spread(programs["grid"]["Kerascope"])])
        rows.append(["the same by matplotlib", spread(programs["grid"]["matplotlib"])])
    return table(["program", "milliseconds"], rows)


def kernel_table(results):
    """Each operation alone; the roof's share may be above 100 % where a cache holds what is read."""
    rows = []
    for kernel in results["kernels"]:
        name, _, batch = kernel["name"].rpartition(", batch ")
        name = f"{name}, batch {batch.removesuffix('/real_time')}"
        rates = (kernel["FLOP/s"] / 1e9, kernel["B/s"] / 1e9, 100 * kernel["roof"])
        rows.append([name, short(kernel["real_time"] / 1e3), *(short(rate) for rate in rates)])
    return table(["operation", "ms", "GFLOP/s", "GB/s", "% of the roof"], rows)


def tables(results):
    """{name: Markdown}, as docs/performance.md has places for them."""
    races = [f"{setting(races[0])}:\n\n{race_table(races)}" for races in settings(results).values()]
    parts = {"facts": facts_text(results), "races": "\n\n".join(races)}
    if single := settings(results).get((1, max_threads(results))):
        parts |= {"memory": memory_table(single), "load": load_table(single)}
    return parts | {
        "programs": program_table(results),
        "kernels": kernel_table(results),
        "aims": aims.aim_table(results),
    }


def facts_text(results):
    versions = dict(results["versions"])
    ours = versions.pop("kerascope")
    lines = [f"{ours}, commit {results['commit']}, {results['date']}, {results['rounds']} rounds"]
    lines.append(", ".join(f"{name} {version}" for name, version in versions.items()))
    lines.append(f"on {results['machine']}")
    if results["load"] > 0.5:
        lines.append(f"other work kept this machine busy (load {results['load']}): only the ratios say something")
    return ";\n".join(lines) + "."


def summary(results):
    """What is worth keeping for years: quartiles instead of each turn."""
    races = []
    for race in results["races"]:
        known = {}
        for key, contender in race["contenders"].items():
            known[key] = {"peak_bytes": contender["peak_bytes"]}
            for times in ("milliseconds", "milliseconds_under_load"):
                if times in contender:
                    known[key][times] = [round(number, 3) for number in quartiles(contender[times])]
        races.append(race | {"contenders": known})
    kept = ("name", "real_time", "FLOP/s", "B/s", "roof")
    kernels = [{key: kernel[key] for key in kept} for kernel in results["kernels"]]
    return results | {"races": races, "kernels": kernels}


def race_line(race):
    """One line, as soon as the race is over."""
    texts = [f"{name} {ratio_text(of(race))}" for name, of in RATIOS.items()]
    return f"{race['model']:15} {setting(race):19} {'; '.join(texts)}"


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print("\n\n".join(tables(json.load(file)).values()))
