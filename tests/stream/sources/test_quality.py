"""Pictures on which nothing can be seen are told from those of an empty river."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.picture import Picture, fit
from stream.sources.frame import Reason
from stream.sources.opening import Opening
from stream.sources.quality import FROZEN_S, GREY, Quality, blindness, percentiles
from stream.sources.video import Video
from tests.factories import frames_of, grey, patched, rippled, write_clip

SIDE = 150


def fitted(picture: Picture) -> Picture:
    return fit(picture, SIDE, SIDE)


def noisy(picture: Picture, seed: int, sigma: float = 1.0) -> Picture:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return (picture + noise).round().clip(0, 255).astype(np.uint8)


def fog(contrast: float, level: int = 170) -> Picture:
    """A scene with so much of its contrast left."""
    return (level + contrast * (rippled(100, 640, 480).astype(float) - 100)).round().astype(np.uint8)


def broken(share: float) -> Picture:
    """As a decoder leaves a frame whose lower part never came."""
    picture = rippled(90, 640, 480)
    picture[round(480 * (1 - share)) :] = GREY
    return picture


def lantern(level: int, share: float) -> Picture:
    """A black night with one bright spot that takes up so much of the picture."""
    picture = grey(3, 200, 100)
    picture.reshape(-1, 3)[: round(20_000 * share)] = level
    return picture


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        pytest.param(rippled(45, 640, 480), None, id="dusk"),
        pytest.param(rippled(230, 640, 480), None, id="bright day"),
        pytest.param(patched((300, 200, 500, 300), 200, (640, 480)), None, id="a ship at dusk"),
        pytest.param(grey(0), "dark", id="black"),
        pytest.param(noisy(grey(12, 640, 480), 1, 6), "dark", id="night with noise"),
        pytest.param(rippled(10, 640, 480), "dark", id="night"),
        pytest.param(lantern(250, 0.005), "dark", id="one lantern"),
        pytest.param(lantern(250, 0.05), None, id="a lit quay"),
        pytest.param(grey(200), "no_contrast", id="white wall"),
        pytest.param(noisy(grey(180, 640, 480), 1, 6), "no_contrast", id="covered lens with noise"),
        pytest.param(fog(0.1), "no_contrast", id="fog"),
        pytest.param(fog(0.5), None, id="haze"),
        pytest.param(grey(GREY, 640, 480), "corrupt", id="grey from the decoder"),
        pytest.param(broken(0.5), "corrupt", id="half a frame"),
        pytest.param(broken(0.2), None, id="a strip of it"),
        pytest.param(rippled(GREY, 640, 480), None, id="a scene of this level"),
    ],
)
def test_says_why_nothing_can_be_seen(picture: Picture, reason: Reason | None) -> None:
    assert blindness(fitted(picture)) == reason
    assert Quality().judge(picture, fitted(picture), 1.0) == reason


def test_the_decoders_grey_is_that_of_ffmpeg() -> None:
    """Y = U = V = 128 is what it conceals with; made BGR, it is no more than two levels away."""
    flat = np.full((24 * 3 // 2, 32), 128, np.uint8)
    picture = np.asarray(cv2.cvtColor(flat, cv2.COLOR_YUV2BGR_I420), np.uint8)
    assert blindness(fitted(picture)) == "corrupt"


def judged(pictures: list[tuple[float | None, Picture]], frozen: float = FROZEN_S) -> list[Reason | None]:
    quality = Quality(frozen)
    return [quality.judge(picture, fitted(picture), time) for time, picture in pictures]


def test_the_same_picture_for_long_is_a_camera_that_hangs() -> None:
    still = rippled(99)
    found = judged([(float(second), still) for second in range(int(FROZEN_S) + 5)])
    assert found == [None] * int(FROZEN_S) + ["frozen"] * 5


def test_the_same_few_pictures_again_and_again_are_one_too() -> None:
    """A hung encoder repeats its last picture, with each key frame in another quality."""
    found = judged([(second / 2, noisy(rippled(99, 640, 480), second % 5, 1.0)) for second in range(60)])
    assert found[:40] == [None] * 40
    assert found[-10:] == ["frozen"] * 10


def test_a_hung_encoder_hangs_in_a_video_too(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "hung.mp4", [99] * 300, fps=5, size=(160, 120))
    frames = frames_of(Video.from_file(path, Opening()))
    found = judged([(frame.media_time, frame.picture) for frame in frames if frame.picture is not None])
    assert found[:99] == [None] * 99
    assert found[-50:] == ["frozen"] * 50


@pytest.mark.parametrize("sigma", [0.5, 1.0, 4.0])
def test_the_noise_of_a_camera_is_life(sigma: float) -> None:
    """However still the scene is."""
    found = judged([(float(second), noisy(rippled(99, 640, 480), second, sigma)) for second in range(60)])
    assert found == [None] * 60


def test_it_sees_again_once_the_picture_moves() -> None:
    pictures: list[tuple[float | None, Picture]] = [(float(second), rippled(99)) for second in range(12)]
    pictures += [(float(second), rippled(99, turn=1)) for second in range(12, 24)]
    assert judged(pictures, 10) == [None] * 10 + ["frozen"] * 2 + [None] * 10 + ["frozen"] * 2


def test_still_pictures_never_freeze() -> None:
    assert judged([(None, rippled(99))] * 50) == [None] * 50


def test_a_dark_picture_is_dark_however_long() -> None:
    """Black is always the same, and no sign that the camera hangs."""
    assert judged([(float(second), grey(0)) for second in range(60)]) == ["dark"] * 60


def test_another_size_is_another_picture() -> None:
    sizes: list[tuple[float | None, Picture]] = [
        (time, rippled(99, *size))
        for time, size in ((0.0, (32, 24)), (6.0, (64, 48)), (12.0, (32, 24)), (21.0, (32, 24)))
    ]
    assert judged(sizes, 10) == [None] * 4


def test_what_it_compares_does_not_change_with_the_buffer_it_came_in() -> None:
    quality, buffer = Quality(10), rippled(99)
    assert quality.judge(buffer, fitted(buffer), 0.0) is None
    buffer[:] = rippled(120)
    assert quality.judge(buffer, fitted(buffer), 11.0) is None


@pytest.mark.parametrize("seed", range(5))
def test_levels_are_numpys(seed: int) -> None:
    random = np.random.default_rng(seed)
    for high in (1, 2, 20, 256):
        grey = random.integers(0, high, (SIDE, SIDE), np.uint8)
        assert percentiles(grey, 0.05, 0.95) == pytest.approx(np.percentile(grey, [5, 95]))
