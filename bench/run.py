"""Kerascope and its peers on the same models and inputs, interleaved: `./dev bench`.

Prints tables of medians with quartiles and writes build/bench/results.json, which is also kept by commit in
build/bench/history/. --publish renews bench/results/ and the pictures and tables in docs/ as well.
"""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys

import arguments
import bound
import contenders
import document
import figures
import picture
import programs
import report
from arguments import THREADS
from contenders import BUILD, CONTENDERS, ROOT

OUT = ROOT / "build/bench"


def processor():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit():
    git = ["git", "-C", ROOT]
    name = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True).stdout.strip()
    changed = subprocess.run([*git, "status", "--porcelain", "src", "include"], capture_output=True).stdout
    return (name or "unknown") + ("-changed" if changed else "")


def facts():
    packages = ("onnxruntime", "openvino", "tensorflow-cpu", "keras", "matplotlib", "numpy")
    lines = subprocess.check_output([BUILD / "kerascope", "--version"], text=True).splitlines()
    ours = ", ".join(" ".join(line.split()) for line in lines if line.startswith(("kerascope", "kernels")))
    return {
        "date": datetime.datetime.now().isoformat(timespec="minutes"),
        "commit": commit(),
        "machine": f"{processor()}, {figures.counted_threads(THREADS)}",
        "load": round(os.getloadavg()[0], 1),
        "versions": {"kerascope": ours} | {name: importlib.metadata.version(name) for name in packages},
    }


def fit_contenders(options, model):
    """Those that were asked for and whose numbers are Keras's."""
    for contender in CONTENDERS:
        wanted = not contender.kind or not options.contenders
        if not (wanted or any(part.lower() in contender.name.lower() for part in options.contenders)):
            continue
        if problem := contenders.check(contender, model):
            print(f"{model}: {contender.key} is left out, {problem}", flush=True)
        else:
            yield contender


def kernels(quick):
    """Google Benchmark's records of each operation alone; none where it is not installed."""
    program = BUILD / "kerascope-kernels"
    if not program.exists():
        return []
    command = [program, "--benchmark_format=json", f"--benchmark_min_time={0.05 if quick else 0.5}"]
    return json.loads(subprocess.check_output(command, stderr=subprocess.DEVNULL))["benchmarks"]


def measure(options):
    results = facts() | {"rounds": options.rounds, "races": []}
    print(report.facts_text(results) + "\n", flush=True)
    for model in options.models:
        fit = list(fit_contenders(options, model))
        for batch in options.batch:
            for threads in options.threads:
                load_rounds = 5 if batch == 1 and threads == max(options.threads) else 0
                race = contenders.race(fit, model, batch, threads, options.rounds, load_rounds)
                race["bound_ms"] = bound.bound(model, batch, threads)
                results["races"].append(race)
                print(report.race_line(race), flush=True)
    results["programs"] = programs.all_programs(options.models, options.rounds)
    results["kernels"] = kernels(options.quick)
    return results


def write(path, results):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1))
    print(f"wrote     {path}")


def main():
    options = arguments.of_race()
    prepare = pathlib.Path(__file__).with_name("prepare.py")
    subprocess.run([sys.executable, prepare, *options.models], check=True)
    results = measure(options)
    tables = report.tables(results)
    print("\n" + "\n\n".join(text for name, text in tables.items() if name != "facts") + "\n")
    write(OUT / "results.json", results)
    write(OUT / "history" / f"{results['commit']}.json", results)
    if picture.draw(results, OUT / "peers.png"):
        print(f"wrote     {OUT / 'peers.png'}")
    if options.publish:
        write(ROOT / "bench/results" / f"{results['date'][:10]}-{results['commit']}.json", report.summary(results))
        picture.draw(results, ROOT / "docs/performance-peers.png")
        document.fill(tables)


if __name__ == "__main__":
    main()
