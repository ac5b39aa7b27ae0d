"""Hours in small: several paced RTSP cameras, and every frame accounted for. `make faults` lets it run for 20 minutes."""

import os

import pytest

from benchmarks.live import measure
from tests.faults.peers.rtsp import missing

SECONDS = float(os.environ.get("RIVEREYE_SOAK_S", "30"))
LONG_S = 600.0
"""Memory and file handles are judged from this length on; before that, buffers still grow to their size."""
MOST_MB_AN_HOUR, MOST_HANDLES_AN_HOUR = 30.0, 3.0

pytestmark = [
    pytest.mark.timeout(SECONDS + 240),
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
]


def test_four_cameras_lose_no_frame_unseen_and_leak_nothing() -> None:
    found = measure(4, (1280, 720), 5, SECONDS, [])
    assert found["exit_code"] == 0, found
    assert found["seconds_to_end"] < 5, found
    read = found["read_looked_skipped_dropped"]
    assert len(read) == 4
    for camera, (
        came,
        looked,
        skipped,
        dropped,
        *_,
    ) in read.items():  # under load the reasons follow, each with its number
        assert came == looked + skipped + dropped, camera
    unaccounted = [line for line in found["said"] if "unaccounted" in line]
    assert unaccounted == []
    assert found["judged"] > 0.5 * 4 * 5 * (SECONDS - 10), found
    if SECONDS >= LONG_S:
        assert found["rss_slope_mb_an_hour"] < MOST_MB_AN_HOUR, found
        assert found["handles_slope_an_hour"] < MOST_HANDLES_AN_HOUR, found
