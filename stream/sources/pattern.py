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
LENGTH, CROSSING_S = 620, 20.0
"""A barge takes so long from side to side, and as long again until the next one."""
SKY, WATER = (214, 196, 178), (120, 104, 84)
HULL, KEEL, HATCH, HOUSE = (44, 36, 38), (40, 40, 130), (110, 130, 90), (236, 236, 240)
"""BGR."""


class Pattern:
    """Water that moves, a sky, and a dark barge with a white wheelhouse that crosses every 40 s, at 5 frames a second."""

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
        _barge(picture, round(-LENGTH + phase * (WIDTH + LENGTH)))
    return picture


def _barge(picture: Picture, left: int) -> None:
    """Its stern is at `left`; with wheelhouse, hatches, mast and a raked bow, so that the network is sure of it all the way."""

    def shape(colour: tuple[int, int, int], *points: tuple[int, int]) -> None:
        cv2.fillPoly(picture, [np.array([(left + x, y) for x, y in points], np.int32)], colour)

    def block(colour: tuple[int, int, int], x: int, y: int, width: int, height: int) -> None:
        cv2.rectangle(picture, (left + x, y), (left + x + width, y + height), colour, cv2.FILLED)

    shape(HULL, (0, 400), (560, 400), (620, 380), (580, 460), (20, 460))
    shape(KEEL, (12, 440), (590, 440), (580, 460), (20, 460))
    block(HATCH, 170, 380, 360, 20)
    block(HOUSE, 30, 330, 110, 70)
    block(HOUSE, 45, 290, 70, 40)
    for x in range(50, 110, 20):
        block(HULL, x, 300, 12, 16)
    block(HULL, 570, 310, 4, 80)
