"""Altered copies: told by the seed alone, each another, and never of pictures they may not see."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import train.augment as module
from models.picture import Box, Picture, fit
from tests.pictures import draw, save
from train.augment import CLOSEST, PLAIN, SMALLEST, Backgrounds, altered, identity, laid_into, part_of
from train.dataset import Sample, load

SIDE = 64
SEEDS = range(20)


@pytest.fixture
def samples(tmp_path: Path) -> list[Sample]:
    """A ship, water, a ship, water; of four sizes."""
    sizes = ((200, 150), (160, 90), (96, 128), (320, 240))
    return [
        Sample(save(draw(number % 2 == 0, number, size), tmp_path / f"{number}.png"), 1 - number % 2, "lock")
        for number, size in enumerate(sizes)
    ]


def copies(samples: Sequence[Sample], number: int, seed: int = 1) -> list[Picture]:
    return list(altered(samples, number, SIDE, seed))


def different(pictures: Sequence[Picture]) -> int:
    return len({picture.tobytes() for picture in pictures})


def test_copies_come_in_rounds(samples: list[Sample]) -> None:
    """All first copies, then all second ones: a copy does not hang on how many there are."""
    found = copies(samples, 12)
    assert len(found) == 12 * len(samples)
    for picture in found:
        assert (picture.dtype.name, picture.shape) == ("uint8", (SIDE, SIDE, 3))
        assert picture.flags.c_contiguous
    np.testing.assert_array_equal(copies(samples, 2), found[: 2 * len(samples)])


def test_the_seed_alone_decides(samples: list[Sample]) -> None:
    """Whatever the rest of the program draws; also where two lots are made in turn."""
    np.random.seed(0)
    random.seed(0)
    first = copies(samples, 10)
    again, other = zip(*zip(*(altered(samples, 10, SIDE, seed) for seed in (1, 2)), strict=True), strict=True)
    np.testing.assert_array_equal(first, again)
    assert different([*first, *other]) >= 65


def test_the_order_of_samples_does_not_matter(samples: list[Sample]) -> None:
    forth, back = copies(samples, 6), copies(samples[::-1], 6)
    for number in range(0, len(forth), len(samples)):
        np.testing.assert_array_equal(forth[number : number + 4], back[number : number + 4][::-1])


def test_copies_hang_on_the_content_wherever_it_lies(samples: list[Sample], tmp_path: Path) -> None:
    """As a dataset has it, whose samples bear the hash of their files."""
    moved = []
    for number, sample in enumerate(samples):
        path = tmp_path / "elsewhere" / f"other-{number}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(sample.path.read_bytes())
        moved.append(replace(sample, path=path, group="weir", sha256=f"{number}" * 64))
    known = [replace(sample, sha256=f"{number}" * 64) for number, sample in enumerate(samples)]
    np.testing.assert_array_equal(copies(known, 6), copies(moved, 6))


@pytest.mark.parametrize("gone", range(4))
def test_without_one_sample_the_others_keep_their_copies(
    samples: list[Sample], monkeypatch: pytest.MonkeyPatch, gone: int
) -> None:
    """But those that it was the background of."""
    laid: list[Sample | None] = []
    draw_one = Backgrounds.draw

    def watched(backgrounds: Backgrounds, drawn: np.random.Generator) -> Sample:
        laid[-1] = found = draw_one(backgrounds, drawn)
        return found

    monkeypatch.setattr(Backgrounds, "draw", watched)

    def made(chosen: Sequence[Sample]) -> dict[tuple[Sample, int], tuple[bytes, Sample | None]]:
        found = {}
        rounds = iter(altered(chosen, 10, SIDE, 1))
        for number in range(10):
            for sample in chosen:
                laid.append(None)
                found[sample, number] = (next(rounds).tobytes(), laid[-1])
        return found

    before, after = made(samples), made([*samples[:gone], *samples[gone + 1 :]])
    kept = {key for key, (_, background) in before.items() if key[0] != samples[gone] and background != samples[gone]}
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert (len(kept) < 30) is (samples[gone].label == 0)


def many(n: int) -> list[Sample]:
    return [Sample(Path(f"{number}.png"), 0, "lock", sha256=f"{number:064x}") for number in range(n)]


def drawn_by(backgrounds: Backgrounds, draws: int) -> list[Sample]:
    return [backgrounds.draw(np.random.default_rng(seed)) for seed in range(draws)]


def test_a_draw_changes_only_where_what_was_drawn_is_gone() -> None:
    samples = many(40)
    before = drawn_by(Backgrounds(samples), 400)
    for gone in samples[::8]:
        after = drawn_by(Backgrounds([sample for sample in samples if sample != gone]), 400)
        assert all(new == old for old, new in zip(before, after, strict=True) if old != gone)
        assert gone not in after


def test_draws_do_not_hang_on_the_order_and_reach_everybody_alike() -> None:
    samples = many(20)
    found = drawn_by(Backgrounds(samples), 2000)
    assert drawn_by(Backgrounds(samples[::-1]), 2000) == found
    counts = Counter(sample.path.name for sample in found)
    assert len(counts) == 20
    assert 50 < min(counts.values()) <= max(counts.values()) < 170


def test_identities_differ() -> None:
    plain = Sample(Path("1.png"), 0, "lock")
    others = [
        plain,
        replace(plain, label=1),
        replace(plain, path=Path("2.png")),
        replace(plain, sha256="a"),
        replace(plain, crop=(0, 0, 9, 9)),
        replace(plain, crop=(0, 0, 9, 9), erased=((1, 1, 2, 2),)),
    ]
    assert len({identity(each) for each in others}) == len(others)
    assert all(len(identity(each)) == 4 and max(identity(each)) < 2**32 for each in others)
    assert identity(replace(plain, path=Path("far/away/1.png"), group="weir")) == identity(plain)


def test_copies_of_a_picture_differ(samples: list[Sample]) -> None:
    """A few show the picture as it is."""
    assert different(copies([samples[1]], 60)) >= 48


@pytest.fixture
def window(tmp_path: Path) -> Sample:
    """No part of it is taken, and it is laid nowhere."""
    return Sample(save(draw(ship=True, seed=1), tmp_path / "window.png"), 0, "lock", crop=(10, 10, 138, 138))


def unaltered(sample: Sample, found: Sequence[Picture]) -> int:
    plain = fit(load(sample), SIDE, SIDE)
    return sum(np.array_equal(each, plain) or np.array_equal(each[:, ::-1], plain) for each in found)


def test_a_share_of_the_copies_keeps_its_look(window: Sample) -> None:
    found = copies([window], 300)
    assert PLAIN - 0.1 < unaltered(window, found) / 300 < PLAIN + 0.2
    plain = fit(load(window), SIDE, SIDE)
    assert 30 < sum(np.array_equal(each, plain) for each in found) < 120  # the others of these are mirrored


def test_conditions_are_drawn_one_by_one(window: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by a draw of its own: where one decides them all, half of the copies are left as they were."""
    monkeypatch.setattr(module, "PLAIN", 0)
    found = copies([window], 300)
    assert 3 <= unaltered(window, found) <= 60
    grey = [bool((each == each[:, :, :1]).all()) for each in found]
    assert 6 <= sum(grey) <= 60


