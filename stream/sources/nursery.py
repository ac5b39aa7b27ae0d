"""Begins processes that read cameras. They come from one that has all they need loaded already: so they share its memory, and begin at once.

Where the system cannot fork such a process, or name it for good (Linux's pidfd), each is a program of its own.
"""

import os
import select
import signal
import socket
import subprocess
import sys
import weakref
from contextlib import suppress
from threading import Lock
from typing import BinaryIO, Protocol

# -P: not the `stream` of the folder we happen to be in
PROGRAM = [sys.executable, "-P", "-m", "stream.sources.reading"]
ALONE = "alone"
NUMBER = 8
"""Bytes of a process's number on the socket."""
PIPE_BYTES = 1 << 20
"""Asked of the system for the pipe from a reader: a frame of 1080p is 6 MB, in pieces of the usual 64 kB it takes long."""
F_SETPIPE_SZ = 1031
"""Linux only."""


class Reader(Protocol):
    """A process that reads one camera. It ends when `input` is closed, if not before."""

    pid: int
    input: BinaryIO
    output: BinaryIO

    def kill(self) -> None:
        """Returns when it is gone. May be called twice, by any thread."""
        ...


class _Forked:
    def __init__(self, pid: int, to: BinaryIO, by: BinaryIO) -> None:
        self.pid, self.input, self.output = pid, to, by
        self._handle: int | None = None
        with suppress(ProcessLookupError):  # it is gone already
            self._handle = os.pidfd_open(pid)
            weakref.finalize(self, os.close, self._handle)

    def kill(self) -> None:
        if self._handle is None:
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, signal.SIGKILL)
        gone = select.poll()
        gone.register(self._handle, select.POLLIN)
        gone.poll()


class _Program:
    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [*PROGRAM, ALONE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.pid = self._process.pid
        self.input: BinaryIO = self._process.stdin  # type: ignore[assignment]  # without text=True it is binary
        self.output: BinaryIO = self._process.stdout  # type: ignore[assignment]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Nursery:
    """The process that others are forked from; it is begun with the first of them, anew where it is gone, and ends with this one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: tuple[socket.socket, subprocess.Popen[bytes]] | None = None

    def begin(self) -> Reader:
        """Raises OSError: the system gives no process."""
        if not (hasattr(os, "pidfd_open") and hasattr(os, "fork")):
            return _Program()
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        try:
            with self._lock:
                pid = self._forked((theirs_in, theirs_out))
        except OSError:
            os.close(ours_in)
            os.close(ours_out)
            return _Program()
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        _widen(ours_out)
        return _Forked(pid, os.fdopen(ours_in, "wb", buffering=0), os.fdopen(ours_out, "rb", buffering=0))

    def _forked(self, handles: tuple[int, int]) -> int:
        for _ in range(2):  # one that was killed is begun anew
            channel, process = self._begun = self._begun or _begun()
            with suppress(OSError):
                socket.send_fds(channel, [b"!"], handles)
                number = channel.recv(NUMBER, socket.MSG_WAITALL)
                if len(number) == NUMBER:
                    return int.from_bytes(number)
            self._begun = None
            channel.close()
            process.kill()
            process.wait()
        raise OSError("no process was begun")


def _begun() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own program
            PROGRAM,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            # Threads do not survive a fork.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    return ours, process


def _widen(pipe: int) -> None:
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):  # a limit of the system
            fcntl.fcntl(pipe, F_SETPIPE_SZ, PIPE_BYTES)


NURSERY = Nursery()
