"""Answers that are made once: each lies in its own folder, keyed by what it depends on."""

import hashlib
import importlib.metadata
import json
import pathlib
import shutil

PACKAGES = ("keras", "tensorflow-cpu", "tf_keras", "numpy")


def key_of(*parts):
    """A short hash of the parts, of the versions of Keras and TensorFlow, and of nothing else."""
    versions = [importlib.metadata.version(package) for package in PACKAGES]
    return hashlib.sha256(json.dumps([*parts, versions], sort_keys=True).encode()).hexdigest()[:16]


def is_made(folder: pathlib.Path) -> bool:
    return (folder / "done").exists()


def fresh(folder: pathlib.Path) -> pathlib.Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def mark_made(folder: pathlib.Path) -> None:
    (folder / "done").touch()


def remove_others(parent: pathlib.Path, wanted) -> None:
    """Answers to questions that nobody asks any more."""
    for folder in parent.iterdir():
        if folder.is_dir() and folder.name not in wanted:
            shutil.rmtree(folder)
