"""An edge box has neither TensorFlow nor Keras; importing what runs there must not want them."""

import subprocess
import sys

import pytest

HEAVY = {"tensorflow", "keras", "tf2onnx", "onnx", "scipy", "sklearn", "matplotlib"}
LIGHT = {"train", "train.verbs", "train.afterwards", "train.options"}
"""Of the other stages: their part of the command line."""


@pytest.mark.parametrize("module", ["rivereye", "stream", "stream.stream", "models.bundle", "models.classifier"])
def test_the_base_install_loads_nothing_heavy(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"], capture_output=True, text=True, check=True
    )
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    packages = {each.split(".")[0] for each in loaded}
    assert module.split(".")[0] in packages
    assert not packages & HEAVY
    assert {each for each in loaded if each.split(".")[0] in ("train", "deploy")} <= LIGHT
