"""Days as they are where the river is."""

from datetime import date
from pathlib import Path

import pytest

from models.errors import UsageError
from stream.web.moments import day_named, zone_named


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 25), 24)]
)
def test_days_have_their_hours(day: date, hours: int) -> None:
    zone = zone_named("Europe/Berlin")
    assert zone.end(day) - zone.begin(day) == hours * 3600
    assert zone.day(zone.begin(day)) == zone.day(zone.end(day) - 1) == day
    assert zone.clock(zone.begin(day)) == "00:00:00"


@pytest.mark.parametrize("name", ["Nowhere/At/All", "../../etc/passwd", "", "/etc/localtime", "a\x00b"])
def test_what_is_no_zone_is_told(name: str) -> None:
    with pytest.raises(UsageError, match="no time zone is called"):
        zone_named(name)


def test_the_zone_of_the_machine(tmp_path: Path) -> None:
    """It knows the summer, too; a machine without one has UTC."""
    zones = Path("/usr/share/zoneinfo/Europe/Berlin")
    if zones.exists():
        zone = zone_named(None, zones)
        assert (zone.clock(1_795_608_000), zone.clock(1_782_000_000)) == ("13:00:00", "02:00:00")
    assert zone_named(None, tmp_path / "none").clock(0) is not None


def test_days_by_name() -> None:
    today = date(2026, 11, 25)
    assert day_named(None, today) == day_named("", today) == today
    assert day_named("2025-01-31", today) == date(2025, 1, 31)
    for wrong in ("31.01.2025", "2025-02-30", "9999-12-31", "1969-01-01", "0001-01-01", "x", "-1"):
        assert day_named(wrong, today) is None
    for moment in (-1e18, 1e18, float(2**63)):  # in a store may stand what likes
        assert zone_named("Europe/Berlin").clock(moment)