def test_colours_stay_in_their_order(tmp_path: Path) -> None:
    blue = np.zeros((50, 50, 3), np.uint8)
    blue[:, :, 0] = 200
    sample = Sample(save(blue, tmp_path / "1.png"), 0, "lock")
    found = np.array([picture.mean((0, 1)) for picture in copies([sample], 40)])
    assert (found[:, 0] >= found[:, 2] - 1).all()
    assert np.median(found[:, 0] - found[:, 2]) > 100


def test_only_pictures_without_a_ship_are_backgrounds(samples: list[Sample], monkeypatch: pytest.MonkeyPatch) -> None:
    laid = []
    draw_one = Backgrounds.draw

    def watched(backgrounds: Backgrounds, drawn: np.random.Generator) -> Sample:
        laid.append(draw_one(backgrounds, drawn))
        return laid[-1]

    monkeypatch.setattr(Backgrounds, "draw", watched)
    copies(samples, 20)
    assert len(laid) > 10
    assert {sample.path.name for sample in laid} == {"1.png", "3.png"}


@pytest.mark.parametrize(("crop", "cut"), [(None, True), ((0, 0, 60, 60), False)], ids=["picture", "window"])
def test_of_pictures_parts_are_shown_of_windows_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crop: Box | None, cut: bool
) -> None:
    """A small vessel might lie in the rest of its window, and would vanish where that is shrunk."""
    parts, laid = [], []

    def watched(picture: Picture, drawn: np.random.Generator) -> Picture:
        parts.append(picture.shape)
        return part_of(picture, drawn)

    def laying(background: Picture, picture: Picture, drawn: np.random.Generator) -> Picture:
        laid.append(picture.shape)
        return laid_into(background, picture, drawn)

    monkeypatch.setattr(module, "part_of", watched)
    monkeypatch.setattr(module, "laid_into", laying)
    path = save(draw(ship=False, seed=1), tmp_path / "1.png")
    copies([Sample(path, 0, "lock", crop=crop)], 60)
    assert (15 < len(parts) < 45) if cut else not parts
    assert (10 < len(laid) < 40) if cut else not laid


