"""Puts one fault at a time into the sources and reports those that no test notices.

    tools/mutate.py --list [--file PART]      the faults that it knows, one a line
    tools/mutate.py [--file PART] [--most N]  builds and tests N of them, spread over the files; exit code 1 if one survives

Each fault costs one object, the link of build/release/kerascope-tests and the tests of its row in FILES; faults that
these miss are also put before the row's pytest files. The source is restored whatever happens.
While it runs a fault stands in the tree: commit nothing then.
"""

import argparse
import dataclasses
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/release"

# Sources, the GoogleTest filter and the pytest files that must notice a fault in them.
PLAN = "Plan*:Fusion.*:*/Plan*:Run.*:Function.*:Phase.*:Threads.*:Keras/LayerRow.OutputEqualsKeras/*"
FILES = [
    ("src/layers/bind.cc", "*Weights.*:Files.*:Keras/LayerRow.*", ["test_nested.py", "test_library.py", "test_weights_files.py"]),
    ("src/model/address.cc", "Address*:Model.*:OddNames.*:Activations.*:Run.*", ["test_commands.py"]),
    ("src/base/statistics.cc", "Statistics.*:ChannelStatistics.*:SortedChannels.*:FiniteRange.*:Scale.*", []),
    ("src/engine/norm_fit.cc", "", ["test_honest.py"]),
    ("src/engine/samples.cc", PLAN, ["test_batches.py"]),
    ("src/engine/profile.cc", "", ["test_profile.py"]),
    ("src/engine/machine.cc", "", ["test_profile.py"]),
    ("src/engine/*.cc", PLAN, ["test_memory.py", "test_batches.py"]),
    ("src/formats/*.cc", "Hdf5*:Zip.*:Convert.*:Files.*:Keras/LayerRow.OutputEqualsKeras/*", ["test_nested.py", "test_old_archives.py", "test_bad_models.py", "test_library.py", "test_hdf5.py"]),
    ("src/inputs/guess.cc", "Preprocess*:ParsePreprocessing.*", ["test_honest.py"]),
    ("src/inputs/own_scaling.cc", "Preprocess*:ParsePreprocessing.*", ["test_honest.py", "test_augmentation.py"]),
    ("src/inputs/preprocess.cc", "Preprocess*:ParsePreprocessing.*", ["test_honest.py"]),
    ("src/cli/preprocessing_check.cc", "", ["test_honest.py"]),
]

# What is wrong with the line afterwards: (name, pattern, replacement). Strings and comments are never changed.
RULES = [
    ("comparison", r" < ", " <= "),
    ("comparison", r" <= ", " < "),
    ("comparison", r" > (?!\w+\()", " >= "),
    ("comparison", r" >= ", " > "),
    ("equality", r" == ", " != "),
    ("equality", r" != ", " == "),
    ("logic", r" && ", " || "),
    ("logic", r" \|\| ", " && "),
    ("negation", r"(if \(|return |&& |\|\| )!(?=\w)", r"\1"),
    ("off by one", r" \+ 1\b(?!\.)", ""),
    ("off by one", r" - 1\b(?!\.)", ""),
    ("constant", r"(?<=[=<>] )(\d+)(?=[;,) ])", lambda match: str(int(match[1]) + 1)),
    ("constant", r"(?<=>= )(\d+)(?=[;,) ])", lambda match: str(int(match[1]) - 1)),
    ("sign", r" \+= ", " -= "),
    ("sign", r" - (?=[a-z])", " + "),
    ("extreme", r"\bstd::min\b", "std::max"),
    ("extreme", r"\bstd::max\b", "std::min"),
    ("truth", r"\btrue\b", "false"),
    ("truth", r"\bfalse\b", "true"),
    ("dropped statement", r"^(\s+)(?!return|throw|using|co_|case|default|else)[\w.\->:\[\]]+\(.*\);$", r"\1;"),
    ("dropped statement", r"^(\s+)(?:break|continue);$", r"\1;"),
    ("dropped statement", r"^(\s+if \(.*\)) (?:return|continue|break)\b[^(){}]*;$", r"\1 {}"),
]

# Faults that change nothing a test could see, with the reason: (file, the whole line without its indent, rule).
HARMLESS = {
    ("src/engine/samples.cc", "if (expected[0] != kTwo) return false;", rule): "a second look at what ops promise: where items are kept apart, axis 0 counts them"
    for rule in ("truth", "dropped statement")
}


@dataclasses.dataclass
class Fault:
    path: pathlib.Path
    line: int  # from 0
    rule: str
    before: str
    after: str

    def __str__(self):
        return f"{self.path.relative_to(ROOT)}:{self.line + 1}: {self.rule}\n    - {self.before.strip()}\n    + {self.after.strip()}"

    @property
    def reason_to_leave_out(self):
        return HARMLESS.get((str(self.path.relative_to(ROOT)), self.before.strip(), self.rule))


