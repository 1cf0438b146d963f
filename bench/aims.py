"""What is to be reached, and whether it is."""

import statistics

from figures import RATIOS, TITLES, max_threads, median_of, ratio, settings, short, table

# All layers over the best peer's answer alone; all layers over ONNX Runtime's.
AIM_OVER_ANSWER = {"mobilenetv2": 1.25}
AIM_OVER_ALL = {"mobilenetv2": 0.5, "efficientnetb0": 0.5, "resnet50": 0.6, "inceptionv3": 0.6, "vgg16": 0.75}


def aims(results):
    """[(what, the limit, {where: measured})]."""
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
    single = settings(results).get((1, max_threads(results)), [])
    single = [race for race in single if "Kerascope, all" in race["contenders"]]
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
        aim("ResNet50's .npz over run and bytes at disk speed", 1.5, {"": archive_ratio(results, "disk")})
        aim("ResNet50's .npz over run and bytes to the page cache", 1.5, {"": archive_ratio(results, "bytes")})
    if "grid" in programs:
        aim("grid of 512 channels as PNG, ms", 10, {"": statistics.median(programs["grid"]["Kerascope"])})
    return found


def archive_ratio(results, plainly):
    """From process start to the file, over the run itself and the same bytes written plainly: to "disk", or "bytes"."""
    archive = results["programs"]["archive"]
    if plainly not in archive:
        return None
    for race in settings(results).get((1, max_threads(results)), []):
        if race["model"] == "resnet50" and "Kerascope, all" in race["contenders"]:
            least = median_of(race, "Kerascope, all") + statistics.median(archive[plainly])
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
