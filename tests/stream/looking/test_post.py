"""One camera on its way: what is counted of it while its reader goes on."""

import sys
from collections.abc import Iterator
from threading import Event, Thread

import pytest

from models.errors import SourceError
from stream.looking.lanes import Lanes
from stream.looking.lookout import Lookout
from stream.looking.post import Post, Waiting
from stream.sources.clock import SystemClock
from stream.sources.frame import Frame
from stream.sources.source import Source


def nowhere() -> Source:
    raise SourceError("nobody there")


@pytest.fixture
def in_turns() -> Iterator[None]:
    """Threads give way to each other at every chance."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_counting_what_waits_while_frames_come(in_turns: None) -> None:
    lanes: Lanes[Waiting] = Lanes(0.02)
    post = Post(Lookout("north", nowhere, True, 0.5), lanes, 1, (150, 150), False, "", SystemClock())
    items, stop = post.lane.items, Event()
    items.extend((0.0, Waiting(Frame(index, None, 0.0, 0.0), (), ())) for index in range(200))

    def read() -> None:
        while not stop.is_set():
            items.append(items.popleft())

    reader = Thread(target=read)
    reader.start()
    try:
        found = {post.counts.waiting for _ in range(3000)}
    finally:
        stop.set()
        reader.join()
    assert found <= {199, 200}
