"""Recordings made on the spot, and what is wrong with some: uneven or broken times, a turned picture, a header that lies."""

import struct
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer

from tests.faults.peers.scene import Scene, encoded

TICKS = 90_000
"""A second, in the units of MPEG-TS."""
LAST = TICKS // 25
"""How long the last frame of a recording is shown."""
PACKET = 188
MATROSKA_DURATION = b"\x44\x89\x88"
"""The element's number and its size: a float of 8 bytes."""
TURNED = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def write_recording(path: Path, scene: Scene, times: Sequence[float] | None = None) -> Path:
    """The scene in H.264 as .mp4, .ts or .mkv. `times`: when each frame was taken, in seconds; by itself evenly."""
    times = [index / scene.fps for index in range(scene.count)] if times is None else times
    return write_units(path, zip(encoded(scene), times, strict=True), scene.size)


def write_units(path: Path, units: Iterable[tuple[bytes, float]], size: tuple[int, int]) -> Path:
    """Access units, each with its time in seconds. `size` is what the header says; the index of a .mp4 is at the start."""
    options = {"movflags": "faststart"} if path.suffix == ".mp4" else {}
    formats = {".mp4": "mp4", ".ts": "mpegts", ".mkv": "matroska"}
    with av.open(str(path), "w", format=formats[path.suffix], options=options) as container:
        mux(container, units, size)
    return path


def mux(container: OutputContainer, units: Iterable[tuple[bytes, float]], size: tuple[int, int]) -> None:
    """Puts access units into a container as its one stream, until there are no more."""
    stream = container.add_mux_stream("h264", width=size[0], height=size[1], time_base=Fraction(1, TICKS))
    for unit, seconds in units:
        packet = av.Packet(unit)
        packet.stream, packet.time_base = stream, Fraction(1, TICKS)
        packet.pts = packet.dts = round(seconds * TICKS)
        packet.duration = LAST  # else the last frame of a .mp4 has no length, and players leave it out
        packet.is_keyframe = is_key(unit)
        container.mux(packet)


def is_key(unit: bytes) -> bool:
    """Only key frames begin with their parameters, which are of type 7."""
    return unit[unit.index(b"\0\0\1") + 3] & 31 == 7


def restamp(path: Path, stamp: Callable[[int, float], float]) -> Path:
    """Writes other time stamps into a .ts, as no honest writer would: they may jump, stand still or run backwards.

    Args:
        stamp: of a frame's number and its time in seconds, its new time. Times go round after 2^33 / 90000 s, or 26.5 h.
    """
    content, number = bytearray(path.read_bytes()), 0
    for start in range(0, len(content), PACKET):
        packet = content[start : start + PACKET]
        payload = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        if not packet[1] & 0x40 or packet[payload : payload + 3] != b"\0\0\1":
            continue  # no frame begins here
        kinds = packet[payload + 7] >> 6  # 2: when to show it; 3: when to decode it, too
        for at in (payload + 9, payload + 14)[: kinds - 1]:
            time = _stamp_of(packet[at : at + 5])
            packet[at : at + 5] = _stamped(packet[at] >> 4, round(stamp(number, time / TICKS) * TICKS))
        content[start : start + PACKET] = packet
        number += 1
    path.write_bytes(content)
    return path


def _stamp_of(field: bytearray) -> int:
    return (field[0] >> 1 & 7) << 30 | field[1] << 22 | field[2] >> 1 << 15 | field[3] << 7 | field[4] >> 1


def _stamped(kind: int, ticks: int) -> bytes:
    """33 bits in three pieces, with a 1 after each."""
    ticks %= 1 << 33
    return bytes(
        [
            kind << 4 | ticks >> 30 << 1 | 1,
            ticks >> 22 & 255,
            (ticks >> 15 & 127) << 1 | 1,
            ticks >> 7 & 255,
            (ticks & 127) << 1 | 1,
        ]
    )


def turn(path: Path, degrees: int) -> Path:
    """Writes into a .mp4 that players must turn its picture clockwise, as a phone held upright does: 90, 180 or 270."""
    content = bytearray(path.read_bytes())
    a, b, c, d = (each << 16 for each in TURNED[degrees])
    struct.pack_into(">9i", content, content.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


def misstate(path: Path, times: float) -> Path:
    """Makes the header of a .mkv claim so many times its length. (For a file of which the end is missing: `cut_short`.)"""
    content = bytearray(path.read_bytes())
    at = content.index(MATROSKA_DURATION) + len(MATROSKA_DURATION)
    (duration,) = struct.unpack_from(">d", content, at)
    struct.pack_into(">d", content, at, duration * times)
    path.write_bytes(content)
    return path
