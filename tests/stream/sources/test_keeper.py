"""Connections that are lost, that hang, that come back; by a clock that is turned, so that a day takes a second."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest

from models.errors import SourceError
from stream.sources.backoff import Backoff
from stream.sources.frame import Frame
from stream.sources.keeper import GRACE_S, HEARTBEAT_S, PATIENCE_S, Keeper
from stream.sources.source import Source
from stream.sources.status import Patience
from tests.clocks import TurnedClock
from tests.factories import BRIGHT, grey

pytestmark = pytest.mark.timeout(60)
DAY_S = 86_400.0


class Fake:
    """A live source that gives so many frames, then does `then`: raises, hangs, or ends."""

    camera, decoder = "north", "software"
    files: Sequence[Path] = ()
    timed, killable = True, False
    fps: float | None = None
    expected: int | None = None

    def __init__(self, clock: TurnedClock, count: int, then: Callable[[], object], live: bool = True) -> None:
        self.clock, self.count, self.then, self.live = clock, count, then, live
        self.read = self.skipped = 0
        self.closed = Event()

    def frames(self) -> Iterator[Frame]:
        for index in range(self.count):
            self.read += 1
            wall = self.clock.wall() if self.live else None
            yield Frame(index, grey(BRIGHT), index / 5, self.clock.monotonic(), time=wall)
        self.then()
        self.read += 1
        yield Frame(self.count, grey(BRIGHT), 99.0, self.clock.monotonic(), time=None)

    def close(self) -> None:
        self.closed.set()


class Camera:
    """Opens what its list says, one after the other, the last again and again; remembers what was delivered."""

    def __init__(self, *openings: Callable[[], Source], live: bool = True, patience: Patience = Patience()) -> None:  # noqa: B008
        self.clock = TurnedClock()
        self.openings = list(openings)
        self.opened_at: list[float] = []
        self.frames: list[Frame] = []
        self.ended = Event()
        self.keeper = Keeper(
            "north", self._open, self._take, self.ended.set, live, patience, self.clock, Backoff(lambda: 0.5)
        )

    def _open(self) -> Source:
        self.opened_at.append(self.clock.now)
        opening = self.openings[0] if len(self.openings) == 1 else self.openings.pop(0)
        return opening()

    def _take(self, _: Source | None, frame: Frame) -> bool:
        self.frames.append(frame)
        return True

    def until(self, what: Callable[[], bool]) -> None:
        """Lets it run, for 30 real seconds at most."""
        deadline = time.monotonic() + 30
        while not what():
            assert time.monotonic() < deadline, self.keeper.status
            time.sleep(0.002)

    @property
    def reasons(self) -> list[str]:
        return [frame.reason for frame in self.frames if frame.reason is not None]


def refuse() -> Source:
    raise SourceError("cannot open north: refused")


def lose() -> None:
    raise SourceError("north was lost")


def test_a_day_of_outage_is_survived_and_told_all_along() -> None:
    camera = Camera(refuse)
    camera.keeper.start()
    camera.until(lambda: camera.clock.now > 1000 + DAY_S)
    hang = Event()
    back = Fake(camera.clock, 3, lambda: hang.wait(60))
    camera.openings = [lambda: back]
    camera.until(lambda: any(frame.index is not None for frame in camera.frames))
    hang.set()
    camera.keeper.stop()
    tries = camera.opened_at[:-1]
    waits = [later - earlier for earlier, later in pairwise(tries)]
    assert waits[:4] == pytest.approx([1, 2, 4, 8], abs=1.0)
    assert max(waits) <= 61
    assert len(tries) > DAY_S / 61
    told = [frame.arrived for frame in camera.frames if frame.reason == "offline"]
    assert max(later - earlier for earlier, later in pairwise(told)) <= HEARTBEAT_S + 1
    assert camera.keeper.status.failures == 0


def test_a_lost_camera_is_connected_again_and_its_frames_go_on_counting() -> None:
    camera = Camera(
        lambda: Fake(camera.clock, 3, lose),
        refuse,
        lambda: Fake(camera.clock, 2, lose),
        lambda: Fake(camera.clock, 0, lose),
    )
    camera.keeper.start()
    camera.until(lambda: len([frame for frame in camera.frames if frame.index is not None]) == 5)
    camera.keeper.stop()
    real = [frame for frame in camera.frames if frame.index is not None]
    assert [frame.index for frame in real] == [0, 1, 2, 3, 4]
    assert camera.keeper.status.connections == 2
    assert camera.keeper.status.reconnects == {"lost": 1}, "not how often it was tried meanwhile"
    times = [frame.media_time for frame in camera.frames]
    assert times == sorted(times, key=lambda each: each or 0.0)
    assert real[3].media_time == pytest.approx(real[3].arrived - 1000.0)
    assert set(camera.reasons) == {"offline"}
    assert camera.keeper.counts == (5, 0)


def test_a_camera_that_fell_silent_is_told_from_one_that_was_cut_off() -> None:
    def fall_silent() -> None:
        silent_from = camera.clock.now
        camera.until(lambda: camera.clock.now > silent_from + 9)
        lose()

    camera = Camera(
        lambda: Fake(camera.clock, 2, fall_silent),
        lambda: Fake(camera.clock, 2, lose),
        lambda: Fake(camera.clock, 1, lose),
        refuse,
    )
    camera.keeper.start()
    camera.until(lambda: camera.keeper.status.connections == 3)
    camera.keeper.stop()
    assert camera.keeper.status.reconnects == {"stalled": 1, "lost": 1}


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_step_of_the_wall_clock_changes_labels_and_nothing_else(step: float) -> None:
    def lose_and_step() -> None:
        camera.clock.step(step)
        lose()

    camera = Camera(lambda: Fake(camera.clock, 2, lose_and_step), lambda: Fake(camera.clock, 2, lose), refuse)
    camera.keeper.start()
    camera.until(lambda: len([frame for frame in camera.frames if frame.index is not None]) == 4)
    camera.keeper.stop()
    real = [frame for frame in camera.frames if frame.index is not None]
    assert real[2].time is not None
    assert real[1].time is not None
    assert real[1].media_time is not None
    assert real[2].time - real[1].time == pytest.approx(step, abs=60)
    assert 0 < (real[2].media_time or 0.0) - real[1].media_time < 60


def test_a_read_that_never_returns_is_left_behind_and_replaced() -> None:
    awake = Event()
    hung = Fake(TurnedClock(), 2, lambda: awake.wait(60))
    camera = Camera(lambda: hung, lambda: Fake(camera.clock, 4, lose), refuse, patience=Patience(10, 10))
    hung.clock = camera.clock
    camera.keeper.start()
    camera.until(lambda: len([frame for frame in camera.frames if frame.index is not None]) >= 6)
    assert camera.keeper.status.left_behind == 1
    assert camera.keeper.status.reconnects == {"hung": 1}
    assert "stalled" in camera.reasons
    assert not hung.closed.is_set()
    before = list(camera.frames)
    awake.set()
    assert hung.closed.wait(10)
    camera.keeper.stop()
    assert [frame.media_time for frame in camera.frames if frame.index is not None] == [
        frame.media_time for frame in before if frame.index is not None
    ], "what a reader brings that was left behind is refused"
    assert camera.keeper.counts[0] == 6


def test_an_opening_that_never_returns_is_left_behind_too() -> None:
    awake = Event()

    def hang() -> Source:
        awake.wait(60)
        raise SourceError("too late")

    camera = Camera(hang, lambda: Fake(camera.clock, 1, lose), refuse, patience=Patience(open_timeout=5))
    camera.keeper.start()
    camera.until(lambda: any(frame.index is not None for frame in camera.frames))
    awake.set()
    camera.keeper.stop()
    assert camera.opened_at[1] - camera.opened_at[0] >= 5 + GRACE_S


def test_a_stalled_camera_that_goes_on_keeps_its_connection() -> None:
    go_on = Event()

    class Slow(Fake):
        def frames(self) -> Iterator[Frame]:
            yield Frame(0, grey(BRIGHT), 0.0, self.clock.monotonic(), time=self.clock.wall())
            go_on.wait(60)
            yield Frame(1, grey(BRIGHT), 1.0, self.clock.monotonic(), time=self.clock.wall())
            lose()

    camera = Camera(lambda: Slow(camera.clock, 0, lose), refuse, patience=Patience(read_timeout=3600))
    camera.keeper.start()
    camera.until(lambda: camera.keeper.status.phase == "stalled")
    go_on.set()
    camera.until(lambda: len([frame for frame in camera.frames if frame.index is not None]) == 2)
    assert camera.keeper.status.connections == 1
    assert camera.reasons[0] == "stalled"
    camera.keeper.stop()


@pytest.mark.parametrize(("retries", "tries"), [(0, 1), (1, 2), (5, 6)])
def test_it_gives_up_where_that_is_wanted(retries: int, tries: int) -> None:
    camera = Camera(refuse, patience=Patience(retries=retries))
    camera.keeper.start()
    assert camera.ended.wait(30)
    assert len(camera.opened_at) == tries
    assert str(camera.keeper.error) == "cannot open north: refused"
    assert camera.keeper.status.phase == "failed"


def test_a_recording_ends_and_is_not_read_again() -> None:
    camera = Camera(lambda: Fake(camera.clock, 3, lambda: None, live=False), live=False)
    camera.keeper.start()
    assert camera.ended.wait(30)
    assert len(camera.opened_at) == 1
    assert [frame.index for frame in camera.frames] == [0, 1, 2, 3]
    assert camera.keeper.error is None
    assert camera.keeper.status.phase == "ended"


def test_a_recording_that_cannot_be_read_is_not_tried_again() -> None:
    camera = Camera(lambda: Fake(camera.clock, 3, lose, live=False), live=False)
    camera.keeper.start()
    assert camera.ended.wait(30)
    assert len(camera.opened_at) == 1
    assert isinstance(camera.keeper.error, SourceError)


def test_a_mistake_in_the_program_is_no_outage() -> None:
    def mistake() -> Source:
        raise ZeroDivisionError("by us")

    camera = Camera(mistake)
    camera.keeper.start()
    assert camera.ended.wait(30)
    assert len(camera.opened_at) == 1
    assert isinstance(camera.keeper.error, ZeroDivisionError)


def test_stopping_does_not_wait_for_a_decoder_that_hangs() -> None:
    awake = Event()
    camera = Camera(lambda: Fake(camera.clock, 1, lambda: awake.wait(60)), patience=Patience(read_timeout=DAY_S * 1000))
    camera.keeper.start()
    camera.until(lambda: bool(camera.frames))
    began = time.monotonic()
    camera.keeper.stop()
    assert time.monotonic() - began < 2 * PATIENCE_S + 2
    awake.set()


def test_a_reader_that_can_be_killed_is() -> None:
    """As those of `stream.sources.remote`: closing one ends the read that hangs."""

    class Killable(Fake):
        killable = True

        def frames(self) -> Iterator[Frame]:
            yield Frame(0, grey(BRIGHT), 0.0, self.clock.monotonic(), time=self.clock.wall())
            self.closed.wait(60)
            raise SourceError("killed")

    hung = Killable(TurnedClock(), 0, lose)
    camera = Camera(lambda: hung, lambda: Fake(camera.clock, 1, lose), refuse)
    hung.clock = camera.clock
    camera.keeper.start()
    camera.until(lambda: camera.keeper.status.connections == 2)
    camera.keeper.stop()
    assert hung.closed.is_set()
    assert camera.keeper.status.left_behind == 0
