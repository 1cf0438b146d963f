"""Every whole model of the oracle through Python: its files give Keras's answers, in memory it gives the files' bits."""

import itertools
import re

import kerascope as ks
import numpy as np
import pytest
import tf_keras
from conftest import oracle_cases
from oracle.real_keras import keras
from whole_models import compare_layers, input_file

CASES = [case for kind in ("networks", "nested", "operations") for case in oracle_cases(kind)]
FOLDERS = [
    pytest.param(folder, [case.values[1] for case in cases], id=folder.name.rsplit("-", 1)[0])
    for folder, cases in itertools.groupby(CASES, lambda case: case.values[0])
]
# Keras cannot open what it wrote: functions that are not registered, the sizes of an adaptive pooling.
NOT_OPENED = {"activations", "networks"}


@pytest.mark.parametrize("folder, files", FOLDERS)
def test_files_equal_keras_and_memory_equals_files(folder, files, record_property):
    given = np.load(input_file(folder))
    inputs = given if isinstance(given, np.ndarray) else dict(given)
    models = [ks.load(folder / file) for file in files]
    seen, *others = [model.run(inputs) for model in models]
    compare_layers(seen, np.load(folder / "expected.npz"), record_property)
    writer = tf_keras if models[-1].keras_version.startswith("2.") else keras
    if folder.name.rsplit("-", 1)[0] not in NOT_OPENED:  # of the .keras, if there is one
        others.append(ks.from_keras(loaded(writer, folder / files[-1])).run(inputs))
    for same in others:
        assert [renamed(address, folder) for address in same] == list(seen)
        for (address, truth), ours in zip(seen.items(), same.values()):
            assert ours.dtype == truth.dtype and ours.tobytes() == truth.tobytes(), address


def loaded(writer, path):
    own = {"LayerScale": tf_keras.src.applications.convnext.LayerScale} if writer is tf_keras else None
    return writer.models.load_model(path, custom_objects=own, compile=False)


def renamed(address, folder):
    """The .h5 of Keras 2.0 names a nested Sequential beside its config, where tf_keras does not look."""
    return re.sub(r"^sequential(_\d+)?", "middle", address) if "as_keras_2_0" in folder.name else address
