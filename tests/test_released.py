"""The released model on real recordings, which are not part of the repository."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from models.bundle import CARD, DEFAULT, RELEASED, open_bundle
from models.classifier import Classifier
from models.picture import fit
from stream.following.passage import BRIDGE_S
from stream.sources.pattern import CROSSING_S, draw
from tests.factories import rivereye

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("RIVEREYE_DATA") or ROOT.parent / "shared") / "data"
CLIP = "shiptrack_sea_boat_passing.mp4"


pytestmark = pytest.mark.skipif(not (RELEASED / DEFAULT / CARD).is_file(), reason="no released model yet")


@pytest.mark.parametrize("name", ["vgg16-river", "vgg16-river-slim"])
def test_released_model_opens_and_is_small(name: str) -> None:
    """Opening reproduces its golden answers. 20 MB is what a model may add to the repository."""
    bundle = open_bundle(name)
    with Classifier(bundle) as classifier:
        assert classifier.bundle.card.name == name
    assert bundle.model.bytes < 20e6
    assert (RELEASED / name / "README.md").is_file()


def test_the_slim_one_is_smaller_still() -> None:
    bundle = open_bundle(DEFAULT)
    assert bundle.model.bytes < 3e6
    assert bundle.card.slim is not None
    assert bundle.card.slim.of == "vgg16-river"


def test_sees_a_small_boat_cross_the_sea(tmp_path: Path) -> None:
    """In parts of the frame, as it is 7 to 19 pixels wide in one squeezed to 150, and with a watchful threshold. Its
    header promises 295 frames, 279 decode. One passage, and hardly a frame elsewhere, or a model that sees ships everywhere would pass."""
    clip = DATA / "videos" / CLIP
    if not clip.is_file():
        pytest.skip(f"{clip} is not here; set RIVEREYE_DATA")
    options = (
        "--views",
        "2x3",
        "--threshold",
        "miss<=2%",
        "--output",
        tmp_path / "detections.jsonl",
        "--passages",
        tmp_path / "passages.jsonl",
    )
    done = rivereye("stream", clip, *options, timeout=600)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (tmp_path / "detections.jsonl").read_text().splitlines()]
    assert len(records) == 279
    labels = json.loads((DATA / "videos" / "labels.json").read_text())
    ((begin, end),) = labels[CLIP]["vessel_intervals_s"]
    there = set(range(int(begin), int(end)))
    seen = [each["media_time"] for each in records if each["state"] == "ship"]
    assert len({int(each) for each in seen} & there) > len(there) / 2
    elsewhere = [each for each in seen if not int(begin) <= each < int(end) + 1]
    assert len(elsewhere) < 0.1 * sum(not int(begin) <= each["media_time"] < int(end) + 1 for each in records)
    (passage,) = map(json.loads, (tmp_path / "passages.jsonl").read_text().splitlines()[-1:])
    assert "1 passage" in done.stderr
    assert begin - 1 < passage["after"]["start_time"] < passage["after"]["end_time"] < end + 1


def test_the_test_pattern_is_one_passage_a_crossing() -> None:
    """The first that a new user sees: no gap that a passage does not bridge, and nothing but the barge."""
    seconds = np.arange(0, 2 * CROSSING_S, 0.2)
    with Classifier(open_bundle(DEFAULT)) as classifier:
        width, height = classifier.input.width, classifier.input.height
        pictures = np.stack([fit(draw(float(second)), width, height) for second in seconds])
        ship = seconds[classifier.probabilities(pictures) >= classifier.bundle.card.threshold.value]
    assert 1 <= ship.min() <= 5
    assert CROSSING_S - 4 <= ship.max() < CROSSING_S
    assert np.diff(ship).max() < BRIDGE_S
