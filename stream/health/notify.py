"""A word to systemd: the watch is ready, still turns, ends. The protocol of sd_notify: datagrams of `NAME=value` lines."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

from models.closing import Closing


class Notifier(Closing):
    """Says nothing where nobody asked for it, and waits for nobody.

    Args:
        environ: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them.
    """

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._every = _beats_s(environ)
        self._beaten: float | None = None
        self._ready, self._status = False, ""
        self._socket: socket.socket | None = None
        if self._address and hasattr(socket, "AF_UNIX"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)

    @property
    def wanted(self) -> bool:
        """Whether anybody listens."""
        return self._socket is not None

    def turned(self, status: str, now: float) -> None:
        """The watch has turned. Tells what is new of it: READY once, STATUS when it changes, WATCHDOG twice in the time that systemd waits for it.

        Args:
            status: a sentence.
            now: monotonic clock, in seconds.
        """
        words = [] if self._ready else ["READY=1"]
        if status != self._status:
            words.append(f"STATUS={' '.join(status.split())}")
        beats = self._every is not None and (self._beaten is None or now - self._beaten >= self._every)
        if beats:
            words.append("WATCHDOG=1")
        if words and self._send(*words):
            self._ready, self._status = True, status
            self._beaten = now if beats else self._beaten

    def close(self) -> None:
        """The watch ends, in order. May be called twice."""
        if self._socket is not None:
            self._send("STOPPING=1", "STATUS=ending")
            self._socket.close()
            self._socket = None

    def _send(self, *words: str) -> bool:
        """What did not go is told again with the next turn."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.sendto("\n".join(words).encode(), self._address)
                return True
        return False


def _beats_s(environ: Mapping[str, str]) -> float | None:
    """Seconds between two beats, half of what systemd waits for; None where it does not, or for another process."""
    limit, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not limit.isdigit() or not int(limit) or process not in ("", str(os.getpid())):
        return None
    return int(limit) / 2_000_000
