"""What a camera of the tests looks at: moving water, now and then a ship, every frame foretold by a seed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Literal, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from models.picture import Picture

Look = Literal["river", "frozen", "dark", "fog", "smaller"]
"""Water with ships; the same picture for ever; night; no contrast; water in half the width and height."""
Shown = Look | Literal["nothing"]
"""What a camera shows; "nothing": it keeps its viewers waiting."""
SHIP = 235
"""Level of grey of a ship."""
BITS, MARK_HEIGHT = 16, 1 / 24
"""Each frame bears its number in black and white blocks along its upper edge, this share of its height."""
BRIGHTER, DARKER = 255, 0


@dataclass(frozen=True)
class Scene:
    """`seconds` of a camera's view, after which it begins anew. The same scene gives the same frames.

    `size`: width and height in pixels. `water`: mean level of grey, 0 to 255. `waves`: standard deviation
    of it. `ships`: from when to when a bright rectangle crosses, in seconds. `still`: no frame differs
    from the first one, its number included.
    """

    seed: int = 1
    size: tuple[int, int] = (1280, 720)
    fps: int = 5
    seconds: int = 10
    water: int = 90
    waves: float = 12
    ships: tuple[tuple[float, float], ...] = ((3, 6),)
    still: bool = False

    @property
    def count(self) -> int:
        return self.fps * self.seconds

    def picture(self, index: int) -> Picture:
        """Frame number `index`, from 0: uint8, (height, width, 3), BGR."""
        index = 0 if self.still else index
        width, height = self.size
        near, far = _texture(self.seed, self.size), _texture(self.seed + 1000, self.size)
        step = max(1, width // 200)
        waves = np.roll(near, 3 * step * index, axis=1) + np.roll(far, -2 * step * index, axis=(0, 1))
        grey = (self.water + waves * (self.waves / np.sqrt(2))).clip(0, 255).astype(np.uint8)
        for begin, end in self.ships:
            if begin <= index / self.fps < end:
                left = int((index / self.fps - begin) / (end - begin) * width * 0.8)
                grey[height // 2 : height // 2 + height // 8, left : left + width // 5] = SHIP
        block = width // BITS
        for bit in range(BITS):
            grey[: int(height * MARK_HEIGHT), bit * block : (bit + 1) * block] = (
                BRIGHTER if index >> bit & 1 else DARKER
            )
        return cast(Picture, np.repeat(grey[:, :, None], 3, axis=2))

    def looking(self, look: Look) -> "Scene":
        """The same camera, of which something is the matter."""
        width, height = self.size
        changes: dict[Look, Scene] = {
            "river": self,
            "frozen": replace(self, still=True, seconds=1),
            "dark": replace(self, water=4, waves=1, ships=(), seconds=1),
            "fog": replace(self, water=150, waves=0.5, ships=(), seconds=1),
            "smaller": replace(self, size=(width // 4 * 2, height // 4 * 2)),
        }
        return changes[look]


RIVER = Scene()


def number_of(picture: Picture) -> int:
    """The number that a frame bears, also after it went through an encoder."""
    height, width = picture.shape[:2]
    row = picture[int(height * MARK_HEIGHT / 2), :, 1]
    block = width // BITS
    return sum(1 << bit for bit in range(BITS) if row[bit * block + block // 2] > 127)


@lru_cache(maxsize=64)
def encoded(scene: Scene) -> tuple[bytes, ...]:
    """The scene in H.264, an access unit (Annex B) a frame, with a key frame and the parameters for it every second."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = scene.size
    context.pix_fmt, context.framerate, context.gop_size = "yuv420p", Fraction(scene.fps), scene.fps
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": "26",
        "x264-params": f"scenecut=0:repeat-headers=1:keyint={scene.fps}:sliced-threads=0:threads=2",
    }
    packets = [packet for frame in _frames(scene) for packet in context.encode(frame)] + context.encode(None)
    return tuple(bytes(packet) for packet in packets)


@lru_cache(maxsize=64)
def as_jpegs(scene: Scene) -> tuple[bytes, ...]:
    """The scene as JPEG files, one a frame."""
    return tuple(cv2.imencode(".jpg", scene.picture(index))[1].tobytes() for index in range(scene.count))


def _frames(scene: Scene) -> Iterable[av.VideoFrame]:
    for index in range(scene.count):
        frame = av.VideoFrame.from_ndarray(scene.picture(index), format="bgr24")
        frame.pts = index
        yield frame


@lru_cache(maxsize=16)
def _texture(seed: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Smooth noise with a mean of 0 and a deviation of 1, wide waves rather than grains."""
    width, height = size
    coarse = np.random.default_rng(seed).normal(0, 1, (max(2, height // 8), max(2, width // 24))).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray((smooth - smooth.mean()) / smooth.std(), np.float32)
