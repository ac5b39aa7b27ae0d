"""An edge box has neither TensorFlow nor Keras; importing what runs there must not want them."""

import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "tf2onnx", "onnx", "scipy", "train", "deploy")


@pytest.mark.parametrize("module", ["rivereye", "stream", "stream.stream", "models.bundle", "models.classifier"])
def test_the_base_install_loads_nothing_heavy(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"], capture_output=True, text=True, check=True
    )
    loaded = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines()}
    assert module.split(".")[0] in loaded
    assert not loaded & set(HEAVY)
