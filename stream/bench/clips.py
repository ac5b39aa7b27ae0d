"""Clips to measure with, drawn from a seed and encoded as an IP camera does; and what a clip is, read from the file itself."""

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from models.errors import OutputError, SourceError, reason
from models.moving import move_to_free
from models.outputs import check_file
from models.picture import Picture
from stream.bench.leftovers import none_of
from stream.bench.report import Clip

NAMES = ("water", "quiet", "busy")
BITS_A_PIXEL = {"water": 0.16, "quiet": 0.08, "busy": 0.12}  # at 1080p25 some 8, 4 and 6 Mbit/s, as cameras are set
TILE, STEPS = 2048, ((2, 3), (-3, 1), (1, -4))
"""Side of the waves' tile, which repeats; how far it moves in a frame (x, y), three times over: together they boil. In the tile's pixels."""
SHORE, BANK = 0.44, 0.25  # where water begins, and the far bank's trees, in heights of the picture
DEEP, PALE, GLINT = (56, 64, 46), (104, 110, 94), (190, 192, 184)  # of water, BGR


def make_clip(
    path: Path,
    name: str,
    seed: int,
    seconds: float = 10.0,
    size: tuple[int, int] = (1920, 1080),
    fps: int = 25,
    overwrite: bool = False,
    tell: Callable[[], None] = lambda: None,
) -> None:
    """Draws a clip and writes it as H.264 in MP4, whole or not at all; until then it is held in memory.

    `water` moves everywhere, all the time. `quiet` is a river where nothing moves but the noise of the sensor. `busy` has moving water,
    vessels and birds that pass, and trees in the wind. Same arguments and library versions give the same bytes.
    `seed`: 0 or more. `seconds`: at least one frame is made. `size`: width and height, both even. `tell`: called after each frame.

    Raises:
        OutputError: it exists and `overwrite` is false, or cannot be written.
    """
    check_file(path, overwrite)
    pictures = _drawn(name, np.random.default_rng([seed, NAMES.index(name)]), max(1, round(seconds * fps)), size)
    content = _coded(pictures, size, fps, round(BITS_A_PIXEL[name] * size[0] * size[1] * fps), tell)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        draft.write_bytes(content)
        draft.replace(path) if overwrite else move_to_free(draft, path)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {reason(error)}; choose another place") from error
    finally:
        draft.unlink(missing_ok=True)


def make_clips(folder: Path, seed: int, seconds: float, overwrite: bool, console: Console) -> dict[str, Path]:
    """All of `NAMES` at 1080p25, as NAME.mp4. Returns where each is.

    Raises OutputError: one of them exists and `overwrite` is false (nothing is made then), or cannot be written.
    """
    paths = {name: folder / f"{name}.mp4" for name in NAMES}
    with none_of(folder), Progress(console=console) as bar:
        for path in paths.values():
            check_file(path, overwrite)
        tasks = {name: bar.add_task(f"making {name}", total=max(1, round(seconds * 25))) for name in NAMES}
        for name, path in paths.items():
            make_clip(path, name, seed, seconds, overwrite=overwrite, tell=partial(bar.advance, tasks[name]))
    return paths


