"""Where a page of passages ends, as text that an address can hold."""

from dataclasses import dataclass
from typing import Self

from models.errors import UsageError
from stream.following.passage import Passage


@dataclass(frozen=True, slots=True)
class Stored:
    """A passage and the box that saw it."""

    box: str
    passage: Passage


@dataclass(frozen=True, slots=True)
class Mark:
    """In the order of passages: by time of their start, then by box and id."""

    start_time: float
    box_id: int
    id: str

    def __str__(self) -> str:
        return f"{self.start_time!r},{self.box_id},{self.id}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises UsageError: it is no such text."""
        time, _, rest = text.partition(",")
        box_id, _, passage = rest.partition(",")
        try:
            return cls(float(time), int(box_id), passage)
        except ValueError:
            raise UsageError(
                f"no page begins at {text[:80]!r}; give what the page before gave as `older`, or nothing"
            ) from None


@dataclass(frozen=True, slots=True)
class Page:
    """Newest first. `older`: where the next page begins; None where this is the last one."""

    passages: tuple[Stored, ...]
    older: str | None
