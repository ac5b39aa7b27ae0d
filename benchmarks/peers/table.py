"""A comparison for people."""

from rich.table import Table

from benchmarks.peers.entries import FLOOR
from benchmarks.peers.report import Comparison
from stream.bench.figure import Figure

HEADINGS = (
    "frames/s",
    "lowest to highest",
    "of decode",
    "CPU ms a frame",
    "MB",
    "start-up s",
    "warm-up s",
    "whole process s",
)


def table(found: Comparison) -> Table:
    """Medians of all rounds, a row a peer."""
    clip = found.clip
    shown = Table(
        "peer",
        "what",
        title=f"{clip.frames} frames of {clip.width} x {clip.height}, {clip.codec}; medians of {found.rounds}",
    )
    for heading in HEADINGS:
        shown.add_column(heading, justify="right")
    by_name = {(each.name, each.labels["peer"]): each for each in found.figures}
    floor = by_name.get(("peer_fps", FLOOR))
    for peer in found.peers:
        fps, cpu, memory, startup, warm_up, wall = (
            by_name[f"peer_{name}", peer.name]
            for name in ("fps", "cpu_ms", "memory_mb", "startup_s", "warm_up_s", "wall_s")
        )
        shown.add_row(
            peer.name,
            peer.what,
            f"{fps.value:.1f}",
            f"{fps.low:.1f} to {fps.high:.1f}",
            _share(fps, floor),
            f"{cpu.value:.1f}",
            f"{memory.value:.0f}",
            *(f"{each.value:.1f}" for each in (startup, warm_up, wall)),
        )
    return shown


def _share(fps: Figure, floor: Figure | None) -> str:
    return "-" if floor is None else f"{fps.value / floor.value:.0%}"