def describe(path: Path, name: str, seed: int | None) -> Clip:
    """What a clip is, its packets counted, whatever its header says. `seed`: what it was made from, None where it was given.

    Raises:
        SourceError: it cannot be read, or is no video.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            with av.open(file, "r") as container:
                video = container.streams.video[0]
                sizes = [packet.size for packet in container.demux(video) if packet.size]
                fps, codec = float(video.average_rate or video.guessed_rate or 0), video.codec_context
                shape = {"width": codec.width, "height": codec.height, "fps": fps, "codec": codec.name}
        rate = 8e-6 * sum(sizes) * fps / len(sizes)
    except (av.FFmpegError, OSError, IndexError, ZeroDivisionError) as error:
        why = getattr(error, "strerror", None) or "there is no picture in it"
        raise SourceError(f"cannot open {path}: {why}; is it complete, and a video? `ffprobe` says more") from error
    found = {"name": name, "frames": len(sizes), "megabits_a_second": rate, "sha256": sha256, "made_from_seed": seed}
    return Clip.model_validate(shape | found)


def _coded(pictures: Iterator[Picture], size: tuple[int, int], fps: int, rate: int, tell: Callable[[], None]) -> bytes:
    """An MP4. `pictures`: I420, (1.5 x height, width). As of a camera: no B-frames, `rate` bits a second, a key frame every 2 s."""
    # One thread: of several, x264 within a limited rate gives other bytes each time. It looks ahead as little as a camera can.
    coding = {"preset": "superfast", "threads": "1", "bf": "0", "sc_threshold": "0"}
    limits, target = {"maxrate": str(rate), "bufsize": str(rate)}, io.BytesIO()
    with av.open(target, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=coding | limits)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.bit_rate, stream.gop_size = rate, 2 * fps
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
            tell()
        container.mux(stream.encode(None))
    return target.getvalue()


def _drawn(name: str, rng: np.random.Generator, count: int, size: tuple[int, int]) -> Iterator[Picture]:
    """Pictures in I420, with the noise of a sensor: a tile of it, laid on elsewhere each time."""
    rows, columns = size[1] * 3 // 2, size[0]
    grain = np.clip(rng.normal(128, 2.2, (rows + 256, columns + 256)), 0, 255).astype(np.uint8)
    for picture in _water(rng, count, size, 3) if name == "water" else _river(rng, count, size, name == "busy"):
        flat, (y, x) = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), rng.integers(256, size=2)
        yield np.asarray(cv2.addWeighted(flat, 1, grain[y : y + rows, x : x + columns], 1, -128), np.uint8)


def _noise(rng: np.random.Generator, finest: float, coarsest: float, crests: float) -> NDArray[np.float32]:
    """A tile, spread about 0 by 1, of wavelengths from `finest` to `coarsest` pixels; the larger `crests`, the more of them lie across."""
    y, x = np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None, :]
    often = np.hypot(y, x) + 1e-9
    loud = often**-1.5 * (np.abs(y) / often) ** crests * (often > 1 / coarsest) * (often < 1 / finest)
    tile = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((TILE, TILE))) * loud, (TILE, TILE))
    return np.asarray(tile / tile.std(), np.float32)


def _water(rng: np.random.Generator, count: int, size: tuple[int, int], depth: float) -> Iterator[Picture]:
    """Moving water that fills the picture. `depth`: how many times smaller its waves are at the upper edge."""
    (width, height), rows, beyond = size, np.arange(size[1])[:, None], size[1] / (depth - 1)
    waves = np.clip(128 + 36 * _noise(rng, 5, 150, 1.5), 0, 255).astype(np.uint8)
    colours = [np.interp(np.arange(256), (60, 128, 220), each) for each in zip(DEEP, PALE, GLINT, strict=True)]
    x = 1440 / width * (np.arange(width) - width / 2) * (height + beyond) / (rows + beyond) % TILE
    y = 2300 / width * (height + beyond) * np.log((rows + beyond) / beyond) % TILE + 0 * x
    where = cv2.convertMaps(x.astype(np.float32), y.astype(np.float32), cv2.CV_16SC2)
    for index in range(count):
        one, two, three = (np.roll(waves, (index * y + 300 * x, index * x + 500 * y), (0, 1)) for x, y in STEPS)
        heaped = cv2.addWeighted(cv2.addWeighted(one, 0.6, two[:, ::-1], 0.6, -26), 1, three[::-1], 0.5, -64)
        seen = cv2.remap(heaped, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        yield np.asarray(cv2.applyColorMap(seen, np.stack(colours, -1).astype(np.uint8)[:, None]), np.uint8)


def _river(rng: np.random.Generator, count: int, size: tuple[int, int], busy: bool) -> Iterator[Picture]:
    """A river with its far bank, seen from the near one; where it is not `busy`, the same picture each time."""
    (width, height), shore, top = size, round(SHORE * size[1]), round(BANK * size[1])
    bank, water = _bank(rng, width, shore, top), _water(rng, count, (width, height - shore), 6)
    mirrored = cv2.resize(cv2.blur(bank[::-1], (5, shore // 12)), (width, height - shore))
    vessels = [(y, _vessel(rng, round(width * (1.1 * y - 0.42))), rng.random()) for y in (0.47, 0.52, 0.6, 0.78)]
    birds, (x, y) = rng.random((12, 2)), np.meshgrid(*map(np.float32, (np.arange(width), np.arange(shore - top))))
    for index in range(count):
        if busy or not index:
            wind = np.sin(x[0] * 20 / width + index * 0.17) + np.sin(x[0] * 90 / width - index * 0.29)
            leaning = x + (1 - y / (shore - top)) * height / 400 * wind
            trees = cv2.remap(
                bank[top:], leaning.astype(np.float32), y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )
            picture = np.vstack([bank[:top], trees, cv2.addWeighted(next(water), 0.75, mirrored, 0.35, -12)])
        for number, (foot, vessel, place) in enumerate(vessels if busy else ()):
            span, way = width + 2 * vessel.shape[1], 1 - 2 * (number % 2)
            gone = round((place + way * index * (0.0008 + 0.0005 * number)) * span) % span
            _lay(picture, vessel[:, ::way], gone - vessel.shape[1], round(foot * height))
        for across, up in birds if busy else ():
            beat, left = -np.sin(index * 0.8 + 9 * up), (across + index * (up + 0.5) / 400) % 1 * width
            wings = (left, height * (0.05 + 0.6 * up)) + height / 90 * np.array([(-1, beat), (0, 0), (1, beat)])
            cv2.polylines(picture, [wings.astype(np.int32)], False, (235, 235, 235), 2, cv2.LINE_AA)
        yield np.asarray(picture, np.uint8)


def _bank(rng: np.random.Generator, width: int, shore: int, top: int) -> Picture:
    """Sky, trees, houses and a wall of stones: all that is above the water."""
    clouds, leaves = (cv2.resize(_noise(rng, *each)[:1024], (width, shore)) for each in ((60, 900, 1), (4, 60, 0)))
    sky = np.linspace((196, 160, 122), (236, 230, 222), shore)[:, None]
    picture = np.clip(sky + 12 * clouds[..., None], 0, 245).astype(np.uint8)
    for back in np.linspace(0, 1, 400):  # from the hills behind to the shore
        green = (np.array((110, 118, 96)) * (1 - back) + np.array((38, 74, 58)) * back) * rng.uniform(0.75, 1.2)
        at = (int(rng.integers(width)), round(top + (shore - top) * (0.25 + 0.75 * back)))
        cv2.ellipse(picture, at, (round(width * 0.03), round(shore * 0.06)), 0, 0, 360, green.tolist(), -1, cv2.LINE_AA)
    for x in rng.integers(width, size=7).tolist():
        w, h = round(width * 0.04), round(shore * rng.uniform(0.1, 0.16))
        cv2.rectangle(picture, (x, shore - h, w, h), (rng.uniform(0.7, 1) * np.array((196, 212, 220))).tolist(), -1)
        roof = np.array([(x - 4, shore - h), (x + w // 2, shore - 3 * h // 2), (x + w + 4, shore - h)], np.int32)
        cv2.fillPoly(picture, [roof], (58, 66, 118), cv2.LINE_AA)
    cv2.rectangle(picture, (0, shore - shore // 22, width, shore), (112, 124, 128), -1)
    leaves = leaves[top:, :, None] * np.linspace(0, 20, shore - top).clip(0, 9)[:, None, None]
    picture[top:] = np.clip(picture[top:] + leaves, 0, 255).astype(np.uint8)
    return picture


def _vessel(rng: np.random.Generator, length: int) -> Picture:
    """A vessel that sails to the right; what is black is not part of it."""
    tall, deck = round(0.3 * length), round(0.2 * length)
    picture = np.zeros((tall, length, 3), np.uint8)
    for left in range(length // 4, 3 * length // 4, length // 12 or 1):
        box = (left, deck - int(rng.integers(1, 3)) * length // 26, length // 13, deck)
        cv2.rectangle(picture, box, rng.integers(40, 200, 3).tolist(), -1)
    cv2.rectangle(picture, (length // 14, deck // 4, length // 8, deck), (214, 220, 222), -1)
    hull = [(1, deck - 2), (length - 1, deck - length // 20), (length - length // 14, tall), (length // 30, tall)]
    cv2.fillPoly(picture, [np.array(hull, np.int32)], rng.integers(25, 110, 3).tolist())
    return picture


def _lay(picture: Picture, vessel: Picture, left: int, foot: int) -> None:
    """Puts a vessel on the water, with its mirror image below."""
    here = slice(max(0, left), max(0, left + vessel.shape[1]))
    shown = vessel[:, here.start - left :][:, : picture[:, here].shape[1]]
    for thing, top, share in ((shown, foot - len(vessel), 1.0), (shown[::-2], foot, 0.45)):
        there = picture[top : top + len(thing), here]
        mixed = there * (1 - share) + thing[: len(there)] * share
        there[...] = np.where(thing[: len(there)].any(axis=2, keepdims=True), mixed, there).astype(np.uint8)
