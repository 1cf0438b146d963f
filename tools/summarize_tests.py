"""Adds up what GoogleTest and pytest wrote into a folder; the last line is "N passed, N failed"."""

import collections
import json
import pathlib
import sys
import xml.etree.ElementTree

COUNTED = {"rows_compared": "layer rows compared with Keras", "layers_compared": "layers of whole networks compared with Keras"}


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


def main(folder):
    count = collections.Counter()
    for name, read in {"kerascope-tests.json": googletest, "pytest.xml": pytest}.items():
        path = folder / name
        try:
            read(path, count)
        except (OSError, ValueError, xml.etree.ElementTree.ParseError) as error:
            print(f"{name}: the run left no result, it must have crashed ({error})")
            count["failed"] += 1
    for name, meaning in COUNTED.items():
        print(f"{count[name]} {meaning}")
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}")
    return 1 if count["failed"] or not count["passed"] else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
