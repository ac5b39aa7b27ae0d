"""What is followed of one camera over time: its passages, its coverage, and the best picture of the passage under way."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.picture import Picture
from stream.configuration.settings import PassageSettings
from stream.following.coverage import Coverage
from stream.following.passage import PassageEvent, Passages
from stream.looking.detection import Detection


@dataclass(frozen=True, slots=True)
class News:
    """An event, and the best frame of its passage so far: uint8, (height, width, 3), BGR."""

    event: PassageEvent
    picture: Picture | None

    @property
    def better(self) -> bool:
        """Whether the best frame is another one than that of the event before."""
        before, after = self.event.before, self.event.after
        return before is None or before.best_frame != after.best_frame


class Watch:
    """Of one camera; takes its detections in order."""

    def __init__(
        self, camera: str, settings: PassageSettings, leave: float | None = None, snapshots: bool = False
    ) -> None:
        self.camera = camera
        self.coverage = Coverage(camera)
        self.passages = Passages(settings.bridge, settings.shortest, settings.forget, leave, snapshots)
        self.last: Detection | None = None
        self._best: Picture | None = None

    def follow(self, detection: Detection, picture: Picture | None = None) -> Sequence[News]:
        """Returns what there is to tell after the next detection; `picture` is its frame, None where there is none."""
        before = self._best
        events = self.passages.add(detection)
        if self.passages.best_now:
            self._best = picture
        self.last = detection
        self.coverage.add(detection, _ended(events))
        # A passage that ended did so before this look.
        return [News(event, before if event.type == "end" else self._best) for event in events]

    def finish(self) -> Sequence[News]:
        """The watch is over."""
        events = self.passages.finish()
        self.coverage.ended(_ended(events))
        return [News(event, self._best) for event in events]


def _ended(events: Sequence[PassageEvent]) -> int:
    return sum(event.type == "end" for event in events)
