"""What is written to a store, and what is kept out of it."""

import pytest
from pydantic import SecretStr

from stream.configuration.settings import Camera, Outputs, Settings
from stream.sources.status import Status
from stream.store.records import LONGEST, RECORD, BeginRecord, Record, camera_record, clean, settings_record
from tests.stream.store.makers import NOON, minute, passing, up


@pytest.mark.parametrize(
    "record",
    [passing(revision=7), minute(dark=3.5), up(trouble="offline"), BeginRecord(at=NOON, revision=3)],
    ids=lambda record: record.kind,
)
def test_a_record_is_the_same_after_it_waited(record: Record) -> None:
    assert RECORD.validate_json(record.model_dump_json()) == record


def test_a_record_of_a_later_version_can_be_read() -> None:
    later = minute().model_dump() | {"weather": "fog"}
    assert RECORD.validate_python(later) == minute()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("north", "north"),
        ("Fähre ⛴", "Fähre ⛴"),
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a?b"),
        ("x" * 10_000, "x" * LONGEST),
        ("'; DROP TABLE passages; --", "'; DROP TABLE passages; --"),
    ],
)
def test_names_that_no_store_takes_are_cleaned(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert minute(camera=text).camera == up(text).camera == cleaned
    if "\ud800" not in text:  # pydantic has none such
        assert passing(camera=text).passage.camera == cleaned


def test_times_of_a_state_are_of_the_wall_clock() -> None:
    status = Status(
        "stalled", last_frame=95.0, connections=3, failures=1, trouble="no frame for 5.0 s", decoder="vaapi"
    )
    record = camera_record("north", status, monotonic=100.0, wall=NOON)
    assert (record.last_frame, record.at) == (NOON - 5, NOON)
    assert (record.phase, record.trouble, record.decoder) == ("stalled", "no frame for 5.0 s", "vaapi")
    assert (record.connections, record.failures) == (3, 1)
    assert camera_record("north", Status(), 100.0, NOON).last_frame is None


def test_settings_hold_no_secret() -> None:
    plain = Camera(source=SecretStr("rtsp://me:hunter2@192.0.2.1/stream?token=hunter2"))
    written = Camera(source=SecretStr("rtsp://me:{SECRET}@192.0.2.2/stream")).resolved(
        "rtsp://me:hunter2@192.0.2.2/stream", None
    )
    alone = Camera(source=SecretStr("{URL}")).resolved("rtsp://me:hunter2@192.0.2.3/", None)
    settings = Settings(
        cameras={"one": plain, "two": written, "three": alone}, outputs=Outputs(detections="http://me:hunter2@h/x")
    )
    text = settings_record(settings, NOON).model_dump_json()
    assert "hunter2" not in text
    said = settings_record(settings, NOON).settings
    assert said["cameras"]["one"]["source"] == "rtsp://***@192.0.2.1/stream?***"
    assert said["cameras"]["three"]["source"] == "{URL}"
    assert said["outputs"]["detections"] == "http://***@h/x"
    assert said["passages"] == {"bridge": 2.0, "shortest": 0.5, "forget": 60.0}
