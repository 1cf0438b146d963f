"""What the machine itself allows: operations at the peak and bytes at the streaming speed of this run."""

import json
import subprocess

from contenders import BUILD, MODELS

TRIES = 3  # the best of them: what disturbs a measurement only makes it worse


def bound(model, batch, threads):
    """Least milliseconds for the "answer" and for "all" layers, as `kerascope profile` counts and measures."""
    folder = MODELS / model
    profile = [BUILD / "kerascope", "profile", folder / "model.keras", folder / f"input-{batch}.npy"]
    profile += ["--json", "--quiet", "--runs", "1", "--threads", str(threads)]

    def least(*options):
        runs = [subprocess.check_output([*profile, *options]) for _ in range(TRIES)]
        return min(json.loads(run)["bound_ms"] for run in runs)

    return {"answer": least("--layer", "-1"), "all": least()}