def blanked(line):
    """The line with strings, characters and comments as blanks, of the same length."""
    line = re.sub(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'', lambda match: "\0" * len(match[0]), line)
    return re.sub(r"//.*", lambda match: "\0" * len(match[0]), line)


def faults_of(path):
    found = []
    for number, line in enumerate(path.read_text().splitlines()):
        code = blanked(line)
        if code.lstrip().startswith(("#", "template", "using", "static_assert", "KERASCOPE_CHECK")):
            continue
        for rule, pattern, replacement in RULES:
            for match in re.finditer(pattern, code.replace("\0", "_") if pattern.startswith("^") else code):
                end = len(match[0]) + match.start()
                original = re.match(pattern, line) if pattern.startswith("^") else match
                new = original.expand(replacement) if original and isinstance(replacement, str) else original and replacement(original)
                if new is not None:
                    found.append(Fault(path, number, rule, line, line[: match.start()] + new + line[end:]))
    return found


def all_faults(part):
    """{path: (its row of FILES, its faults)}; the first row that has a file counts."""
    found = {}
    for row in FILES:
        paths = sorted(ROOT.glob(row[0]))
        if not paths:
            sys.exit(f"tools/mutate.py: FILES names {row[0]}, which is not there")
        for path in paths:
            if not path.name.endswith("_test.cc") and part in str(path) and path not in found:
                found[path] = (row, faults_of(path))
    return found


def spread(faults, most, seed):
    """Some of every file in turn, so that a few faults already try all files."""
    chance = random.Random(seed)
    queues = [[(row, fault) for fault in chance.sample(of_file, len(of_file))] for row, of_file in faults.values()]
    chosen = []
    while any(queues) and len(chosen) < most:
        for queue in queues:
            if queue and len(chosen) < most:
                chosen.append(queue.pop())
    return chosen


def run(command, timeout, **options):
    """The exit code; None if it took too long. The whole process group ends."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limit, **options) as process:
        try:
            return process.wait(timeout)
        except BaseException as stopped:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(stopped, subprocess.TimeoutExpired):
                return None
            raise


def build(target):
    return run(["cmake", "--build", str(BUILD), "--target", *target], 1800) == 0


def fate(row, timeout, with_pytest):
    """What became of the fault that stands in the sources now."""
    _, gtest, pytest = row
    environment = {**os.environ, "KERASCOPE_BUILD": str(BUILD), "KERASCOPE_ORACLE_DIR": str(ROOT / "build/oracle")}
    if not build(["kerascope-tests"] if gtest else ["kerascope"]):
        return "does not compile"
    if gtest:
        command = [str(BUILD / "kerascope-tests"), f"--gtest_filter={gtest}", "--gtest_fail_fast", "--gtest_brief=1"]
        if (code := run(command, timeout, env=environment)) != 0:
            return "noticed" if code is not None else "noticed (too slow)"
    if pytest and with_pytest:
        if gtest and not build(["kerascope", "kerascope-probe"]):
            return "does not compile"
        command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *(f"tests/{file}" for file in pytest)]
        if (code := run(command, 20 * timeout, env=environment)) != 0:
            return "noticed by pytest" if code is not None else "noticed (too slow)"
    elif pytest and not gtest:
        return "not tried (pytest)"
    return "SURVIVES"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="only print the faults")
    parser.add_argument("--file", default="", help="only in files whose path contains this")
    parser.add_argument("--line", type=int, help="only in this line")
    parser.add_argument("--most", type=int, default=30, help="at most so many (30)")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for the C++ tests of one fault (120)")
    parser.add_argument("--no-pytest", action="store_true", help="C++ tests only")
    options = parser.parse_args()
    faults = all_faults(options.file)
    if options.line:
        faults = {path: (row, [fault for fault in of_file if fault.line + 1 == options.line]) for path, (row, of_file) in faults.items()}
    if options.list:
        for _, of_file in faults.values():
            for fault in of_file:
                print(fault, f"\n    harmless: {fault.reason_to_leave_out}" if fault.reason_to_leave_out else "")
        print(sum(len(of_file) for _, of_file in faults.values()), "faults")
        return 0
    survivors = 0
    for row, fault in spread(faults, options.most, options.seed):
        if fault.reason_to_leave_out:
            print(f"{fault}\n    harmless: {fault.reason_to_leave_out}", flush=True)
            continue
        text = fault.path.read_text()
        lines = text.splitlines()
        lines[fault.line] = fault.after
        try:
            fault.path.write_text("\n".join(lines) + "\n")
            result = fate(row, options.timeout, not options.no_pytest)
        finally:
            fault.path.write_text(text)
        survivors += result == "SURVIVES"
        print(f"{fault}\n    {result}", flush=True)
    build(["kerascope-tests", "kerascope", "kerascope-probe"])
    print(f"{survivors} survive")
    return 1 if survivors else 0


# Whoever stops it by a signal still gets the sources back.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
sys.exit(main())
