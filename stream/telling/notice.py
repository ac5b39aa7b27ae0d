"""What happened and is over, said for long enough that somebody hears it."""

from stream.sources.clock import Clock

STAYS_S = 60.0


class Notice:
    """The last sentence, for a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: tuple[float, str] | None = None

    def say(self, sentence: str) -> None:
        self._said = (self._clock.monotonic() + STAYS_S, sentence)

    @property
    def sentence(self) -> str | None:
        said = self._said
        return said[1] if said is not None and self._clock.monotonic() < said[0] else None
