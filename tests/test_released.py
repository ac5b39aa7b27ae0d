"""The released model on real recordings, which are not part of the repository."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from models.bundle import CARD, DEFAULT, RELEASED, open_bundle
from models.classifier import Classifier
from models.picture import fit
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
    header promises 295 frames, 279 decode. A second counts as seen where any of its frames shows a ship; seconds without
    the boat are asked in the same way, or a model that sees ships everywhere would pass."""
    clip = DATA / "videos" / CLIP
    if not clip.is_file():
        pytest.skip(f"{clip} is not here; set RIVEREYE_DATA")
    options = ("--views", "2x3", "--threshold", "miss<=2%", "--output", tmp_path / "detections.jsonl")
    done = rivereye("stream", clip, *options, timeout=600)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in (tmp_path / "detections.jsonl").read_text().splitlines()]
    assert len(records) == 279
    labels = json.loads((DATA / "videos" / "labels.json").read_text())
    ((begin, end),) = labels[CLIP]["vessel_intervals_s"]
    there = set(range(int(begin), int(end)))
    seen = {int(each["media_time"]) for each in records if each["state"] == "ship"}
    assert len(seen & there) > len(there) / 2
    assert not seen - there - {int(end)}
    assert "1 passage" in done.stderr


def test_the_test_pattern_is_one_passage_a_crossing() -> None:
    """The first that a new user sees: sure all the way, and of nothing but the barge."""
    with Classifier(open_bundle(DEFAULT)) as classifier:
        width, height = classifier.input.width, classifier.input.height
        pictures = [fit(draw(float(second)), width, height) for second in range(int(2 * CROSSING_S))]
        ship = classifier.probabilities(np.stack(pictures)) >= classifier.bundle.card.threshold.value
    assert ship[5:16].all()
    assert not ship[:1].any()
    assert not ship[20:].any()
