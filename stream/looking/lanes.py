"""Where frames of all cameras wait to be looked at: a lane a camera, and one taker that makes batches of them."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, Protocol, TypeVar

from stream.looking.policy import Policy
from stream.sources.clock import Clock, SystemClock

LONGEST_WAIT_S = 0.2
"""The taker looks up so often: a signal to stop must not wait for a frame."""


class Item(Protocol):
    """What waits. `cost`: how many views; `news`: no frame, but the news that there is none, which is never dropped."""

    @property
    def cost(self) -> int: ...
    @property
    def news(self) -> bool: ...


Each = TypeVar("Each", bound=Item)


@dataclass(slots=True, eq=False)
class Lane(Generic[Each]):
    """One camera's. `live`: its frames are taken as they come; those of a recording in full batches, so that the same file is always
    batched in the same way, and gives the same answers to the last bit.
    """

    camera: str
    policy: Policy
    live: bool
    capacity: int
    items: deque[tuple[float, Each]] = field(default_factory=deque)
    """Each with the time since which it waits."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Frames never looked at, by reason: `overload` (a newer one came), `stale` (waited too long), `stopped`."""
    ended: bool = False

    @property
    def cost(self) -> int:
        return sum(item.cost for _, item in self.items)


class Lanes(Generic[Each]):
    """All lanes. Readers put, one thread takes.

    Args:
        wait: seconds that a live item waits for others to join it.
        clock: for these.
    """

    def __init__(self, wait: float, clock: Clock | None = None) -> None:
        self.wait = wait
        self._clock = clock or SystemClock()
        self._lanes: list[Lane[Each]] = []
        self._changed = Condition()
        self._closed = False
        self._recordings_turn = False
        self._most = 1

    def open(self, lane: Lane[Each]) -> None:
        with self._changed:
            self._lanes.append(lane)

    def put(self, lane: Lane[Each], item: Each) -> bool:
        """Adds an item; waits for room where the lane loses nothing. Returns False once nobody wants any more: it is counted, too."""
        with self._changed:
            if lane.policy.lossless:
                while len(lane.items) >= lane.capacity and not (lane.ended or self._closed):
                    self._changed.wait()
            if lane.ended or self._closed:
                if not item.news:
                    lane.dropped["stopped"] += 1
                return False
            if not lane.policy.lossless:
                self._make_room(lane)
            lane.items.append((self._clock.monotonic(), item))
            # Who takes is not woken for each frame of a recording: a thread that wakes for nothing costs as much as a frame's record.
            if lane.live or _is_full(lane, self._most):
                self._changed.notify_all()
            return True

    def take(self, most: int) -> list[tuple[Lane[Each], Each]]:
        """Waits, for LONGEST_WAIT_S at most, and takes what is due, of `most` views (of one item, if that alone has more).

        Live items come from all cameras in turn, so that under overload all lose alike; of recordings a batch is of one.
        """
        with self._changed:
            self._most = most
            self._expire()
            if not self._is_due(most):
                self._changed.wait(self._patience())
                self._expire()
            if not self._is_due(most):
                return []
            batch = self._next(most)
            self._changed.notify_all()
            return batch

    @property
    def over(self) -> bool:
        """Nothing waits, and nothing will come."""
        with self._changed:
            return all(lane.ended and not lane.items for lane in self._lanes)

    def end(self, lane: Lane[Each]) -> None:
        """No more will come; what waits can still be taken."""
        with self._changed:
            lane.ended = True
            self._changed.notify_all()

    def remove(self, lane: Lane[Each]) -> None:
        """What waits is dropped."""
        with self._changed:
            lane.ended = True
            lane.dropped["stopped"] += sum(not item.news for _, item in lane.items)
            lane.items.clear()
            self._lanes = [each for each in self._lanes if each is not lane]
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody takes any more; who waits to put is let go."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self, most: int) -> list[tuple[Lane[Each], Each]]:
        """Cameras and recordings in turn, where both wait."""
        live = any(lane.live and lane.items for lane in self._lanes)
        recorded = self._has_recorded(most)
        self._recordings_turn = recorded and not (live and self._recordings_turn)
        return self._recorded(most) if self._recordings_turn else list(self._fair(most))

    def _make_room(self, lane: Lane[Each]) -> None:
        frames = [entry for entry in lane.items if not entry[1].news]
        for entry in frames[: max(0, len(frames) + 1 - lane.capacity)]:
            lane.items.remove(entry)
            lane.dropped["overload"] += 1

    def _expire(self) -> None:
        now = self._clock.monotonic()
        for lane in self._lanes:
            age = lane.policy.max_age
            while age is not None and lane.items and now - lane.items[0][0] > age and not lane.items[0][1].news:
                lane.items.popleft()
                lane.dropped["stale"] += 1

    def _is_due(self, most: int) -> bool:
        waiting = [lane for lane in self._lanes if lane.live and lane.items]
        if waiting:
            oldest = min(lane.items[0][0] for lane in waiting)
            late = self._clock.monotonic() - oldest >= self.wait
            return late or sum(lane.cost for lane in waiting) >= most or self._has_recorded(most)
        return self._has_recorded(most)

    def _has_recorded(self, most: int) -> bool:
        return any(_is_full(lane, most) for lane in self._lanes if not lane.live)

    def _patience(self) -> float:
        waiting = [lane.items[0][0] for lane in self._lanes if lane.live and lane.items]
        left = [self.wait - (self._clock.monotonic() - since) for since in waiting]
        return max(0.0, min([LONGEST_WAIT_S, *left]))

    def _fair(self, most: int) -> Iterator[tuple[Lane[Each], Each]]:
        """One item a lane, again and again; who came last in this batch comes first in the next."""
        taken = 0
        while lane := next((each for each in self._lanes if each.live and each.items), None):
            if taken and taken + lane.items[0][1].cost > most:
                return
            taken += lane.items[0][1].cost
            yield lane, lane.items.popleft()[1]
            self._lanes.remove(lane)
            self._lanes.append(lane)

    def _recorded(self, most: int) -> list[tuple[Lane[Each], Each]]:
        lane = next(each for each in self._lanes if not each.live and _is_full(each, most))
        batch, taken = [], 0
        while lane.items and not (taken and taken + lane.items[0][1].cost > most):
            taken += lane.items[0][1].cost
            batch.append((lane, lane.items.popleft()[1]))
        self._lanes.remove(lane)
        self._lanes.append(lane)
        return batch


def _is_full(lane: Lane[Each], most: int) -> bool:
    return bool(lane.items) and (lane.ended or lane.cost >= most or len(lane.items) >= lane.capacity)
