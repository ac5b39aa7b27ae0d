"""What an ONNX file says of itself, as other people's loaders read it."""

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from deploy.convert import OPSET
from models.bundle import Bundle, open_bundle
from models.card import Golden, Precision
from models.classifier import Classifier
from tests.deploy.runs import HEIGHT, WIDTH, toy_pictures

SHOWN = 50
MODEL_API = """
import json, sys
import numpy as np
from model_api.models import ClassificationModel, Model
model = Model.create_model(sys.argv[1])
assert isinstance(model, ClassificationModel), type(model)
found = [model(picture).top_labels[0] for picture in np.load(sys.argv[2])]
print(json.dumps([[label.name, float(label.confidence)] for label in found]))
"""


@pytest.fixture(scope="module", params=get_args(Precision))
def bundle(request: pytest.FixtureRequest, toy_exported: Path) -> Bundle:
    return open_bundle(str(toy_exported), request.param)


@pytest.fixture(scope="module")
def said(bundle: Bundle) -> dict[str, str]:
    """By ONNX Runtime."""
    session = ort.InferenceSession(bundle.read_model(), providers=["CPUExecutionProvider"])
    return dict(session.get_modelmeta().custom_metadata_map)


def test_for_loaders_of_ultralytics(bundle: Bundle, said: dict[str, str]) -> None:
    assert ast.literal_eval(said["names"]) == {0: "no_ship", 1: "ship"}
    assert ast.literal_eval(said["imgsz"]) == [HEIGHT, WIDTH]
    assert ast.literal_eval(said["args"]) == {}
    assert (said["task"], said["batch"], said["channels"], said["stride"]) == ("classify", "1", "3", "32")
    assert (said["date"], said["version"]) == (bundle.card.created, bundle.card.version)
    assert {"description", "author", "license", "docs"} <= set(said)


def test_for_the_model_api_of_openvino(said: dict[str, str]) -> None:
    ours = {key.removeprefix("model_info "): value for key, value in said.items() if key.startswith("model_info ")}
    assert ours["labels"] == "no_ship ship"
    assert (ours["model_type"], ours["resize_type"], ours["layout"]) == ("Classification", "standard", "NHWC")
    assert (ours["confidence_threshold"], ours["reverse_input_channels"]) == ("0.5", "False")


def test_for_ourselves(bundle: Bundle, said: dict[str, str]) -> None:
    card = bundle.card
    ours = {key.removeprefix("rivereye "): value for key, value in said.items() if key.startswith("rivereye ")}
    assert (float(ours["threshold"]), ours["threshold_chosen"]) == (card.threshold.value, card.threshold.chosen)
    assert (float(ours["temperature"]), float(ours["shift"])) == (card.temperature, card.shift)
    assert (ours["precision"], ours["positive"], ours["colour"]) == (bundle.precision, "ship", "BGR")
    assert (ours["preprocessing"], ours["resize"], int(ours["opset"])) == ("inside", card.input.resize, OPSET)
    assert Golden.model_validate_json(ours["golden"]) == bundle.model.golden
    assert json.loads(ours["parity"]) == {name: each.model_dump() for name, each in bundle.model.parity.items()}
    assert json.loads(ours["stages"]).keys() == card.stages.keys()
    assert json.loads(ours["versions"]) == card.versions
    assert card.data is not None
    assert ours["data_sha256"] == card.data.sha256


def test_every_value_is_short_enough_to_print(said: dict[str, str]) -> None:
    assert all(len(value) < 10_000 for value in said.values())


def test_the_graph_carries_no_other_words(bundle: Bundle, said: dict[str, str]) -> None:
    """Such as those of the tools that made it."""
    known = onnx.load_from_string(bundle.read_model()).metadata_props
    assert len(known) == len(said)
    assert len([key for key in said if not key.startswith(("rivereye ", "model_info "))]) == 13


def test_the_model_api_of_openvino_decides_alike(toy_exported: Path, tmp_path: Path) -> None:
    """In a process of its own, as OpenVINO and TensorFlow in one are not to be trusted. Pictures within 0.02 of the threshold
    are left out: OpenVINO computes in bfloat16 where the processor can."""
    if importlib.util.find_spec("model_api") is None:
        pytest.skip("openvino-model-api is not installed")
    bundle = open_bundle(str(toy_exported), "fp32")
    pictures = toy_pictures(2 * SHOWN)
    with Classifier(bundle, "cpu") as classifier:
        clear = np.abs(classifier.probabilities(pictures) - 0.5) > 0.02
        pictures = pictures[clear][:SHOWN]
        expected = classifier.probabilities(pictures)
    assert len(expected) == SHOWN
    assert 10 < (expected >= 0.5).sum() < 40
    np.save(tmp_path / "pictures.npy", pictures)
    script = (sys.executable, "-c", MODEL_API, bundle.folder / bundle.model.file, tmp_path / "pictures.npy")
    done = subprocess.run(script, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: list[tuple[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    assert [label for label, _ in found] == ["ship" if answer >= 0.5 else "no_ship" for answer in expected]
    np.testing.assert_allclose([sure for _, sure in found], np.maximum(expected, 1 - expected), atol=0.02)
