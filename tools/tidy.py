"""clang-tidy, with the checks of .clang-tidy, on the sources that differ from a commit.  Usage: tidy.py BUILD [COMMIT | all]

COMMIT is by default the one before HEAD; what is not committed counts as well. A file takes some seconds, so `all`, which is
every source, takes a quarter of an hour on two cores. BUILD is a build folder: its compile_commands.json is read.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What only g++ knows.
UNKNOWN = ("-fno-gnu-unique", "-Winvalid-pch")


def changed(commit):
    git = ["git", "-C", str(ROOT)]
    names = subprocess.check_output([*git, "diff", "--name-only", "--diff-filter=d", commit], text=True)
    names += subprocess.check_output([*git, "ls-files", "--others", "--exclude-standard"], text=True)
    return {ROOT / name for name in names.split("\n") if name.endswith(".cc")}


def main(build, which="HEAD~1"):
    tool = shutil.which("clang-tidy", path=f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}")
    if not tool:
        sys.exit("clang-tidy is not installed: tests/requirements.txt has it")
    commands = json.loads((pathlib.Path(build) / "compile_commands.json").read_text())
    files = {pathlib.Path(command["file"]) for command in commands}
    wanted = files if which == "all" else changed(which)
    files = sorted(file for file in files & wanted if file.suffix == ".cc")
    with tempfile.TemporaryDirectory() as folder:
        for command in commands:
            command["command"] = " ".join(part for part in command["command"].split(" ") if part not in UNKNOWN)
        (pathlib.Path(folder) / "compile_commands.json").write_text(json.dumps(commands))

        def check(file):
            options = ["-p", folder, "--quiet", "--extra-arg=-Wno-everything", "--extra-arg=-Wno-unknown-warning-option"]
            return subprocess.run([tool, *options, file], capture_output=True, text=True)

        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as workers:
            results = list(workers.map(check, files))
    for result in results:
        if result.returncode:
            print(result.stdout + result.stderr)
    wrong = sum(result.returncode != 0 for result in results)
    print(f"clang-tidy: {len(files)} sources, {wrong} with something to mend")
    return wrong > 0


sys.exit(main(*sys.argv[1:]))
