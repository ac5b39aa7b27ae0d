"""Bringing items to a receiver that answers as it likes. The clock is turned; an hour of outage takes no time."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from threading import Event

import pytest

from stream.telling.delivery import IDLE_S, LONGEST_WAIT_S, Delivery
from stream.telling.item import TAKEN, Answer, Item
from stream.telling.outbox import Outbox
from tests.clocks import TurnedClock
from tests.faults.peers.subscriber import until
from tests.stream.telling.factories import numbered

pytestmark = pytest.mark.timeout(60)
AWAY, LATER, REFUSED = Answer("away", "nobody is there"), Answer("later", "not now"), Answer("refused", "404")


class SlowClock(TurnedClock):
    """Does not turn while somebody waits for a minute, but waits this many real seconds in its place; None: as any other."""

    def __init__(self, minutes: float | None = None) -> None:
        super().__init__()
        self.minutes = minutes

    def wait(self, event: Event, seconds: float) -> bool:
        if self.minutes is not None and seconds >= IDLE_S:
            return event.wait(self.minutes)
        return super().wait(event, seconds)


class Reader:
    """`tries`: when what was sent, by the clock. `answer`: to each item."""

    def __init__(self, clock: TurnedClock, answer: Callable[[int, int], Answer], refusals: int = 1) -> None:
        self.clock, self.answer, self.refusals = clock, answer, refusals
        self.tries: list[tuple[float, str, int]] = []
        self.got: list[tuple[str, int]] = []
        self.stopped = Event()

    def send(self, item: Item) -> Answer:
        number = json.loads(item.body)["n"]
        self.tries.append((self.clock.monotonic(), item.camera, number))
        answer = self.answer(number, len(self.tries))
        if answer.verdict == "taken":
            self.got.append((item.camera, number))
        return answer

    def cut(self) -> None:
        self.stopped.set()

    def of(self, camera: str) -> list[int]:
        return [number for each, number in self.got if each == camera]

    def gaps(self) -> list[float]:
        times = [each[0] for each in self.tries]
        return [round(later - earlier, 1) for earlier, later in pairwise(times)]


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox", 10**7) as found:
        yield found


def put(outbox: Outbox, camera: str, *numbers: int) -> None:
    for number in numbers:
        outbox.put("mqtt", camera, "new", numbered(number))
    assert outbox.flush(20)


def delivery(outbox: Outbox, reader: Reader) -> Delivery:
    return Delivery("mqtt", outbox, reader, reader.clock, draw=lambda: 0.5)


def test_all_are_brought_in_order(outbox: Outbox) -> None:
    put(outbox, "north", 1, 2, 3)
    reader = Reader(TurnedClock(), lambda *_: TAKEN)
    with delivery(outbox, reader) as bringing:
        until(lambda: len(reader.got) == 3, "three were brought")
        put(outbox, "north", 4)
        bringing.wake()
        until(lambda: len(reader.got) == 4, "the fourth was brought")
        assert bringing.troubled is None
    assert reader.of("north") == [1, 2, 3, 4]
    assert outbox.depths()["mqtt"] == 0


def test_who_is_away_is_asked_for_ever_ever_more_rarely(outbox: Outbox) -> None:
    put(outbox, "north", 1)
    put(outbox, "south", 2)
    reader = Reader(TurnedClock(), lambda _, tries: TAKEN if tries > 100 else AWAY)
    with delivery(outbox, reader) as bringing:
        until(lambda: len(reader.tries) > 50, "it was asked")
        assert str(bringing.troubled) == "nobody is there"
        until(lambda: len(reader.got) == 2, "it came back")
        assert bringing.troubled is None
    assert reader.gaps()[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(reader.gaps()[8:99]) == {60.0}
    assert {camera for _, camera, _ in reader.tries[:100]} == {"north"}, "one try for all, not one for each"


def test_who_is_back_gets_all_at_once(outbox: Outbox) -> None:
    """News that it is back end the wait. The wait of this test is a real one, of a minute."""
    back = Event()
    clock = SlowClock()
    reader = Reader(clock, lambda *_: TAKEN if back.is_set() else AWAY)
    put(outbox, "north", 1, 2)
    with delivery(outbox, reader) as bringing:
        until(lambda: len(reader.tries) > 8, "it is asked once a minute")
        clock.minutes = 30.0
        time.sleep(0.01)
        back.set()
        bringing.again()
        until(lambda: len(reader.got) == 2, "both were brought", 5)


def test_one_camera_that_is_put_off_holds_up_no_other(outbox: Outbox) -> None:
    put(outbox, "north", 1, 2)
    for number in range(10, 40):
        put(outbox, "south", number)
    reader = Reader(TurnedClock(), lambda number, tries: LATER if number == 1 and tries < 60 else TAKEN)
    with delivery(outbox, reader) as bringing:
        until(lambda: len(reader.of("south")) == 30, "the other camera's were brought")
        assert bringing.troubled in ("not now", None)
        until(lambda: len(reader.got) == 32, "the first camera's were brought, too")
    assert reader.of("south") == list(range(10, 40))
    assert reader.of("north") == [1, 2], "in order, though the first one took long"
    own = [at for at, _, number in reader.tries if number == 1]
    assert [round(b - a, 1) for a, b in pairwise(own)][:5] == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("refusals", [1, 5])
def test_what_is_refused_too_often_is_set_aside_and_said(outbox: Outbox, refusals: int) -> None:
    put(outbox, "north", 1, 2, 3)
    reader = Reader(SlowClock(0.01), lambda number, _: REFUSED if number == 2 else TAKEN, refusals)
    with delivery(outbox, reader) as bringing:
        until(lambda: len(reader.got) == 2, "the others were brought")
        until(lambda: outbox.lost["mqtt"] == 1, "it is counted")
        assert "was set aside, and is not sent again" in str(bringing.troubled)
        assert str(bringing.troubled).startswith("404; ")
    assert reader.of("north") == [1, 3]
    assert [number for _, _, number in reader.tries].count(2) == refusals
    assert outbox.depths()["mqtt"] == 0


def test_refusals_of_one_item_are_not_those_of_the_next(outbox: Outbox) -> None:
    put(outbox, "north", *range(8))
    reader = Reader(TurnedClock(), lambda _, tries: TAKEN if tries % 2 == 0 else REFUSED, refusals=2)
    with delivery(outbox, reader):
        until(lambda: len(reader.got) == 8, "all were brought")
    assert outbox.lost["mqtt"] == 0


@pytest.mark.parametrize(("asked", "waited"), [(0.0, 1.0), (30.0, 30.0), (10.0**9, LONGEST_WAIT_S)])
@pytest.mark.parametrize("verdict", ["away", "later"])
def test_a_wish_to_be_left_alone_is_respected_within_reason(
    outbox: Outbox, verdict: str, asked: float, waited: float
) -> None:
    put(outbox, "north", 1)
    wish = Answer(verdict, "too busy", asked)  # type: ignore[arg-type]
    reader = Reader(TurnedClock(), lambda _, tries: TAKEN if tries > 1 else wish)
    with delivery(outbox, reader):
        until(lambda: len(reader.got) == 1, "it was brought")
    assert reader.gaps() == [waited]


def test_whatever_a_receiver_raises_is_said_and_ends_nothing(outbox: Outbox) -> None:
    def clumsy(number: int, tries: int) -> Answer:
        if number == 1 and tries < 3:
            raise RuntimeError("stumbled")
        return TAKEN

    put(outbox, "north", 1, 2)
    reader = Reader(TurnedClock(), clumsy)
    with delivery(outbox, reader):
        until(lambda: len(reader.got) == 2, "both were brought")
    assert reader.of("north") == [1, 2]


def test_an_item_that_was_left_out_while_it_waited_is_not_waited_for(tmp_path: Path) -> None:
    size = len(numbered(10))
    with Outbox(tmp_path / "small", 10 * size) as outbox:
        put(outbox, "north", 10)
        go = Event()
        reader = Reader(TurnedClock(), lambda *_: TAKEN if go.is_set() else LATER)
        with delivery(outbox, reader) as bringing:
            until(lambda: len(reader.tries) > 3, "the first one is put off")
            put(outbox, "south", *range(20, 60))
            go.set()
            bringing.wake()
            until(lambda: outbox.depths()["mqtt"] == 0, "what was left was brought")
        assert len(reader.got) + outbox.lost["mqtt"] == 41


def test_close_brings_what_is_taken_at_once(outbox: Outbox) -> None:
    reader = Reader(TurnedClock(), lambda *_: TAKEN)
    bringing = delivery(outbox, reader)
    put(outbox, "north", *range(50))
    bringing.close(10)
    bringing.close(10)
    assert reader.of("north") == list(range(50))


def test_close_waits_for_nobody_who_is_away(outbox: Outbox) -> None:
    put(outbox, "north", 1)
    reader = Reader(TurnedClock(), lambda *_: AWAY)
    began = time.monotonic()
    bringing = delivery(outbox, reader)
    until(lambda: reader.tries, "it was asked")
    bringing.close(5)
    assert time.monotonic() - began < 3
    assert outbox.depths()["mqtt"] == 1


def test_close_cuts_short_a_send_that_hangs(outbox: Outbox) -> None:
    reader = Reader(TurnedClock(), lambda *_: (reader.stopped.wait(30), AWAY)[1])
    put(outbox, "north", 1)
    bringing = delivery(outbox, reader)
    until(lambda: reader.tries, "it is being sent")
    began = time.monotonic()
    bringing.close(0.3)
    assert time.monotonic() - began < 2
    assert reader.stopped.is_set()
    assert outbox.depths()["mqtt"] == 1
