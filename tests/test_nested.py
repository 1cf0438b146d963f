"""Nested, shared and partly frozen models, several inputs and outputs, Keras 2's forms: every layer equals real Keras."""

import pytest
from conftest import oracle_cases
from whole_models import compare_with_keras


@pytest.mark.parametrize("folder, file", oracle_cases("nested"))
def test_every_layer_equals_keras(kerascope, folder, file, tmp_path, record_property):
    compare_with_keras(kerascope, folder, file, tmp_path / "seen.npz", record_property)
