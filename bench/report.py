"""Tables and aims from what run.py measured.  Usage: report.py RESULTS.json"""

import json
import operator
import random
import statistics
import sys

ANSWER = ("ONNX Runtime, answer", "OpenVINO, answer", "TensorFlow, answer", "TensorFlow XLA, answer")
# All layers over the best peer's answer alone; all layers over ONNX Runtime's.
AIM_OVER_ANSWER = {"mobilenetv2": 1.25}
AIM_OVER_ALL = {"mobilenetv2": 0.5, "efficientnetb0": 0.5, "resnet50": 0.6, "inceptionv3": 0.6, "vgg16": 0.75}
TITLES = {
    "vgg16": "VGG16",
    "resnet50": "ResNet50",
    "mobilenetv2": "MobileNetV2",
    "inceptionv3": "InceptionV3",
    "efficientnetb0": "EfficientNetB0",
    "digits": "built-in digits",
}


def median_of(race, key, times="milliseconds"):
    contender = race["contenders"].get(key)
    return statistics.median(contender[times]) if contender else None


def quartiles(times):
    return statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3


def short(number):
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def spread(times):
    low, middle, high = quartiles(times)
    return f"{short(middle)} ({short(low)} to {short(high)})"


def best_answer(race):
    """The fastest peer's key, of those that only answer."""
    there = [key for key in ANSWER if key in race["contenders"]]
    return min(there, key=lambda key: median_of(race, key), default=None)


def ratio(race, key, over):
    """Of medians, with the quartiles of what it is where rounds are drawn anew; None where one of them is missing."""
    if over is None or key not in race["contenders"] or over not in race["contenders"]:
        return None
    rounds = list(zip(race["contenders"][key]["milliseconds"], race["contenders"][over]["milliseconds"]))

    def of(chosen):
        return operator.truediv(*(statistics.median(times) for times in zip(*chosen)))

    drawn = random.Random(1)
    low, _, high = quartiles([of(drawn.choices(rounds, k=len(rounds))) for _ in range(200)])
    return of(rounds), low, high


RATIOS = {
    "all layers / best peer's answer": lambda race: ratio(race, "Kerascope, all", best_answer(race)),
    "all layers / ONNX Runtime's": lambda race: ratio(race, "Kerascope, all", "ONNX Runtime, all"),
    "answer / best peer's answer": lambda race: ratio(race, "Kerascope, answer", best_answer(race)),
}


def ratio_text(numbers):
    return "-" if numbers is None else "{:.2f} ({:.2f} to {:.2f})".format(*numbers)


def table(head, rows):
    """Markdown that is aligned as plain text too."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = [[str(cell).ljust(width) for cell, width in zip(row, widths)] for row in [head, *rows]]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def setting(race):
    return f"batch {race['batch']}, {race['threads']} thread{'s' * (race['threads'] > 1)}"


def settings(results):
    """{(batch, threads): its races}."""
    by = {}
    for race in results["races"]:
        by.setdefault((race["batch"], race["threads"]), []).append(race)
    return by


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


def aims(results):
    """[(what, the aim, [(where, measured, whether met)])]."""
    found = []

    def aim(what, limit, measured):
        """measured: {where: number}; those that are None were not measured."""
        measured = {where: number for where, number in measured.items() if number is not None}
        if measured:
            found.append((what, limit, measured))

    networks = [race for race in results["races"] if race["model"] != "digits"]
    where = lambda race: f"{TITLES[race['model']]} b{race['batch']} t{race['threads']}"
    first = lambda numbers: None if numbers is None else numbers[0]
    over_answer, over_all, answer = RATIOS.values()
    for limit in (1.0, 1.25):
        chosen = [race for race in networks if AIM_OVER_ANSWER.get(race["model"], 1.0) == limit]
        aim("all layers over the best peer's answer", limit, {where(race): first(over_answer(race)) for race in chosen})
    for limit in (0.5, 0.6, 0.75):
        chosen = [race for race in networks if AIM_OVER_ALL[race["model"]] == limit]
        aim("all layers over ONNX Runtime's", limit, {where(race): first(over_all(race)) for race in chosen})
    aim("answer over the best peer's", 1.0, {where(race): first(answer(race)) for race in networks})
    single = [race for race in results["races"] if race["batch"] == 1 and race["threads"] == max_threads(results)]
    peak = lambda race, key: race["contenders"].get(key, {}).get("peak_bytes")
    for other, limit in (("ONNX Runtime, all", 1.0), ("Keras predict, all", 0.5)):
        over = {
            where(race): peak(race, "Kerascope, all") / peak(race, other) for race in single if peak(race, other)
        }
        aim(f"peak memory over {other.removesuffix(', all')}'s, all layers", limit, over)
    small = [race for race in results["races"] if race["model"] == "digits"]
    for what in ("all", "answer"):
        over = {where(race): first(ratio(race, f"Kerascope, {what}", f"ONNX Runtime, {what}")) for race in small}
        aim(f"built-in model over ONNX Runtime, {what}", 1.0, over)
    loaded = {
        where(race): median_of(race, "Kerascope, all", "milliseconds_under_load") / median_of(race, "Kerascope, all")
        for race in single
    }
    aim("all layers under load over quiet", 3.0, loaded)
    programs = results.get("programs", {})
    if "early_picture" in programs:
        aim("process start to VGG16's block1_conv1, ms", 50, {"": statistics.median(programs["early_picture"])})
    if "archive" in programs:
        aim("ResNet50's .npz over run and bytes", 1.5, {"": archive_ratio(results)})
    if "grid" in programs:
        aim("grid of 512 channels as PNG, ms", 10, {"": statistics.median(programs["grid"]["Kerascope"])})
    return found


def max_threads(results):
    return max(race["threads"] for race in results["races"])


def archive_ratio(results):
    """From process start to the file, over the run itself and the bytes at the speed of plain writing."""
    archive = results["programs"]["archive"]
    for race in results["races"]:
        if (race["model"], race["batch"], race["threads"]) == ("resnet50", 1, max_threads(results)):
            least = median_of(race, "Kerascope, all") + statistics.median(archive["bytes"])
            return statistics.median(archive["capture"]) / least
    return None


def aim_table(results):
    rows = []
    for what, limit, measured in aims(results):
        worst = max(measured, key=measured.get)
        met = sum(number <= limit for number in measured.values())
        rows.append([
            what,
            f"at most {limit:g}",
            f"{short(measured[worst])} {worst}".strip(),
            "yes" if met == len(measured) else f"no: {met} of {len(measured)}" if len(measured) > 1 else "no",
        ])
    return table(["aim", "limit", "worst", "met"], rows)


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
        "aims": aim_table(results),
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
    return results | {"races": races}


def race_line(race):
    """One line, as soon as the race is over."""
    texts = [f"{name} {ratio_text(of(race))}" for name, of in RATIOS.items()]
    return f"{race['model']:15} {setting(race):19} {'; '.join(texts)}"


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print("\n\n".join(tables(json.load(file)).values()))
