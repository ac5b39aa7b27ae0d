"""What can be set: what is taken, what is refused, and that a source's secrets show nowhere."""

import pytest
from pydantic import ValidationError

from stream.configuration.naming import name_for
from stream.configuration.settings import Camera, Settings

SECRET = "hunter2"  # noqa: S105
ADDRESS = f"rtsp://watch:{SECRET}@192.0.2.1/1"


@pytest.mark.parametrize(
    ("key", "given", "taken"),
    [
        ("source", 0, "0"),
        ("source", "{NAME}", "{NAME}"),
        ("rotate", "90", 90),
        ("threshold", "0.25", 0.25),
        ("threshold", "miss<=2%", "miss<=2%"),
        ("threshold", 1, 1.0),
        ("views", "2x3", "2x3"),
        ("policy", "bounded(0.5)", "bounded(0.5)"),
        ("zones", {"a": [[0, 0], [1, 0], [1, 1]]}, {"a": ((0, 0), (1, 0), (1, 1))}),
    ],
)
def test_takes(key: str, given: object, taken: object) -> None:
    camera = Camera.model_validate({"source": "test", key: given})
    value = camera.source.get_secret_value() if key == "source" else getattr(camera, key)
    assert value == taken
    assert type(value) is type(taken)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"source": ""}, "is empty"),
        ({"source": " "}, "is empty"),
        ({"source": True}, "string"),
        ({"rotate": 45}, "0, 90, 180 or 270"),
        ({"rotate": "forty"}, "0, 90, 180 or 270"),
        ({"threshold": 1.5}, "from 0 to 1"),
        ({"threshold": "-1"}, "from 0 to 1"),
        ({"threshold": float("nan")}, "from 0 to 1"),
        ({"views": "9x9"}, "unknown views '9x9'"),
        ({"policy": "bounded(0)"}, "unknown policy"),
        ({"fps": 0}, "greater than 0"),
        ({"zones": {"a": [[0, 0], [1, 1]]}}, "at least 3"),
        ({"zones": {"a": [[0, 0], [1, 0], [1, 2]]}}, "less than or equal to 1"),
        ({"start": 3, "end": 3}, "end 3.0 is not after start 3.0"),
        ({"speed": 1}, "Extra"),
    ],
)
def test_refuses(keys: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Camera.model_validate({"source": "test"} | keys)


def test_a_secret_shows_nowhere() -> None:
    camera = Camera.model_validate({"source": ADDRESS})
    settings = Settings(cameras={"north": camera})
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({"cameras": {"north": ADDRESS, "south": {"source": [ADDRESS]}}, "password": SECRET})
    texts = [repr(camera), str(settings), settings.model_dump_json(), str(raised.value), repr(raised.value)]
    assert not [text for text in texts if SECRET in text]
    assert camera.shown == "rtsp://***@192.0.2.1/1"


def test_a_resolved_camera_is_shown_as_it_was_written() -> None:
    camera = Camera.model_validate({"source": "rtsps://192.0.2.1/{TOKEN}?enableSrtp", "fps": 2})
    resolved = camera.resolved(f"rtsps://192.0.2.1/{SECRET}?enableSrtp", None)
    assert resolved.source.get_secret_value() == f"rtsps://192.0.2.1/{SECRET}?enableSrtp"
    assert resolved.shown == "rtsps://192.0.2.1/{TOKEN}?***"
    assert SECRET not in repr(resolved) + resolved.model_dump_json()
    assert resolved.fps == 2


@pytest.mark.parametrize(
    ("text", "taken", "name"),
    [
        ("north", [], "north"),
        ("north", ["north"], "north-2"),
        ("north", ["north", "north-2"], "north-3"),
        ("192.0.2.1/stream 1", [], "192.0.2.1-stream-1"),
        ("???", [], "camera"),
        ("x" * 99, [], "x" * 56),
    ],
)
def test_names_are_unlike_each_other(text: str, taken: list[str], name: str) -> None:
    assert name_for(text, taken) == name
    Settings.model_validate({"cameras": {name: {"source": "test"}}})


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("threads", -1, "greater than or equal to 0"),
        ("threads", 257, "less than"),
        ("batch", 0, "greater"),
        ("batch", 257, "less than"),
    ],
)
def test_numbers_have_limits(key: str, value: int, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate({"cameras": {"north": {"source": "test"}}, key: value})


def test_what_is_not_set_is_open() -> None:
    settings = Settings.model_validate({"cameras": {"north": {"source": "test"}}})
    assert (settings.batch, settings.threads, settings.precision, settings.tuned) == (None, None, None, True)
