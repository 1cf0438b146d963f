"""Where the program and real Keras's answers lie: `./dev test` says it in KERASCOPE_BUILD and KERASCOPE_ORACLE_DIR."""

import json
import os
import pathlib
import subprocess

import pytest
import small_models

SANITIZER_FOUND = 99  # what `./dev sanitize` lets a sanitized program exit with


def pytest_configure(config):
    config.addinivalue_line("markers", "limits_memory: gives the program less memory than a sanitizer needs")


def _folder(variable):
    value = os.environ.get(variable)
    if not value or not pathlib.Path(value).is_dir():
        pytest.exit(f"{variable} names no folder; run the tests with ./dev test", returncode=2)
    return pathlib.Path(value)


def oracle_cases(kind):
    """[(name, file name, folder)] of every model file that real Keras made for `kind`: networks or nested.

    None where `./dev test PATTERN` did not ask for them, because the pattern means other tests.
    """
    parent = _folder("KERASCOPE_ORACLE_DIR") / kind
    manifest = parent / "manifest.json"
    folders = json.loads(manifest.read_text()) if manifest.exists() else {}
    return [
        pytest.param(parent / folder, file, id=f"{name}-{file.split('.')[1]}")
        for name, folder in folders.items()
        for file in ("model.h5", "model.keras")
        if (parent / folder / file).exists()
    ]


@pytest.fixture(scope="session")
def kerascope():
    """Runs the program and gives the finished process; its output is text."""

    def run(*arguments, check=True, **options):
        program = _folder("KERASCOPE_BUILD") / "kerascope"
        done = subprocess.run(
            [program, *map(str, arguments)], capture_output=True, text=True, timeout=600, **options
        )
        assert done.returncode != SANITIZER_FOUND, done.stderr
        if check:
            assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The folder of the small models and inputs that real Keras makes once a session; tests only read it."""
    folder = tmp_path_factory.mktemp("small")
    small_models.make_all(folder)
    return folder
