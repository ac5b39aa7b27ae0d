"""MPEG transport streams: files without a header."""

from pathlib import Path

PACKETS = ((0, 188), (4, 192))
"""Where their first packet begins, and how long each is."""
SYNC = 0x47


def is_transport_stream(path: Path) -> bool:
    """How many frames it holds can only be reckoned, from a frame rate that may be twice the true one."""
    with path.open("rb") as file:
        start = file.read(200)
    return len(start) == 200 and any(start[at] == start[at + size] == SYNC for at, size in PACKETS)
