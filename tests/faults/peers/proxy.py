"""The line between viewer and camera, which breaks on demand."""

import random
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import select
from threading import Event, Thread
from typing import Literal
from urllib.parse import urlsplit

from tests.faults.peers.ports import HOST, reserved_port

Mode = Literal["pass", "silent", "refuse", "reset", "slow", "garbage", "cut"]
TURN_S = 0.05
"""A change of mode is noticed within this time."""
PIECE = 65_536
CUT_FROM = 2000
"""Bytes in one piece that can only be of a picture: requests and descriptions are shorter."""
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER: closing resets the connection."""


class Proxy:
    """Its behaviour can be switched at any time, by `mode`, for open connections too.

    - pass: all is forwarded
    - silent: connections are accepted and held, nothing is forwarded
    - refuse: open connections are closed, new ones refused
    - reset: open and new connections are reset
    - slow: `rate` bytes a second and connection reach the viewer
    - garbage: of what reaches the viewer, a share `spoilt` of bytes is another, from now on the same ones for a seed
    - cut: a connection is closed in the middle of the next picture
    """

    def __init__(self, port: int, target: int, seed: int, rate: int, spoilt: float) -> None:
        self.port, self.target, self.rate, self.spoilt = port, target, rate, spoilt
        self.accepted = 0
        self._mode: Mode = "pass"
        self._random = random.Random(seed)
        self._untouched = 0
        self._listening, self._ended = Event(), Event()
        self._threads: list[Thread] = []

    @property
    def mode(self) -> Mode:
        return self._mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        """New connections meet it from the moment this is done, open ones within `TURN_S`."""
        self._mode = mode
        self._settle()

    def through(self, url: str) -> str:
        """The same address, by way of this proxy."""
        parts = urlsplit(url)
        return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{self.port}")).geturl()

    def start(self) -> None:
        self._begin(self._listen)
        self._settle()

    def stop(self) -> None:
        """May be called twice."""
        self._ended.set()
        while self._threads:
            self._threads.pop().join()

    def _over(self) -> bool:
        return self._mode == "refuse" or self._ended.is_set()

    def _begin(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _settle(self) -> None:
        while self._listening.is_set() == (self.mode == "refuse") and not self._ended.wait(TURN_S / 10):
            pass

    def _listen(self) -> None:
        while not self._ended.is_set():
            if self._over():
                self._ended.wait(TURN_S)
                continue
            with socket.create_server((HOST, self.port)) as listener:
                self._listening.set()
                while not self._over():
                    if select([listener], [], [], TURN_S)[0]:
                        self.accepted += 1
                        self._begin(self._carry, listener.accept()[0])
            self._listening.clear()

    def _carry(self, viewer: socket.socket) -> None:
        with viewer, suppress(OSError), socket.create_connection((HOST, self.target)) as camera:
            for each in (viewer, camera):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pending = {viewer: b"", camera: b""}
            while not self._over():
                if self.mode == "reset":
                    viewer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
                    return
                if self.mode == "silent":
                    self._ended.wait(TURN_S)
                elif not self._forward(viewer, camera, pending):
                    return

    def _forward(self, viewer: socket.socket, camera: socket.socket, pending: dict[socket.socket, bytes]) -> bool:
        """A turn. False: the connection is at its end."""
        other = {viewer: camera, camera: viewer}
        willing = [each for each in pending if not pending[other[each]]]
        readable, writable, _ = select(willing, [each for each in pending if pending[each]], [], TURN_S)
        for each in readable:
            content = each.recv(PIECE)
            if not content:
                return False
            pending[other[each]] = content if each is viewer else self._spoil(content)
        for each in writable:
            content = pending[each]
            if each is viewer and self.mode == "cut" and len(content) >= CUT_FROM:
                viewer.sendall(content[: len(content) // 2])
                return False
            slow = each is viewer and self.mode == "slow"
            sent = each.send(content[: max(1, int(self.rate * TURN_S))] if slow else content)
            pending[each] = content[sent:]
            if slow:
                time.sleep(TURN_S)
        return True

    def _spoil(self, content: bytes) -> bytes:
        if self.mode != "garbage":
            return content
        spoilt = bytearray(content)
        while self._untouched < len(spoilt):
            spoilt[self._untouched] ^= self._random.randrange(1, 256)
            self._untouched += 1 + int(self._random.expovariate(self.spoilt))
        self._untouched -= len(spoilt)
        return bytes(spoilt)


@contextmanager
def proxy(target_port: int, seed: int = 1, rate: int = 2000, spoilt: float = 0.001) -> Iterator[Proxy]:
    """A running proxy before a server on this machine. RTSP must run over TCP to pass it."""
    with reserved_port() as port:
        line = Proxy(port, target_port, seed, rate, spoilt)
        line.start()
        try:
            yield line
        finally:
            line.stop()
