"""What systemd is told, on a real socket of its kind."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream.health.notify import Notifier

LIMIT_S = 20


@pytest.fixture(params=["file", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """The socket, and how the environment names it."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@rivereye-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0", 1))
        listening.setblocking(False)
        yield listening, name


def heard(listening: socket.socket) -> list[str]:
    try:
        return listening.recv(4096).decode().splitlines()
    except BlockingIOError:
        return []


def test_it_says_each_thing_when_it_is_due(listener: tuple[socket.socket, str]) -> None:
    listening, name = listener
    notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": str(LIMIT_S * 10**6)})
    assert notifier.wanted
    notifier.turned("1 of 1\ncameras", 100.0)
    assert heard(listening) == ["READY=1", "STATUS=1 of 1 cameras", "WATCHDOG=1"]
    notifier.turned("1 of 1\ncameras", 109.0)
    assert heard(listening) == []
    notifier.turned("none", 109.5)
    assert heard(listening) == ["STATUS=none"]
    notifier.turned("none", 110.0)
    assert heard(listening) == ["WATCHDOG=1"]
    notifier.close()
    assert heard(listening) == ["STOPPING=1", "STATUS=ending"]
    notifier.close()
    assert heard(listening) == []


@pytest.mark.parametrize("rest", [{}, {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "0"}])
def test_the_watchdog_may_be_another_s_or_nobody_s(listener: tuple[socket.socket, str], rest: dict[str, str]) -> None:
    listening, name = listener
    notifier = Notifier({"NOTIFY_SOCKET": name, **rest})
    notifier.turned("", 1.0)
    assert heard(listening) == ["READY=1"]
    notifier.turned("", 100.0)
    assert heard(listening) == []
    notifier.close()


def test_nobody_asked() -> None:
    notifier = Notifier({"WATCHDOG_USEC": "1000"})
    assert not notifier.wanted
    notifier.turned("well", 1.0)
    notifier.close()


def test_what_did_not_go_is_told_again(tmp_path: Path) -> None:
    """Whoever listens may come late, and may be slow: nobody waits for it, and nothing is forgotten."""
    place = tmp_path / "notify"
    notifier = Notifier({"NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "2000000"})
    notifier.turned("well", 1.0)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(place))
        listening.setblocking(False)
        notifier.turned("well", 1.5)
        assert heard(listening) == ["READY=1", "STATUS=well", "WATCHDOG=1"]
        for turn in range(5000):  # more than its queue holds
            notifier.turned(f"status {turn}", 1.6)
        while heard(listening):
            pass
        notifier.turned("at last", 1.7)
        assert heard(listening) == ["STATUS=at last"]
    notifier.close()
