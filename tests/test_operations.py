"""Nodes that are operations, of keras.ops and of TensorFlow: every one equals real Keras."""

import pytest
from conftest import oracle_cases
from whole_models import compare_with_keras


@pytest.mark.parametrize("folder, file", oracle_cases("operations"))
def test_every_operation_equals_keras(kerascope, folder, file, tmp_path, record_property):
    compare_with_keras(kerascope, folder, file, tmp_path / "seen.npz", record_property)
