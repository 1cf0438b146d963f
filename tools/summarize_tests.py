"""Adds up what GoogleTest and pytest wrote into a folder; the last line is "N passed, N failed".

What passes again in a build with sanitizers is told apart. After FOLDER, --part says that these were left out.
"""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree

COUNTED = {
    "rows_compared": "layer rows compared with Keras",
    "layers_compared": "layers of whole networks compared with Keras",
    "keras_cases": "cases of Keras's own tests computed alike",
}
SANITIZED = {
    "asan": "C++ tests without a wrong address or undefined behaviour",
    "tsan": "C++ tests without a race",
    "asan-program": "tests of the program without a wrong address or undefined behaviour",
}


def googletest(path, count):
    for suite in json.loads(path.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            if test.get("status") != "RUN" or test.get("result") == "SKIPPED":
                count["skipped"] += 1
            else:
                count["failed" if "failures" in test else "passed"] += 1
            for name in COUNTED:
                count[name] += int(test.get(name, 0))


def pytest(path, count):
    for test in xml.etree.ElementTree.parse(path).iter("testcase"):
        if test.find("skipped") is not None:
            count["skipped"] += 1
        else:
            wrong = test.find("failure") is not None or test.find("error") is not None
            count["failed" if wrong else "passed"] += 1
        for item in test.iter("property"):
            if item.get("name") in COUNTED:
                count[item.get("name")] += int(item.get("value"))


def shares(folder, run):
    """The files of a run of the C++ tests, one for each share, also of those shares that left none."""
    left = sorted(folder.glob(f"{run}-*-of-*.json"))
    total = int(left[0].stem.rpartition("-")[2]) if left else 1
    return [folder / f"{run}-{share}-of-{total}.json" for share in range(1, total + 1)]


def main(folder, *part):
    results = {"release": (googletest, shares(folder, "release")), "pytest": (pytest, [folder / "pytest.xml"])}
    if not part:
        results |= {run: (googletest, shares(folder, run)) for run in ("asan", "tsan")}
        results["asan-program"] = (pytest, [folder / "asan-program.xml"])
    count = collections.Counter()
    for run, (read, files) in results.items():
        tests = collections.Counter()
        for file in files:
            try:
                read(file, tests)
            except (OSError, ValueError, xml.etree.ElementTree.ParseError) as error:
                print(f"{file.name}: the run left no result, it must have crashed or a sanitizer found something ({error})")
                tests["failed"] += 1
        if run in SANITIZED:
            tests = {run: tests["passed"], "failed": tests["failed"]}
        count.update(tests)
    for name, meaning in (COUNTED if part else COUNTED | SANITIZED).items():
        print(f"{count[name]} {meaning}")
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main(pathlib.Path(sys.argv[1]), *sys.argv[2:]))
