"""Days, hours and moments where the river is."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.errors import UsageError

LOCALTIME = Path("/etc/localtime")
FIRST, LAST = date(1970, 1, 2), date(2199, 12, 31)
"""Days that pages show: within them, no zone carries a moment beyond what calendars have."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a day begins at midnight. All moments are seconds since 1970."""

    info: tzinfo

    def there(self, moment: float) -> datetime:
        return datetime.fromtimestamp(min(max(moment, 0.0), 7.2e9), self.info)

    def offset(self, moment: float) -> float:
        """Seconds that clocks there are ahead of UTC."""
        offset = self.there(moment).utcoffset()
        assert offset is not None
        return offset.total_seconds()

    def day(self, moment: float) -> date:
        return self.there(moment).date()

    def begin(self, day: date) -> float:
        """Midnight."""
        return datetime(day.year, day.month, day.day, tzinfo=self.info).timestamp()

    def end(self, day: date) -> float:
        """The next midnight, after 23, 24 or 25 hours."""
        return self.begin(day + timedelta(days=1))

    def clock(self, moment: float) -> str:
        return f"{self.there(moment):%H:%M:%S}"

    def minute(self, moment: float) -> str:
        return f"{self.there(moment):%H:%M}"

    def iso(self, moment: float) -> str:
        """To the second, with the offset from UTC."""
        return self.there(moment).replace(microsecond=0).isoformat()


def zone_named(name: str | None, localtime: Path = LOCALTIME) -> Zone:
    """None: the zone of this machine; UTC where it has none.

    Raises:
        UsageError: there is no such zone.
    """
    if name is None:
        try:
            with localtime.open("rb") as file:
                return Zone(ZoneInfo.from_file(file))
        except (OSError, ValueError):
            return Zone(UTC if time.timezone == 0 else datetime.now().astimezone().tzinfo or UTC)
    try:
        return Zone(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"no time zone is called {name[:80]!r}; give one such as Europe/Berlin, or UTC") from None


def day_named(text: str | None, today: date) -> date | None:
    """Of YYYY-MM-DD; today where there is no text. None: it is no day, or one far away."""
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None
