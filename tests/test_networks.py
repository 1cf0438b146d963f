"""The networks of keras.applications, alone and inside a fine-tuned model: every layer equals real Keras."""

import os

import pytest
from conftest import oracle_cases
from whole_models import compare_with_keras


@pytest.mark.parametrize("folder, file", oracle_cases("networks"))
def test_every_layer_equals_keras(kerascope, folder, file, tmp_path, record_property):
    compare_with_keras(kerascope, folder, file, tmp_path / "seen.npz", record_property)


# Other kernels than a new processor chooses by itself.
OTHER_WAYS = {
    "exact": (["--exact"], {}),
    "avx2": ([], {"KERASCOPE_INSTRUCTIONS": "avx2"}),
    "baseline": ([], {"KERASCOPE_INSTRUCTIONS": "baseline"}),
    "one-thread": (["--threads", "1"], {}),
}
VARIED = [case for case in oracle_cases("networks") if case.id in ("resnet50-keras", "inceptionv3-keras", "efficientnetb0-keras")]


@pytest.mark.parametrize("folder, file", VARIED)
@pytest.mark.parametrize("way", OTHER_WAYS)
def test_every_layer_equals_keras_in_other_ways(kerascope, folder, file, way, tmp_path, record_property):
    arguments, variables = OTHER_WAYS[way]
    environment = {**os.environ, **variables}
    compare_with_keras(kerascope, folder, file, tmp_path / "seen.npz", record_property, *arguments, env=environment)
