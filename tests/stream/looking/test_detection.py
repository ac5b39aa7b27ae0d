import json
from datetime import datetime
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from pydantic import ValidationError

from models.bundle import open_bundle
from stream.looking.detection import Detection, ModelId, View, blind, seen
from stream.looking.merge import merge
from stream.sources.frame import Frame, Reason
from tests.factories import grey, make_detection

SCHEMA = Detection.model_json_schema(by_alias=True)
MODEL = ModelId(name="brightness", sha256="0" * 64, precision="fp32")


def live(score: float) -> Detection:
    frame = Frame(7, grey(0), 1.23456, arrived=5.0, time=1767225600.25)
    return seen(frame, "north", MODEL, (View(box=(0, 0, 32, 24), confidence=score),), 0.5, {"total": 3.5})


def of_views(*views: View, threshold: float = 0.5) -> Detection:
    return seen(Frame(7, grey(0), 1.0, arrived=5.0), "north", MODEL, views, threshold, None, merge)


@pytest.mark.parametrize(
    "detection",
    [
        make_detection(1.5, 0.9),
        make_detection(1.5, 0.1),
        make_detection(None, 0.5),
        make_detection(2.0, None),
        make_detection(2.0, None, index=None, reason="offline", time=1767225600.0),
        of_views(View(name="berth", box=(1, 2, 9, 9), confidence=0.2, raw=0.9, inferred=False)),
        live(1),
    ],
    ids=["ship", "no ship", "still", "unknown", "offline", "zone", "live"],
)
def test_records_are_what_their_schema_says(detection: Detection) -> None:
    record = json.loads(detection.model_dump_json(by_alias=True))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(record, SCHEMA)
    assert Detection.model_validate(record) == detection


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
    views = tuple(View(box=(number, 0, 32, 24), confidence=score) for number, score in enumerate(scores))
    detection = seen(frame, "north", MODEL, views, 0.5, None)
    assert (detection.state, detection.label, detection.confidence) == (state, state, max(scores))
    assert detection.views == views
    assert detection.surest == views[scores.index(max(scores))]


@pytest.mark.parametrize(
    ("scores", "threshold", "boxes"),
    [
        ((0.9, 0.9, 0.1), 0.5, ((0, 0, 20, 24),)),
        ((0.9, 0.9, 0.9), 0.5, ((0, 0, 40, 24),)),
        ((0.9, 0.1, 0.5), 0.5, ((20, 0, 40, 24),)),
        ((0.9, 0.1, 0.1), 0.5, ((0, 0, 40, 24),)),
        ((0.4, 0.4, 0.4), 0.5, ()),
        ((0.4, 0.4, 0.1), 0.3, ((0, 0, 20, 24),)),
    ],
)
def test_boxes_are_the_views_with_a_ship(
    scores: tuple[float, ...], threshold: float, boxes: tuple[tuple[int, int, int, int], ...]
) -> None:
    """The whole frame is one only where no part of it is. How neighbours become one is told in test_merge."""
    places = ((0, 0, 40, 24), (0, 0, 20, 24), (20, 0, 40, 24))
    views = (View(box=box, confidence=score) for box, score in zip(places, scores, strict=True))
    detection = of_views(*views, threshold=threshold)
    assert detection.boxes == boxes
    assert detection.threshold == threshold


def test_zones_are_the_named_views_with_a_ship() -> None:
    scores = {"lock": 0.5, "berth": 0.49, "quay": 0.9}
    views = (View(name=name, box=(0, 0, 9, 9), confidence=score) for name, score in scores.items())
    assert of_views(*views).zones == ("lock", "quay")
    assert live(0.9).zones == ()


@pytest.mark.parametrize(("inferred", "expected"), [((True, False), True), ((False, False), False)])
def test_a_frame_is_inferred_if_one_of_its_views_is(inferred: tuple[bool, ...], expected: bool) -> None:
    views = (View(box=(0, 0, 9, 9), confidence=0.5, inferred=each) for each in inferred)
    assert of_views(*views).inferred is expected


def test_a_blind_frame_has_a_reason_and_no_confidence() -> None:
    detection = make_detection(0.5, None, index=3)
    assert (detection.state, detection.reason) == ("unknown", "corrupt")
    assert (detection.label, detection.confidence, detection.inferred, detection.views) == (None, None, False, ())
    assert (detection.frame_id, detection.media_time, detection.boxes) == (3, 0.5, ())


@pytest.mark.parametrize("reason", get_args(Reason))
def test_every_reason_can_be_recorded(reason: Reason) -> None:
    detection = blind(Frame(3, grey(0), 0.5, arrived=0.0, reason=reason), "north", MODEL, 0.5)
    assert (detection.state, detection.reason) == ("unknown", reason)


@pytest.mark.parametrize(
    ("media_time", "time", "clock"), [(1.0, None, "media"), (1.0, 1767225600.0, "arrival"), (None, None, None)]
)
def test_names_the_clock_of_its_times(media_time: float | None, time: float | None, clock: str | None) -> None:
    assert make_detection(media_time, 0.9, time=time).clock == clock


def test_where_no_frame_came_there_is_no_number() -> None:
    detection = make_detection(4.0, None, index=None, reason="offline", time=1767225600.0)
    assert (detection.frame_id, detection.state, detection.reason) == (None, "unknown", "offline")
    assert detection.time == "2026-01-01T00:00:00.000+00:00"


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
