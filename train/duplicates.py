"""Pictures that look alike and lie in different parts of a split: what a network was tested on, it may have seen.

Candidates are found by perceptual hash, and confirmed by comparing thumbnails. The hash is phash of the library
imagehash: which of the lowest 8 x 8 frequencies of the grey picture lie above their median (hackerfactor.com,
"Looks Like It", 2011).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.errors import DataError
from models.picture import Picture
from train.dataset import LABELS, Sample
from train.split import SHARES, Part

MOST_BITS = 8
"""Bits of 64 in which the hashes of a candidate may differ; mostly an even number, as half of the bits are set.

Seen among 9,134 photographs and crops, whatever their parts: 13 pairs at 0 or 2 bits, one or two of them two motor
boats of one shape; 32 at 4, most of them one vessel, but a red aeroplane and a motor boat too; 121 at 6, 278 at 8
and 657 at 10, ever more of them just "something dark in the middle of something grey". A copy saved again or made
brighter stays within 6 bits in 98 of 100 cases; one that lost 2 % at each edge within 6 in 85, within 8 in 95. So it
is 8 bits, and the thumbnails decide: they confirm 7, 13, 22, and at 8 bits 18 of these pairs. With every picture alone
in its group, one split had 29 pairs left: 28 show one thing twice, one shows two ships on two horizons.
"""
MOST_DIFFERENCE = 0.2
"""Mean absolute difference of thumbnails brought to the same brightness and contrast, in standard deviations.

Seen: below 0.2 nearly all pairs are one vessel or one product a moment, an exposure or a retouch apart, or one
photograph twice; from 0.25 on, most are two motor boats on the same grey water. A copy that lost 2 % at each edge is at
0.1, nine of ten below 0.2. A difference in levels of grey would let grey water pass and refuse a brighter copy.
"""
FLAT = 6.0
"""Standard deviation of the grey picture, in levels, under which its hash follows grain: saved again, it lost up to 18 bits."""
MOST_LEVELS = 2.0
"""Mean absolute difference of the thumbnails of nearly empty pictures, in levels; their hashes must be equal besides."""
THUMBNAIL = 16
LISTED = 50  # pairs of a description; the rest are counted
ROWS = 256
"""Pictures compared at once with all after them: 10,000 pictures take some 20 MB then."""
CANDIDATES = 2_048
"""Pairs whose thumbnails are compared at once."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures that look alike, by their positions (`first` < `second`); `distance` is in bits of the hash, 0 to 64."""

    first: int
    second: int
    distance: int


@dataclass(frozen=True, slots=True)
class _Prints:
    """`hashes`: uint64, (n,). `thumbnails`: uint8, (n, THUMBNAIL ** 2, 3), BGR. `flat`: bool, (n,)."""

    hashes: NDArray[np.uint64]
    thumbnails: NDArray[np.uint8]
    flat: NDArray[np.bool_]


def near_duplicates(pictures: Iterable[Picture], parts: Sequence[Part]) -> list[Pair]:
    """Pairs of pictures in different parts that show the same, the closest first.

    Ten thousand pictures take some five seconds, nearly all of it for the hashes; comparing grows with the square.

    Args:
        pictures: uint8, (n, size, size, 3), BGR, or anything that yields n such pictures once, such as rich's `track`.
        parts: of each.

    Raises:
        DataError: there are not as many pictures as parts.
    """
    prints = _prints_of(pictures, len(parts))
    names = np.array([list(SHARES).index(part) for part in parts], np.int8)
    pairs = [
        Pair(int(first), int(second), int(distance))
        for firsts, seconds, distances in _candidates(prints.hashes, names)
        for alike in (_alike(prints, firsts, seconds, distances),)
        for first, second, distance in zip(firsts[alike], seconds[alike], distances[alike], strict=True)
    ]
    return sorted(pairs, key=lambda pair: (pair.distance, pair.first, pair.second))


def contradictions(samples: Sequence[Sample]) -> list[list[Sample]]:
    """Samples of the same file content (and the same part of it) with different labels, one list a content."""
    alike: dict[object, list[Sample]] = {}
    for sample in samples:
        if sample.sha256:
            alike.setdefault((sample.sha256, sample.crop, sample.erased), []).append(sample)
    return [found for found in alike.values() if len({sample.label for sample in found}) > 1]


