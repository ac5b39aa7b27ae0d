"""The machine this runs on."""

import sys

from stream.configuration.settings import Settings
from stream.doctor.box import box
from stream.doctor.ntp import synchronised

SETTINGS = Settings.model_validate({"cameras": {f"camera{number}": {"source": "test"} for number in range(3)}})


def test_each_part_is_told_with_figures() -> None:
    found = {each.check: each.found for each in box(SETTINGS)}
    assert list(found) == ["cores", "memory", "clock", "providers"]
    assert "396 MB wanted for 3 cameras" in found["memory"]
    assert "UTC" in found["clock"]
    assert "cpu" in found["providers"]


def test_a_machine_too_small_is_bad() -> None:
    many = Settings.model_validate({"cameras": {f"camera{number}": {"source": "test"} for number in range(50)}})
    more = many.model_copy(
        update={"cameras": {f"{name}-{n}": each for name, each in many.cameras.items() for n in range(2000)}}
    )
    memory = {each.check: each for each in box(more)}["memory"]
    assert memory.verdict == "bad"
    assert memory.todo


def test_the_clock_is_told_on_linux() -> None:
    assert (synchronised() is None) is (sys.platform != "linux")
