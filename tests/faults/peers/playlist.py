"""HLS: a folder of segments, and a playlist of the latest that advances."""

from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Condition
from urllib.parse import urlsplit

from tests.faults.peers.answer import begin
from tests.faults.peers.feed import Feed
from tests.faults.peers.recording import is_key, write_units

LISTED, KEPT = 4, 8
"""Segments in the playlist, and on disk."""
LONGEST_S = 2
"""A segment is a second long; where what is shown has changed, longer."""
WAIT_S = 0.1


@dataclass
class Playlist:
    folder: Path
    feed: Feed
    lengths: list[float] = field(default_factory=list)
    """Of all segments so far, in seconds."""
    changed: Condition = field(default_factory=Condition)

    def advance(self) -> None:
        """Writes segments until the feed ends."""
        units: list[tuple[bytes, float]] = []
        for unit, seconds in self.feed.units():
            if units and is_key(unit) and seconds - units[0][1] >= 1:
                write_units(self.folder / f"{len(self.lengths)}.ts", units, self.feed.scene.size)
                with self.changed:
                    self.lengths.append(seconds - units[0][1])
                    self.changed.notify_all()
                (self.folder / f"{len(self.lengths) - KEPT}.ts").unlink(missing_ok=True)
                units = []
            units.append((unit, seconds))

    def send(self, request: BaseHTTPRequestHandler) -> None:
        """The playlist, as soon as a segment is in it, or a segment."""
        name = urlsplit(request.path).path.strip("/")
        if name.endswith(".m3u8"):
            content = self.text().encode()
            begin(request, "application/vnd.apple.mpegurl", len(content)).write(content)
        elif (path := self.folder / name).is_file():
            content = path.read_bytes()
            begin(request, "video/mp2t", len(content)).write(content)
        else:
            request.send_error(404)

    def text(self) -> str:
        with self.changed:
            while not self.lengths and not self.feed.ended.is_set():
                self.changed.wait(WAIT_S)
        first = max(0, len(self.lengths) - LISTED)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{LONGEST_S}", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        for number in range(first, len(self.lengths)):
            lines += [f"#EXTINF:{self.lengths[number]:.3f},", f"{number}.ts"]
        return "\n".join(lines) + "\n"