def describe_duplicates(pairs: Sequence[Pair], samples: Sequence[Sample], parts: Sequence[Part]) -> dict[str, Any]:
    """What run.json says: how many pairs, between which parts, the first LISTED of them, and all contradicting labels."""
    between = Counter(_between(pair, parts) for pair in pairs)
    return {
        "count": len(pairs),
        "parts": dict(sorted(between.items())),
        "pairs": [
            {
                "paths": [str(samples[each].path) for each in (pair.first, pair.second)],
                "parts": [parts[each] for each in (pair.first, pair.second)],
                "distance": pair.distance,
                "labels_agree": samples[pair.first].label == samples[pair.second].label,
            }
            for pair in pairs[:LISTED]
        ],
        "contradictions": [
            [{"path": str(sample.path), "label": LABELS[sample.label]} for sample in found]
            for found in contradictions(samples)
        ],
    }


def in_words(described: dict[str, Any]) -> str:
    """What describe_duplicates found, and what to do about it; empty where it found nothing."""
    said = []
    if described["count"]:
        between = ", ".join(f"{count} between {names}" for names, count in described["parts"].items())
        said.append(
            f"{described['count']} pairs of pictures look alike and lie in different parts ({between}; the closest: "
            f"{' and '.join(described['pairs'][0]['paths'])}), so the figures flatter the network; "
            f"give such pictures one group with --groups FILE.csv, or take one of each pair away"
        )
    if described["contradictions"]:
        said.append(
            f"{len(described['contradictions'])} pictures lie in both classes (the first: "
            f"{' and '.join(each['path'] for each in described['contradictions'][0])}); take the wrong copies away"
        )
    return "; ".join(said)


def _between(pair: Pair, parts: Sequence[Part]) -> str:
    """Two parts by name, in the order of SHARES."""
    return " and ".join(part for part in SHARES if part in (parts[pair.first], parts[pair.second]))


def _prints_of(pictures: Iterable[Picture], count: int) -> _Prints:
    prints = _Prints(
        np.zeros(count, np.uint64), np.zeros((count, THUMBNAIL**2, 3), np.uint8), np.zeros(count, np.bool_)
    )
    seen, each = 0, iter(pictures)
    for row, picture in enumerate(islice(each, count)):
        grey = cv2.cvtColor(np.asarray(picture), cv2.COLOR_BGR2GRAY)
        prints.hashes[row] = np.packbits(imagehash.phash(Image.fromarray(grey)).hash).view(np.uint64)[0]
        small = cv2.resize(np.asarray(picture), (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
        prints.thumbnails[row] = small.reshape(-1, 3)
        prints.flat[row] = grey.std() < FLAT
        seen += 1
    seen += sum(1 for _ in each)
    if seen != count:
        raise DataError(
            f"looking for duplicates: received {seen} pictures and the parts of {count}; give one part each"
        )
    return prints


def _candidates(
    hashes: NDArray[np.uint64], names: NDArray[np.int8]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.uint8]]]:
    """Positions and distances of pairs of different parts within MOST_BITS, a handful at a time."""
    for start in range(0, len(hashes), ROWS):
        rows = slice(start, start + ROWS)
        distances = np.bitwise_count(hashes[rows, None] ^ hashes[None, start:])
        near = (distances <= MOST_BITS) & (names[rows, None] != names[None, start:])
        firsts, seconds = np.nonzero(np.triu(near, 1))
        for begin in range(0, len(firsts), CANDIDATES):
            first, second = firsts[begin : begin + CANDIDATES], seconds[begin : begin + CANDIDATES]
            yield first + start, second + start, distances[first, second]


def _alike(
    prints: _Prints, firsts: NDArray[np.intp], seconds: NDArray[np.intp], distances: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Whether the thumbnails confirm each pair: bool, (n,)."""
    one, other = prints.thumbnails[firsts].astype(np.float32), prints.thumbnails[seconds].astype(np.float32)
    levels = np.abs(one - other).mean((1, 2))
    differences = np.abs(_levelled(one) - _levelled(other)).mean((1, 2))
    flat = prints.flat[firsts] | prints.flat[seconds]
    return np.asarray(
        np.where(flat, (distances == 0) & (levels <= MOST_LEVELS), differences <= MOST_DIFFERENCE), np.bool_
    )


def _levelled(thumbnails: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each channel around 0, each thumbnail with a standard deviation of 1."""
    centred = thumbnails - thumbnails.mean(1, keepdims=True)
    return np.asarray(centred / np.maximum(centred.std((1, 2), keepdims=True), 1e-3), np.float32)
