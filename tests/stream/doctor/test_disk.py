"""Disks: room, and what they take."""

import os
from pathlib import Path
from typing import Any

import pytest

from stream.configuration.settings import Settings
from stream.doctor.disk import disk
from stream.doctor.finding import Finding, failed, worst


def settings(folder: Path, retention: dict[str, Any] | None = None) -> Settings:
    outputs = {"detections": str(folder / "a.jsonl"), "snapshots": folder / "not" / "there"}
    return Settings.model_validate(
        {"cameras": {"north": {"source": "test"}}, "outputs": outputs, "retention": retention or {}}
    )


def test_a_disk_with_room(tmp_path: Path) -> None:
    found = list(disk(settings(tmp_path)))
    assert [each.check for each in found] == [f"disk {tmp_path}"] * 2 + [f"disk {tmp_path / 'not' / 'there'}"] * 2
    assert "MB free" in found[0].found
    assert found[3].found.endswith("is not there yet")
    assert [each.name for each in tmp_path.iterdir()] == [], "it leaves nothing behind"


@pytest.mark.parametrize(("floor", "verdict"), [(1e12, "bad"), (0.0, "ok")])
def test_a_floor_that_is_not_kept(floor: float, verdict: str, tmp_path: Path) -> None:
    assert next(iter(disk(settings(tmp_path, {"free_mb": floor})))).verdict == verdict


def test_less_than_twice_the_floor_is_a_warning(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize / 1e6
    assert next(iter(disk(settings(tmp_path, {"free_mb": free * 0.7})))).verdict == "warning"


def test_a_place_that_takes_nothing() -> None:
    """And has no size that could be told."""
    found = list(disk(settings(Path("/proc/rivereye"))))
    assert not [each for each in found if "MB free" in each.found]
    assert {each.verdict for each in found if "cannot write there" in each.found} == {"bad"}
    assert "choose another place" in found[-1].todo


def test_an_error_s_last_part_is_what_to_do() -> None:
    assert failed("x", ValueError("a; b; c")) == Finding("x", "bad", "a; b", "c")
    assert failed("x", ValueError("a")) == Finding("x", "bad", "a")


def test_the_worst_counts() -> None:
    ok, warning, bad = (Finding("x", verdict, "") for verdict in ("ok", "warning", "bad"))
    assert [worst(each) for each in ([], [ok], [warning, ok], [ok, bad, warning])] == ["ok", "ok", "warning", "bad"]
