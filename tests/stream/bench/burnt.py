"""Clips of which each frame says its number, in blocks of black and white."""

from pathlib import Path

import av
import numpy as np

from models.picture import Picture

BITS, BLOCK = 8, 16
SIZE = (BITS * BLOCK, 96)


def write_burnt(path: Path, frames: int, fps: int = 25, b_frames: int = 0) -> Path:
    """H.264 in MP4, a key frame a second; noise below the number, which moves."""
    noise = np.random.default_rng(1).integers(60, 200, (SIZE[1] // 8, SIZE[0] // 8, 3), np.uint8)
    with av.open(str(path), "w") as file:
        options = {"preset": "veryfast", "bf": str(b_frames), "b-adapt": "0", "g": str(fps)}
        stream = file.add_stream("libx264", rate=fps, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            picture = np.roll(noise, number, 1).repeat(8, 0).repeat(8, 1)
            picture[:BLOCK] = np.repeat([255 * (number >> bit & 1) for bit in range(BITS)], BLOCK)[None, :, None]
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        file.mux(stream.encode(None))
    return path


def number_in(picture: Picture) -> int:
    """What the blocks say."""
    middle = picture[BLOCK // 2, BLOCK // 2 :: BLOCK, 1]
    return sum(1 << bit for bit, level in enumerate(middle) if level > 128)
