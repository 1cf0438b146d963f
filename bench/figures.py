"""Numbers from results.json: medians, quartiles, ratios, and how they are written."""

import operator
import random
import statistics

ANSWER = ("ONNX Runtime, answer", "OpenVINO, answer", "TensorFlow, answer", "TensorFlow XLA, answer")
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


def counted_threads(count):
    return f"{count} thread{'s' * (count > 1)}"


def setting(race):
    return f"batch {race['batch']}, {counted_threads(race['threads'])}"


def settings(results):
    """{(batch, threads): its races}."""
    by = {}
    for race in results["races"]:
        by.setdefault((race["batch"], race["threads"]), []).append(race)
    return by


def max_threads(results):
    return max(race["threads"] for race in results["races"])
