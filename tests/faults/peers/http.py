"""Cameras over HTTP: motion JPEG, an endless MPEG-TS, HLS whose playlist advances, and a recording with a length."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Literal

import av

from tests.faults.peers.answer import begin
from tests.faults.peers.feed import Feed
from tests.faults.peers.playlist import Playlist
from tests.faults.peers.ports import HOST
from tests.faults.peers.recording import mux, write_units
from tests.faults.peers.scene import RIVER, Look, Scene, Shown, encoded

Kind = Literal["mjpeg", "mpegts", "hls", "mp4"]
BOUNDARY = "picture"


@dataclass(frozen=True)
class HttpCamera:
    """`url` of a camera and its port."""

    url: str
    port: int
    feed: Feed

    def show(self, look: Shown) -> None:
        """From now on, all viewers see this, or wait ("nothing"). Of mp4: who comes from now on."""
        self.feed.look = look


@contextmanager
def http_camera(
    kind: Kind,
    size: tuple[int, int] = (1280, 720),
    fps: int = 5,
    pattern: Scene = RIVER,
    look: Shown = "river",
    stall_after: int | None = None,
) -> Iterator[HttpCamera]:
    """A running server of one camera; its size and rate are `size` and `fps`, not the pattern's.

    Args:
        look: what it shows at first. A mp4 shows the pattern first, then this.
        stall_after: it keeps viewers waiting for ever after so many frames; 0: before the first one, but after the
            header of the answer. Of hls: after so many in all.
    """
    feed = Feed(replace(pattern, size=size, fps=fps), look, stall_after)
    with TemporaryDirectory() as folder:
        playlist = Playlist(Path(folder), feed)
        send, name = _answers(kind, feed, Path(folder), playlist)
        with ThreadingHTTPServer((HOST, 0), _handler(send)) as server:
            threads = [Thread(target=server.serve_forever, args=(0.05,))]
            threads += [Thread(target=playlist.advance)] if kind == "hls" else []
            for thread in threads:
                thread.start()
            try:
                yield HttpCamera(f"http://{HOST}:{server.server_port}/{name}", server.server_port, feed)
            finally:
                feed.ended.set()
                server.shutdown()
                for thread in threads:
                    thread.join()


Sender = Callable[[BaseHTTPRequestHandler], None]


def _answers(kind: Kind, feed: Feed, folder: Path, playlist: Playlist) -> tuple[Sender, str]:
    """What answers a request, and the name of what can be asked for."""
    if kind == "mjpeg":
        return lambda request: _send_pictures(request, feed), "north.mjpg"
    if kind == "mpegts":
        return lambda request: _send_transport_stream(request, feed), "north.ts"
    if kind == "hls":
        return playlist.send, "north.m3u8"
    return lambda request: _send_recording(request, feed, folder), "north.mp4"


def _handler(send: Sender) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with suppress(OSError):  # the viewer has left
                send(self)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler


def _send_pictures(request: BaseHTTPRequestHandler, feed: Feed) -> None:
    answer = begin(request, f"multipart/x-mixed-replace;boundary={BOUNDARY}")
    for picture, _ in feed.units(jpeg=True):
        answer.write(b"--%s\r\nContent-Type: image/jpeg\r\n" % BOUNDARY.encode())
        answer.write(b"Content-Length: %d\r\n\r\n%s\r\n" % (len(picture), picture))


def _send_transport_stream(request: BaseHTTPRequestHandler, feed: Feed) -> None:
    answer = begin(request, "video/mp2t")
    options = {"flush_packets": "1"}
    with av.open(answer, "w", format="mpegts", options=options) as container:
        mux(container, feed.units(), feed.scene.size)


def _send_recording(request: BaseHTTPRequestHandler, feed: Feed, folder: Path) -> None:
    """All of it, or all up to the frame after which it stalls."""
    looks: list[Look] = ["river", *([] if feed.look == "nothing" or feed.look == "river" else [feed.look])]
    units = [unit for look in looks for unit in encoded(feed.scene.looking(look))]
    path = folder / f"{'-'.join(looks)}.mp4"
    write_units(path, ((unit, index / feed.scene.fps) for index, unit in enumerate(units)), feed.scene.size)
    content = path.read_bytes()
    answer = begin(request, "video/mp4", len(content))
    stalled = feed.stall_after if feed.look != "nothing" else 0
    answer.write(content if stalled is None else content[: _end_of(path, stalled)])
    answer.flush()
    if stalled is not None:
        feed.ended.wait()


def _end_of(path: Path, frames: int) -> int:
    """Where in a recording so many of its frames end."""
    with av.open(str(path)) as container:
        places = [(packet.pos or 0, packet.size) for packet in container.demux(video=0) if packet.size]
    return sum(places[frames - 1]) if frames else places[0][0]
