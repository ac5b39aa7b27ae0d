"""The process that plays a clip as cameras: `python -m stream.bench.playing`, started by `stream.bench.cameras`.

Each camera is an address that sends a frame at a time, when it is due. Who reads late finds what waits, and frames go on being due when
they were: nobody can slow a camera down.
"""

import asyncio
import itertools
import json
import math
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import av

from models.errors import reason
from stream.bench.cameras import HOST

FOUND = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n"
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CONTAINER = "nut"
"""It says how long each frame is, so that a reader has it when it is sent: 1080p25 within 3 ms. Of MPEG-TS, FFmpeg knows that a frame is
whole when the next but one comes, after 83 ms, which would be told of this machine."""
PRIORITY = -10
"""Where it may, the player goes before what is measured: no real camera waits for this machine's processor."""


class Reel:
    """A clip without end: its packets again and again, time stamps going on, muxed when they are first asked for.

    Raises OSError, ValueError: the clip cannot be read, or says no frame rate.
    """

    def __init__(self, clip: Path) -> None:
        self._new = bytearray()
        self._chunks: list[bytes] = []
        with av.open(str(clip)) as file:
            video = file.streams.video[0] if file.streams.video else None
            if video is None or not video.average_rate or not video.time_base:
                raise ValueError("no video with a frame rate")
            self._packets = [packet for packet in file.demux(video) if packet.size]
            self._target = av.open(self, "w", format=CONTAINER, options={"flush_packets": "1"})
            self._stream = self._target.add_stream_from_template(video)
        self.fps = float(video.average_rate)
        self._length = round(len(self._packets) / video.average_rate / video.time_base)
        self._stamps = [(packet.pts or 0, packet.dts or 0, packet.time_base) for packet in self._packets]
        self[0]  # what cannot be muxed is told now

    def __getitem__(self, number: int) -> bytes:
        """What is sent of one frame."""
        while len(self._chunks) <= number:
            loop, at = divmod(len(self._chunks), len(self._packets))
            packet, (pts, dts, base) = self._packets[at], self._stamps[at]
            packet.pts, packet.dts, packet.time_base = pts + loop * self._length, dts + loop * self._length, base
            packet.stream = self._stream
            self._target.mux(packet)
            self._chunks.append(bytes(self._new))
            self._new.clear()
        return self._chunks[number]

    def write(self, content: bytes) -> int:
        """For the muxer."""
        self._new += content
        return len(content)


class Player:
    """Sends to whoever asks for /0.nut, /1.nut and so on. Connections begin on whole seconds, each camera's later by its phase."""

    def __init__(self, reel: Reel, count: int, seed: int) -> None:
        self.reel = reel
        draw = random.Random(seed)
        self._phases = {f"/{number}.nut": draw.random() for number in range(count)}
        self._starts: dict[str, list[float]] = {path: [] for path in self._phases}
        self._late = 0.0

    def played(self) -> dict[str, Any]:
        late, self._late = self._late, 0.0
        return {"starts": dict(enumerate(self._starts.values())), "late": late}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Who asked has left, or asks nonsense.
        with suppress(OSError, EOFError, IndexError, asyncio.LimitOverrunError):
            path = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace").split()[1]
            if path in self._phases:
                await self._send(path, writer)
            writer.write(MISSING)
            await writer.drain()
        writer.close()

    async def _send(self, path: str, writer: asyncio.StreamWriter) -> None:
        start = math.ceil(time.monotonic()) + self._phases[path]
        self._starts[path].append(start)
        writer.write(FOUND)
        held = False
        for number in itertools.count():
            due = start + number / self.reel.fps
            left = due - time.monotonic()
            held = held and left < 0  # who was held up is late until it has caught up
            await asyncio.sleep(max(0.0, left))
            if not held:
                self._late = max(self._late, time.monotonic() - due)
            writer.write(self.reel[number])
            held = held or writer.transport.get_write_buffer_size() > 0
            await writer.drain()


def main() -> None:
    """Answers each line of JSON on standard input with one; the first says what to play. Ends when that does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that measures
    with suppress(OSError, AttributeError):  # not everybody may, nor has every system such a thing
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    what = json.loads(sys.stdin.readline())
    try:
        player = Player(Reel(Path(what["clip"])), what["count"], what["seed"])
    except (OSError, ValueError) as error:  # FFmpeg's are of these
        _say({"trouble": reason(error)})
    else:
        asyncio.run(_play(player))


async def _play(player: Player) -> None:
    server = await asyncio.start_server(player.answer, HOST, 0)
    _say({"port": server.sockets[0].getsockname()[1], "fps": player.reel.fps})
    Thread(target=_report, args=(player,), daemon=True).start()
    await server.serve_forever()


def _report(player: Player) -> None:
    for _ in sys.stdin:
        _say(player.played())
    os._exit(0)


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
