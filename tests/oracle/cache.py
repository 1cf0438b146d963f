"""Answers that are made once: each lies in its own folder, named by a hash of what it depends on."""

import hashlib
import importlib.metadata
import json
import pathlib
import shutil
import time

PACKAGES = ("keras", "tensorflow-cpu", "tf_keras", "numpy")


def key_of(*parts):
    """A short hash of the parts and of the versions of Keras and TensorFlow."""
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


def answer_all(sources, questions, answer, out: pathlib.Path) -> None:
    """Makes the folders that are missing and OUT/manifest.json: {name: folder}.

    @param sources    files on which every answer depends.
    @param questions  {name: question}
    @param answer     called as answer(folder, keras, question)
    """
    out.mkdir(parents=True, exist_ok=True)
    texts = [path.read_text() for path in sources]
    folders = {name: f"{name}-{key_of(texts, name)}" for name in questions}
    remove_others(out, folders.values())
    missing = [name for name in questions if not is_made(out / folders[name])]
    for name in missing:
        from real_keras import keras

        begin = time.monotonic()
        folder = fresh(out / folders[name])
        answer(folder, keras, questions[name])
        mark_made(folder)
        keras.backend.clear_session()
        print(f"   {name} ({time.monotonic() - begin:.0f} s)", flush=True)
    (out / "manifest.json").write_text(json.dumps(folders, indent=1))
    print(f"   {len(folders)} networks, {len(missing)} of them asked anew")