def test_nothing_outside_of_a_window_is_shown(tmp_path: Path) -> None:
    """There all is white."""
    picture = np.full((200, 300, 3), 255, np.uint8)
    picture[50:150, 100:200] = 0
    black = Sample(save(picture, tmp_path / "1.png"), 0, "lock", crop=(100, 50, 200, 150))
    found = copies([black], 60)
    assert sum(not each.any() for each in found) > 15
    assert np.median([each.mean() for each in found]) < 60


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [(200, 150), (7, 40), (2, 3), (1, 1)], ids=str)
def test_a_part_has_a_least_share_of_each_side(size: tuple[int, int], seed: int) -> None:
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, :, 0], picture[:, :, 1] = np.arange(width), np.arange(height)[:, None]
    part = part_of(picture, np.random.default_rng(seed))
    down, across, _ = part.shape
    assert max(1, CLOSEST * width - 0.5) <= across <= width
    assert max(1, CLOSEST * height - 0.5) <= down <= height
    left, top = part[0, 0, :2]
    np.testing.assert_array_equal(part, picture[top : top + down, left : left + across])


def test_parts_come_from_everywhere() -> None:
    picture = np.arange(100, dtype=np.uint8)[:, None, None].repeat(100, 1).repeat(3, 2)
    drawn = np.random.default_rng(1)
    parts = [part_of(picture, drawn)[:, 0, 0] for _ in range(60)]
    assert min(part[0] for part in parts) == 0
    assert max(part[-1] for part in parts) == 99
    assert min(len(part) for part in parts) < 60 < 92 < max(len(part) for part in parts)


def lit(picture: Picture) -> tuple[int, int, int, int]:
    """The rectangle of what is not black: left, top, right, bottom; all of it must be lit but its faint corners."""
    rows, columns = np.flatnonzero(picture.any((1, 2))), np.flatnonzero(picture.any((0, 2)))
    left, top, right, bottom = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    assert picture[(top + bottom) // 2, left:right].all()
    assert picture[top:bottom, (left + right) // 2].all()
    return left, top, right, bottom


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [(300, 200), (40, 90), (1, 1)], ids=str)
def test_a_picture_is_laid_at_one_place(size: tuple[int, int], seed: int) -> None:
    """White on black: whole in the middle, fading towards its edge, and not there beyond it."""
    side = 150
    background, picture = np.zeros((side, side, 3), np.uint8), np.full((*size, 3), 255, np.uint8)
    laid = laid_into(background, picture, np.random.default_rng(seed))
    assert (laid.dtype, laid.shape) == (background.dtype, background.shape)
    assert not background.any()
    left, top, right, bottom = lit(laid)
    for length in (right - left, bottom - top):
        assert 0.75 * SMALLEST * side <= length <= 0.97 * side
    middle = laid[(top + bottom) // 2]
    assert (middle[(left + right) // 2] == 255).all()
    assert middle[left].max() < 150
    rising = middle[left : (left + right) // 2, 0].astype(int)
    assert (np.diff(rising) >= 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_background_is_left_alone_around_it(seed: int) -> None:
    """Where the picture lies is told by laying it, from the same draws, on black."""
    background, picture = draw(False, seed, (150, 150)), np.full((90, 120, 3), 255, np.uint8)
    left, top, right, bottom = lit(laid_into(np.zeros_like(background), picture, np.random.default_rng(seed)))
    laid = laid_into(background, picture, np.random.default_rng(seed))
    around = np.ones(background.shape[:2], bool)
    around[top:bottom, left:right] = False
    np.testing.assert_array_equal(laid[around], background[around])
    assert (laid >= background).all()
    assert not np.array_equal(laid, background)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_picture_laid_on_its_like_is_not_seen(seed: int) -> None:
    """The edge itself draws no line."""
    grey = np.full((150, 150, 3), 97, np.uint8)
    np.testing.assert_array_equal(laid_into(grey, grey[:40, :60], np.random.default_rng(seed)), grey)


@pytest.mark.parametrize("side", [1, 5, 8, 9])
def test_backgrounds_smaller_than_the_smallest_picture(side: int) -> None:
    white = np.full((20, 20, 3), 255, np.uint8)
    for seed in SEEDS:
        laid = laid_into(np.zeros((side, side, 3), np.uint8), white, np.random.default_rng(seed))
        assert laid.shape == (side, side, 3)
        assert laid.any()


def test_places_and_sizes_vary() -> None:
    background, white = np.zeros((150, 150, 3), np.uint8), np.full((20, 20, 3), 255, np.uint8)
    drawn = np.random.default_rng(1)
    places = [lit(laid_into(background, white, drawn)) for _ in range(80)]
    widths = [right - left for left, _, right, _ in places]
    assert min(widths) < 0.15 * 150 < 0.7 * 150 < max(widths)
    small = [left / (150 - (right - left)) for left, _, right, _ in places if right - left < 75]
    assert min(small) < 0.15 < 0.85 < max(small)
