"""What a reload starts again: what changed, and nothing else."""

from typing import Any

import pytest

from stream.configuration.changes import changes
from stream.configuration.settings import Settings

NORTH, SOUTH = {"source": "rtsp://u:one@192.0.2.1/1", "fps": 2}, {"source": "test"}


def settings(cameras: dict[str, Any], **rest: object) -> Settings:
    return Settings.model_validate({"cameras": cameras} | rest)


@pytest.mark.parametrize(
    ("cameras", "added", "removed", "changed", "same", "sentence"),
    [
        ({"north": NORTH, "south": SOUTH}, (), (), {}, ("north", "south"), "nothing changed"),
        ({"south": SOUTH, "north": NORTH}, (), (), {}, ("south", "north"), "nothing changed"),
        (
            {"north": NORTH | {"fps": 3, "views": "2x3"}, "south": SOUTH},
            (),
            (),
            {"north": ("views", "fps")},
            ("south",),
            "changed north (views, fps); 1 camera as before",
        ),
        (
            {"north": NORTH | {"source": "rtsp://u:two@192.0.2.1/1"}, "south": SOUTH},
            (),
            (),
            {"north": ("source",)},
            ("south",),
            "changed north (source); 1 camera as before",
        ),
        (
            {"north": NORTH, "south": SOUTH, "east": SOUTH},
            ("east",),
            (),
            {},
            ("north", "south"),
            "added east; 2 cameras as before",
        ),
        ({"west": NORTH}, ("west",), ("north", "south"), {}, (), "added west; removed north, south"),
        (
            {"north": NORTH, "south": SOUTH | {"enabled": False}},
            (),
            ("south",),
            {},
            ("north",),
            "removed south; 1 camera as before",
        ),
    ],
)
def test_cameras(
    cameras: dict[str, Any],
    added: tuple[str, ...],
    removed: tuple[str, ...],
    changed: dict[str, tuple[str, ...]],
    same: tuple[str, ...],
    sentence: str,
) -> None:
    found = changes(settings({"north": NORTH, "south": SOUTH}), settings(cameras))
    assert (found.added, found.removed, found.changed, found.same) == (added, removed, changed, same)
    assert found.beyond == ()
    assert str(found) == sentence
    assert bool(found) == (sentence != "nothing changed")


def test_a_camera_that_is_not_enabled_is_not_there() -> None:
    off = settings({"north": NORTH, "south": SOUTH | {"enabled": False}})
    assert changes(off, settings({"north": NORTH, "south": SOUTH})).added == ("south",)
    still = changes(off, settings({"north": NORTH, "south": SOUTH | {"enabled": False, "fps": 9}}))
    assert not still
    assert still.same == ("north",)


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ({"model": "other"}, ("model",)),
        ({"precision": "fp32", "provider": "cpu", "batch": 16}, ("precision", "provider", "batch")),
        ({"max_batch_wait_ms": 5, "pid_file": "x"}, ("max_batch_wait_ms", "pid_file")),
        ({"outputs": {"csv": "x.csv", "keep": 3}}, ("outputs.csv", "outputs.keep")),
        ({"passages": {"bridge": 9}, "retention": {"days": 1}}, ("passages.bridge", "retention.days")),
        ({"outputs": {}}, ()),
        ({"mqtt": {"host": "h"}, "outputs": {"store": "river.db"}}, ("outputs.store", "mqtt")),
    ],
)
def test_what_is_not_of_a_camera_needs_a_new_start(given: dict[str, object], keys: tuple[str, ...]) -> None:
    found = changes(settings({"north": NORTH}), settings({"north": NORTH}, **given))
    assert found.beyond == keys
    assert found.same == ("north",)
    assert str(found) == (
        f"1 camera as before; start rivereye again for {', '.join(keys)}" if keys else "nothing changed"
    )


def test_a_new_password_of_a_broker_is_a_change() -> None:
    old, new = (
        settings({"north": NORTH}, mqtt={"host": "h", "user": "u", "password": each}) for each in ("one", "two")
    )
    assert changes(old, new).beyond == ("mqtt.password",)
    assert changes(old, settings({"north": NORTH})).beyond == ("mqtt",)


def test_no_sentence_holds_a_secret() -> None:
    other = settings({"north": NORTH | {"source": "rtsp://u:two@192.0.2.1/1"}, "new": NORTH})
    assert "192.0.2.1" not in str(changes(settings({"north": NORTH}), other))
