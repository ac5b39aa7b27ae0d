"""The test pattern: a live source that needs no camera, to try outputs and settings with."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from models.picture import Picture
from stream.sources.frame import Frame
from stream.sources.pace import Pace, Pacer

WIDTH, HEIGHT, FPS = 1280, 720, 5.0
HORIZON = 300
CROSSING_S = 20.0
"""A barge takes so long from side to side, and as long again until the next one."""
SKY, WATER, HULL, HOUSE = (214, 196, 178), (120, 104, 84), (44, 36, 38), (236, 236, 240)
"""BGR."""


class Pattern:
    """Water that moves, a sky, and a dark barge with a white house that crosses every 40 s, at 5 frames a second."""

    camera, shown, decoder = "test", "test pattern", "none"
    live, timed = True, True
    killable = False
    fps: float | None = FPS
    expected: int | None = None
    files: Sequence[Path] = ()

    def __init__(self, pace: Pace = Pace()) -> None:  # noqa: B008 - frozen
        self._pacer = Pacer(pace)

    def frames(self) -> Iterator[Frame | None]:
        began = time.monotonic()
        for index in range(10**12):
            time.sleep(max(0.0, began + index / FPS - time.monotonic()))
            media_time = index / FPS
            verdict = self._pacer.judge(media_time)
            if verdict == "stop":
                return
            if verdict == "skip":
                yield None
            else:
                yield Frame(index, draw(media_time), media_time, time.monotonic(), time=time.time())

    def close(self) -> None:
        """There is nothing to close."""


def draw(seconds: float) -> Picture:
    """The pattern at this time: uint8, (720, 1280, 3), BGR."""
    picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:HORIZON] = SKY
    rows = np.arange(HORIZON, HEIGHT, dtype=np.float32)[:, None]
    columns = np.arange(WIDTH, dtype=np.float32)[None, :]
    waves = np.sin(rows / 5 + 3 * seconds) * np.sin(columns / 37 + rows / 11 - 2 * seconds)
    picture[HORIZON:] = np.clip(np.array(WATER) + 18 * waves[..., None], 0, 255)
    phase = seconds % (2 * CROSSING_S) / CROSSING_S
    if phase < 1:
        left = round(-400 + phase * (WIDTH + 400))
        hull = np.array([(left, 400), (left + 400, 400), (left + 370, 450), (left + 30, 450)], np.int32)
        cv2.fillPoly(picture, [hull], HULL)
        cv2.rectangle(picture, (left + 40, 340), (left + 120, 400), HOUSE, cv2.FILLED)
    return picture
