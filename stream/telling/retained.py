"""What a broker keeps for those who come later: of each topic the last word."""

from threading import Lock


class Retained:
    """May be used by several threads; never waits for a broker."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._words: dict[str, str] = {}
        self._new: dict[str, None] = {}

    def show(self, topic: str, payload: str) -> bool:
        """From now on the topic says this. False: it did so before."""
        with self._lock:
            if self._words.get(topic) == payload:
                return False
            self._words[topic] = payload
            self._new[topic] = None
            return True

    def says(self, topic: str) -> str | None:
        """None: nothing was ever said."""
        with self._lock:
            return self._words.get(topic)

    def take(self) -> list[tuple[str, str]]:
        """What was said since the last time: topics with their last word."""
        with self._lock:
            new, self._new = self._new, {}
            return [(topic, self._words[topic]) for topic in new]

    def all_again(self) -> None:
        """The next `take` gives all topics."""
        with self._lock:
            self._new = dict.fromkeys(self._words)
