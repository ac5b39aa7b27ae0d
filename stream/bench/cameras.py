"""A clip as live network cameras, played by a process of its own, see `stream.bench.playing`."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from models.closing import Closing
from models.errors import SourceError

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Played:
    """`starts`: of each camera when frame 0 of each of its connections was due, in seconds of the monotonic clock. `late`: seconds by which
    the player itself was late at most since it was last asked; what a reader holds up does not count.
    """

    starts: dict[int, tuple[float, ...]]
    late: float


class Cameras(Closing):
    """The process that plays. It ends with this one, whatever becomes of that.

    It holds the clip, and all that was sent since the start, once for all cameras: 1 MB a second at 8 Mbit/s.

    Args:
        clip: a recording that begins with a key frame. B-frames come late by their place, as from a camera.
        count: of cameras.
        seed: of the phases, in which cameras differ.

    Raises:
        SourceError: the clip cannot be read, or says no frame rate.
    """

    def __init__(self, clip: Path, count: int, seed: int = 0) -> None:
        self._process = subprocess.Popen(
            # -P: not the `stream` of the folder we happen to be in
            [sys.executable, "-P", "-m", "stream.bench.playing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            opened = self._ask({"clip": str(clip.absolute()), "count": count, "seed": seed})
            if "trouble" in opened:
                raise SourceError(f"cannot play {clip} as a camera: {opened['trouble']}; give a recording that plays")
        except BaseException:
            self.close()
            raise
        self.fps: float = opened["fps"]
        """Frames a second of each."""
        self.urls = [f"http://{HOST}:{opened['port']}/{number}.nut" for number in range(count)]

    @property
    def pid(self) -> int:
        return self._process.pid

    def played(self) -> Played:
        """Raises SourceError: the process is gone."""
        answer = self._ask({})
        return Played({int(name): tuple(starts) for name, starts in answer["starts"].items()}, answer["late"])

    def close(self) -> None:
        """May be called twice."""
        self._process.kill()
        self._process.wait()
        for pipe in self._pipes:
            with suppress(OSError):
                pipe.close()

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout

    def _ask(self, what: dict[str, Any]) -> dict[str, Any]:
        to, by = self._pipes
        with suppress(OSError):
            to.write(json.dumps(what).encode() + b"\n")
            to.flush()
        line = by.readline()
        if not line:
            raise SourceError(f"the process that plays cameras is gone (exit code {self._process.wait()}); try again")
        answer: dict[str, Any] = json.loads(line)
        return answer
