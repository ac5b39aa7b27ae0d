"""Altered copies of training pictures: what river cameras see, and collections hold little of.

Small ships, parts of ships, dusk, glare, haze, rain, blur, blocks of compression, noise.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from random import Random

import numpy as np

from models.picture import Picture, fit
from train.dataset import Sample, load

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # or importing it asks the network for news
import albumentations

CLOSER = 0.5
"""Share of copies that show only a part of the picture."""
CLOSEST = 0.5
"""Least share of each side that such a part has: the middle of the picture is always in it."""
SMALLER = 0.4
"""Share of copies in which the picture is laid, shrunk, into one without a ship. Windows never are: their ships are
small enough, and would vanish."""
SMALLEST = 0.15
"""Side of a shrunk picture, as a share of the whole."""
SOFT_EDGE = 0.12
"""Width of the edge over which a laid picture fades out, as a share of its side."""

PLAIN = 0.4
"""Share of copies that keep the look of the picture: most days are fair."""

CONDITIONS = (
    albumentations.OneOf(
        [
            albumentations.RandomBrightnessContrast(0.35, 0.35),
            albumentations.RandomGamma((60, 250)),  # above 100: darker, as at dusk
        ],
        p=0.5,
    ),
    albumentations.HueSaturationValue(8, 40, 0, p=0.3),
    albumentations.ToGray(p=0.1),
    albumentations.OneOf(
        [
            albumentations.RandomFog((0.2, 0.7), alpha_coef=0.1),
            albumentations.RandomRain(drop_width=1, blur_value=2, brightness_coefficient=0.85),
            albumentations.RandomSunFlare(src_radius=60, num_flare_circles_range=(2, 5)),
        ],
        p=0.12,
    ),
    albumentations.OneOf(
        [
            albumentations.MotionBlur((3, 7)),
            albumentations.GaussianBlur((3, 5)),
            albumentations.Downscale((0.35, 0.8)),
        ],
        p=0.3,
    ),
    albumentations.OneOf([albumentations.ISONoise(), albumentations.GaussNoise((0.02, 0.08))], p=0.2),
    # As in windows whose vessels were painted over: a smudge must not tell that there is no ship.
    albumentations.CoarseDropout((1, 2), (0.05, 0.2), (0.05, 0.2), fill="inpaint_telea", p=0.15),
    albumentations.ImageCompression(quality_range=(25, 90), p=0.35),
)


def altered(samples: Sequence[Sample], copies: int, size: int, seed: int) -> Iterable[Picture]:
    """Altered copies of every sample: all first copies, then all second ones. uint8, (size, size, 3), BGR.

    A copy hangs on the seed, the sample and the copy's number alone, and its background changes only where that one
    is not among the samples: other splits of the same pictures share most of their copies, and what is
    computed of them.

    Args:
        samples: of the training part; those without a ship also serve as background.
        copies: of each.
        size: of the result, in pixels.
        seed: the same seed gives the same copies.
    """
    others = [sample for sample in samples if sample.label == 0]
    backgrounds = Backgrounds(others)
    conditions = albumentations.Compose(CONDITIONS)
    for number in range(copies):
        for sample in samples:
            random = np.random.default_rng([seed, number, *identity(sample)])
            # Not set_random_seed: it gives every condition the same draws, so that they come all together or not at all.
            conditions.set_random_state(random, Random(int(random.integers(2**32))))
            yield _altered(load(sample), sample.crop is None, backgrounds, conditions, size, random)


def _altered(
    picture: Picture,
    whole: bool,
    backgrounds: "Backgrounds",
    conditions: albumentations.Compose,
    size: int,
    random: np.random.Generator,
) -> Picture:
    if whole and random.random() < CLOSER:
        picture = part_of(picture, random)
    if whole and random.random() < SMALLER:
        background = load(backgrounds.draw(random))
        picture = laid_into(fit(background, size, size), picture, random)
    picture = fit(picture, size, size)
    if random.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if random.random() < PLAIN:
        return picture
    rgb = picture[:, :, ::-1]
    return np.ascontiguousarray(conditions(image=np.ascontiguousarray(rgb))["image"][:, :, ::-1])


def identity(sample: Sample) -> tuple[int, ...]:
    """Four numbers of 32 bits that a sample shares with no other, wherever its file lies."""
    text = f"{sample.sha256 or sample.path.name} {sample.crop} {sample.erased} {sample.label}"
    return tuple(np.frombuffer(hashlib.sha256(text.encode(errors="surrogateescape")).digest()[:16], "<u4").tolist())


class Backgrounds:
    """Samples to draw from, so that the draw depends on who else is among them as little as can be.

    Rendezvous hashing: D. Thaler and C. Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (1998).
    """

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = samples
        numbers = np.array([identity(sample)[:2] for sample in samples], np.uint64).reshape(-1, 2)
        self._keys = numbers @ np.array([1, 2**32], np.uint64)

    def draw(self, random: np.random.Generator) -> Sample:
        """One of them; the same one for the same draw as long as it is among them."""
        mixed = (self._keys ^ random.integers(2**64, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        return self.samples[int(np.argmin(mixed ^ (mixed >> np.uint64(32))))]


def part_of(picture: Picture, random: np.random.Generator) -> Picture:
    """A random part, at least CLOSEST as wide and as high."""
    height, width, _ = picture.shape
    across, down = (max(1, round(side * random.uniform(CLOSEST, 1))) for side in (width, height))
    left, top = random.integers(width - across + 1), random.integers(height - down + 1)
    return picture[top : top + down, left : left + across]


def laid_into(background: Picture, picture: Picture, random: np.random.Generator) -> Picture:
    """The picture, shrunk, at a random place of the (square) background, with soft edges.

    Ships and everything else are laid alike, so that the seam tells nothing. After G. Ghiasi et al.,
    "Simple Copy-Paste is a Strong Data Augmentation Method" (CVPR 2021).
    """
    side = background.shape[0]
    share = np.exp(random.uniform(np.log(SMALLEST), np.log(0.8)))
    across, down = (max(8, round(side * share * random.uniform(0.8, 1.2))) for _ in range(2))
    across, down = min(across, side), min(down, side)
    left, top = random.integers(side - across + 1), random.integers(side - down + 1)
    place = np.s_[top : top + down, left : left + across]
    opacity = np.outer(_fading(down), _fading(across))[:, :, None]
    laid = background.copy()
    laid[place] = (opacity * fit(picture, across, down) + (1 - opacity) * laid[place] + 0.5).astype(np.uint8)
    return laid


def _fading(length: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Opacity along one side: 1 in the middle, falling to 0 at both ends."""
    ends = max(1.0, SOFT_EDGE * length)
    steps = np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5
    return np.minimum(steps / ends, 1.0)
