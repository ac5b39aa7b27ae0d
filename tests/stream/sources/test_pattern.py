import time
from itertools import islice, pairwise

import numpy as np
import pytest

from models.picture import fit
from stream.sources.pace import Pace
from stream.sources.pattern import CROSSING_S, FPS, HEIGHT, WIDTH, Pattern, draw
from stream.sources.quality import Quality


def test_it_is_a_live_source_at_its_own_pace() -> None:
    pattern = Pattern()
    began = time.monotonic()
    frames = [frame for frame in islice(pattern.frames(), 6) if frame is not None]
    assert time.monotonic() - began >= 5 / FPS
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert [frame.media_time for frame in frames] == pytest.approx([index / FPS for index in range(6)])
    for before, after in pairwise(frames):
        assert after.arrived > before.arrived
    for frame in frames:
        assert frame.time == pytest.approx(time.time(), abs=60)
        assert frame.picture is not None
        assert frame.picture.shape == (HEIGHT, WIDTH, 3)
    assert (pattern.camera, pattern.live, pattern.timed, pattern.fps, pattern.expected) == ("test", True, True, 5, None)
    pattern.close()
    pattern.close()


def test_the_pace_counts_and_ends_it() -> None:
    pattern = Pattern(Pace(end=1.0, stride=2))
    assert [frame and frame.index for frame in pattern.frames()] == [0, None, 2, None, 4]


@pytest.mark.parametrize("seconds", [0.0, 10.0, 19.9, 30.0])
def test_something_is_to_be_seen_and_it_moves(seconds: float) -> None:
    quality = Quality()
    for step in range(25):
        picture = draw(seconds + step / FPS)
        assert quality.judge(picture, fit(picture, 150, 150), seconds + step / FPS) is None


def test_a_barge_crosses_and_is_gone_for_as_long() -> None:
    """It is the only thing as dark as its hull."""
    dark = [int((draw(second).max(axis=2) < 60).sum()) for second in range(int(4 * CROSSING_S))]
    seen = [each > 1000 for each in dark]
    first, gap, second, rest = seen[2:18], seen[20:40], seen[42:58], seen[60:]
    assert all(first)
    assert all(second)
    assert not any(gap)
    assert not any(rest)


def test_the_same_moment_is_the_same_picture() -> None:
    assert np.array_equal(draw(12.4), draw(12.4))
    assert not np.array_equal(draw(12.4), draw(12.6))
