import json
from datetime import datetime
from pathlib import Path

import jsonschema
import pytest
from pydantic import ValidationError

import stream
from models.bundle import open_bundle
from stream.detection import Detection, ModelId, View, seen
from stream.frame import Frame
from tests.factories import grey, make_detection

SCHEMA = Detection.model_json_schema(by_alias=True)
PUBLISHED = Path(stream.__file__).parent / "schemas" / "detection.schema.json"


def live(score: float) -> Detection:
    frame = Frame(7, grey(0), 1.23456, arrived=5.0, time=1767225600.25)
    model = ModelId(name="brightness", sha256="0" * 64, precision="fp32")
    return seen(frame, "north", model, (View(box=(0, 0, 32, 24), confidence=score),), 0.5, {"total": 3.5})


@pytest.mark.parametrize(
    "detection",
    [make_detection(1.5, 0.9), make_detection(1.5, 0.1), make_detection(None, 0.5), make_detection(2.0, None), live(1)],
    ids=["ship", "no ship", "still", "unknown", "live"],
)
def test_records_are_what_their_schema_says(detection: Detection) -> None:
    record = json.loads(detection.model_dump_json(by_alias=True))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(record, SCHEMA)
    assert Detection.model_validate(record) == detection


@pytest.mark.skipif(not PUBLISHED.exists(), reason="no schema is published")
def test_the_published_schema_is_the_generated_one() -> None:
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == SCHEMA


@pytest.mark.parametrize(("score", "state"), [(0.0, "no_ship"), (0.4999, "no_ship"), (0.5, "ship"), (1.0, "ship")])
def test_the_threshold_itself_is_a_ship(score: float, state: str) -> None:
    detection = make_detection(0.0, score)
    assert (detection.state, detection.label, detection.confidence) == (state, state, score)
    assert detection.inferred
    assert detection.reason is None


@pytest.mark.parametrize(
    ("scores", "state"),
    [((0.1, 0.2, 0.9), "ship"), ((0.9, 0.2, 0.1), "ship"), ((0.1, 0.5, 0.5), "ship"), ((0.4, 0.4999, 0.0), "no_ship")],
)
def test_the_surest_view_decides(scores: tuple[float, ...], state: str) -> None:
    frame = Frame(7, grey(0), None, arrived=5.0)
    model = ModelId(name="brightness", sha256="0" * 64, precision="fp32")
    views = tuple(View(box=(number, 0, 32, 24), confidence=score) for number, score in enumerate(scores))
    detection = seen(frame, "north", model, views, 0.5, None)
    assert (detection.state, detection.label, detection.confidence) == (state, state, max(scores))
    assert detection.views == views


def test_a_blind_frame_has_a_reason_and_no_confidence() -> None:
    detection = make_detection(0.5, None, index=3)
    assert (detection.state, detection.reason) == ("unknown", "corrupt")
    assert (detection.label, detection.confidence, detection.inferred, detection.views) == (None, None, False, ())
    assert (detection.frame_id, detection.media_time) == (3, 0.5)


def test_a_live_record_knows_its_time() -> None:
    detection = live(0.9)
    assert detection.time == "2026-01-01T00:00:00.250+00:00"
    assert datetime.fromisoformat(detection.time).timestamp() == 1767225600.25
    assert detection.media_time == 1.235
    assert detection.latency_ms == {"total": 3.5}


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_confidence_is_a_probability(score: float) -> None:
    with pytest.raises(ValidationError):
        make_detection(0.0, score)


def test_names_the_model_by_its_card(bundle: Path) -> None:
    opened = open_bundle(str(bundle))
    assert ModelId.of(opened) == ModelId(name="brightness", sha256=opened.model.sha256, precision="fp32")
