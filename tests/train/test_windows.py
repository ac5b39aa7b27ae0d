"""Windows cut out of frames: a ship's holds one whole and large enough, any other touches none."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.errors import DataError, UsageError
from tests.factories import write_corrupt
from tests.pictures import Rectangle, save_frame
from train.dataset import Sample, load
from train.groups import Grouping
from train.windows import EMPTIED, PER_FRAME, PROPORTIONS, SHARES, SMALLEST, cut_windows, find_frames, read_boxes

SEEDS = range(6)
FRAMES = ((1280, 720), (640, 480), (300, 900), (95, 400), (60, 50), (20, 8), (1, 1))
"""(width, height): cameras, a tall one, and some that hold less than a window wants."""
EVERYWHERE = pytest.mark.parametrize("size", FRAMES, ids=lambda size: f"{size[0]}x{size[1]}")


def cut(path: Path, seed: int = 1) -> list[Sample]:
    """Windows as the camera saw them."""
    return [sample for sample in cut_windows([(path, "lock")], seed, []) if not sample.erased]


def emptied(path: Path, seed: int = 1) -> list[Sample]:
    """Windows whose vessels are painted over."""
    return [sample for sample in cut_windows([(path, "lock")], seed, []) if sample.erased]


def windows(path: Path, seed: int, label: int) -> list[Rectangle]:
    """Crops of the windows of one class."""
    crops = [sample.crop for sample in cut(path, seed) if sample.label == label]
    assert None not in crops
    return [crop for crop in crops if crop is not None]


def vessels(size: tuple[int, int], seed: int) -> list[Rectangle]:
    """None to three, from a single pixel to twice the frame, some beyond its edge; each with a pixel inside it."""
    width, height = size
    random = np.random.default_rng([seed, *size])
    found = []
    for _ in range(random.integers(4)):
        centre_x, centre_y = int(random.integers(width)), int(random.integers(height))
        left, right = (int(width ** random.uniform(0, 1.2)) // 2 for _ in range(2))
        above, below = (int(height ** random.uniform(0, 1.2)) // 2 for _ in range(2))
        found.append((centre_x - left, centre_y - above, centre_x + right + 1, centre_y + below + 1))
    return found


def pixels(path: Path, size: tuple[int, int]) -> list[list[float]]:
    """Boxes of a frame as read, in pixels."""
    boxes: list[list[float]] = (read_boxes(path.with_suffix(".txt")) * [*size, *size]).tolist()
    return boxes


def holds_and_shows(window: Rectangle, box: Sequence[float]) -> bool:
    """Whether the box lies in the window, and is a tenth of it in one direction; rounding adds up to two pixels."""
    inside = (
        window[0] <= box[0] + 1e-6
        and window[1] <= box[1] + 1e-6
        and box[2] - 1e-6 <= window[2]
        and box[3] - 1e-6 <= window[3]
    )
    return inside and any(
        box[axis + 2] - box[axis] >= SHARES[0] * (window[axis + 2] - window[axis] - 2) for axis in (0, 1)
    )


@pytest.mark.parametrize("seed", SEEDS)
@EVERYWHERE
def test_windows_lie_in_the_frame(tmp_path: Path, size: tuple[int, int], seed: int) -> None:
    """And are no smaller than SMALLEST, where the frame is not."""
    path = save_frame(tmp_path / "1.png", vessels(size, seed), size)
    for sample in cut(path, seed):
        assert sample.crop is not None
        x_min, y_min, x_max, y_max = sample.crop
        assert 0 <= x_min < x_max <= size[0]
        assert 0 <= y_min < y_max <= size[1]
        assert x_max - x_min >= min(SMALLEST, size[0])
        assert y_max - y_min >= min(SMALLEST, size[1])
        assert all(type(value) is int for value in sample.crop)
        assert load(sample).shape == (y_max - y_min, x_max - x_min, 3)


@pytest.mark.parametrize("seed", SEEDS)
@EVERYWHERE
def test_a_window_with_a_vessel_holds_it_whole(tmp_path: Path, size: tuple[int, int], seed: int) -> None:
    path = save_frame(tmp_path / "1.png", vessels(size, seed), size)
    boxes = pixels(path, size)
    for window in windows(path, seed, label=1):
        assert any(holds_and_shows(window, box) for box in boxes)


@pytest.mark.parametrize("seed", SEEDS)
@EVERYWHERE
def test_a_window_without_touches_none(tmp_path: Path, size: tuple[int, int], seed: int) -> None:
    path = save_frame(tmp_path / "1.png", vessels(size, seed), size)
    for sample in cut(path, seed):
        assert sample.label or not load(sample).any()


def test_vessels_between_pixels_are_held_whole(tmp_path: Path) -> None:
    """An edge of the window that lies within a pixel of the vessel's must not round onto it."""
    path = save_frame(tmp_path / "1.png", [], (320, 240))
    x_min, y_min, x_max, y_max = 200.9, 100.9, 220.1, 110.1
    values = (x_min + x_max) / 640, (y_min + y_max) / 480, (x_max - x_min) / 320, (y_max - y_min) / 240
    path.with_suffix(".txt").write_text(f"0 {' '.join(map(str, values))}")
    for seed in range(80):
        for window in windows(path, seed, label=1):
            assert holds_and_shows(window, (x_min, y_min, x_max, y_max))


def test_posts_between_pixels_are_not_touched(tmp_path: Path) -> None:
    """Half a pixel wide each, from top to bottom."""
    size, count = (1000, 100), 8
    path = save_frame(tmp_path / "1.png", [], size)
    posts = [f"0 {(each + 0.5) / count:.6f} 0.5 0.000500 1\n" for each in range(count)]
    path.with_suffix(".txt").write_text("".join(posts))
    found = [window for seed in range(80) for window in windows(path, seed, label=0)]
    assert len(found) > 80
    for x_min, _, x_max, _ in found:
        assert not any(box[2] > x_min and box[0] < x_max for box in pixels(path, size))


@pytest.mark.parametrize(
    ("boxes", "ships", "others"),
    [
        ([], 0, PER_FRAME),
        ([(300, 200, 360, 240)], PER_FRAME, PER_FRAME),
        ([(10, 10, 40, 30), (500, 300, 560, 340), (300, 100, 330, 120)], PER_FRAME, PER_FRAME),
        ([(0, 0, 640, 480)], PER_FRAME, 0),
        ([(-100, -50, 900, 700)], PER_FRAME, 0),
        ([(320, 240, 321, 241)], 0, PER_FRAME),
        ([(300, 200, 306, 206)], 0, PER_FRAME),  # six pixels, of the 64 that a window has at least
    ],
    ids=["none", "one", "three", "as-large-as-the-frame", "larger", "a-pixel", "six-pixels"],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_as_many_of_each_class_where_there_is_room(
    tmp_path: Path, boxes: list[Rectangle], ships: int, others: int, seed: int
) -> None:
    labels = [sample.label for sample in cut(save_frame(tmp_path / "1.png", boxes, (640, 480)), seed)]
    assert sorted(labels) == [0] * others + [1] * ships


@pytest.mark.parametrize("box", [(-60, 100, 40, 160), (600, 400, 700, 520), (-9, -9, 30, 30)])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_vessel_cut_by_the_edge_of_the_frame(tmp_path: Path, box: Rectangle, seed: int) -> None:
    """All that is seen of it lies in the window."""
    samples = cut(save_frame(tmp_path / "1.png", [box], (640, 480)), seed)
    whole = load(Sample(samples[0].path, 1, "lock")).astype(bool).sum()
    with_vessel = [load(sample).astype(bool).sum() for sample in samples if sample.label]
    assert len(with_vessel) == PER_FRAME
    assert set(with_vessel) == {whole}


def test_vessels_come_in_every_size_and_place(tmp_path: Path) -> None:
    box = (900, 500, 1000, 560)
    path = save_frame(tmp_path / "1.png", [box], (1920, 1080))
    found = [window for seed in range(10) for window in windows(path, seed, label=1)]
    shares = [(box[2] - box[0]) / (x_max - x_min) for x_min, _, x_max, _ in found]
    places = [(box[0] - x_min) / (x_max - x_min - 100) for x_min, _, x_max, _ in found if x_max - x_min > 200]
    proportions = [(x_max - x_min) / (y_max - y_min) for x_min, y_min, x_max, y_max in found]
    assert min(shares) < 0.15 < 0.6 < max(shares) <= SHARES[1]
    assert min(places) < 0.1 < 0.9 < max(places)
    assert min(proportions) < 1.1 < 1.6 < max(proportions) < PROPORTIONS[1] + 0.1


def test_the_seed_and_the_name_decide(tmp_path: Path) -> None:
    """Not the folder, nor what was cut before."""
    boxes = [(100, 100, 150, 130)]
    first, moved, other = (
        save_frame(tmp_path / name, boxes, (640, 480)) for name in ("a/1.png", "b/c/1.png", "a/2.png")
    )
    crops = [sample.crop for sample in cut(first)]
    assert crops == [sample.crop for sample in cut(first)] == [sample.crop for sample in cut(moved)]
    both = cut_windows([(other, "a"), (first, "b")], 1, [])
    assert crops == [sample.crop for sample in both if sample.group == "b" and not sample.erased]
    assert set(crops).isdisjoint(sample.crop for sample in cut(first, seed=2))
    assert set(crops).isdisjoint(sample.crop for sample in cut(other))


def test_windows_belong_to_their_frame(tmp_path: Path) -> None:
    path = save_frame(tmp_path / "1.png", [(100, 100, 150, 130)])
    assert {(sample.path, sample.group) for sample in cut(path)} == {(path, "lock")}


@pytest.mark.skipif(os.name == "nt", reason="file names are UTF-16 there")
def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    path = save_frame(tmp_path / "1.png", [])
    for suffix in (".png", ".txt"):
        path.with_suffix(suffix).rename(tmp_path / os.fsdecode("причал".encode("cp1251") + suffix.encode()))
    assert len(list(cut_windows(find_frames([tmp_path], Grouping()).items(), 1, []))) == PER_FRAME


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "header"])
def test_a_frame_that_cannot_be_read(tmp_path: Path, kind: str) -> None:
    path = write_corrupt(tmp_path / "1.jpg", kind)
    path.with_suffix(".txt").write_text("0 0.5 0.5 0.1 0.1\n")
    with pytest.raises(DataError, match=f"none of 1 frames can be used; the first: cannot read picture {path}"):
        cut(path)


@pytest.mark.parametrize("bad", ["picture", "boxes", "no-boxes", "folder"])
def test_a_frame_that_cannot_be_used_stops_nothing(tmp_path: Path, bad: str) -> None:
    good = [save_frame(tmp_path / name, [(100, 100, 150, 130)]) for name in ("1.png", "3.png")]
    path = save_frame(tmp_path / "2.png", [(100, 100, 150, 130)])
    boxes = path.with_suffix(".txt")
    if bad == "picture":
        write_corrupt(path, "truncated")
    elif bad == "boxes":
        boxes.write_text("0 320 240 60 40\n")
    else:
        boxes.unlink()
        if bad == "folder":
            boxes.mkdir()
    quarantined = [(Path("earlier.png"), "cut short")]
    frames = [(each, "lock") for each in (good[0], path, good[1])]
    found = list(cut_windows(frames, 1, quarantined))
    assert found == list(cut_windows([(each, "lock") for each in good], 1, []))
    assert [each for each, _ in quarantined] == [Path("earlier.png"), path]
    assert str(path if bad == "picture" else boxes) in quarantined[1][1]


def test_no_frames_have_no_windows() -> None:
    """Which is no fault, whatever was set aside before."""
    assert not list(cut_windows([], 1, [(Path("earlier.png"), "cut short")]))


@pytest.mark.parametrize(
    ("content", "boxes"),
    [
        ("", []),
        ("\n \n", []),
        ("0 0.5 0.5 0.5 0.25\n", [[0.25, 0.375, 0.75, 0.625]]),
        ("7 0.5 0.5 1 1", [[0, 0, 1, 1]]),
        (
            "0  0.25 0.25 0.5 0.5 \r\n\r\n1\t0.75 0.75 0.5 0.5\r\n   \r\n",
            [[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]],
        ),
        ("0 0 0 0.5 0.5\n0 1 1 0.5 0.5\n", [[0, 0, 0.25, 0.25], [0.75, 0.75, 1, 1]]),
        ("0 0.5 0.5 1.5 3\n", [[0, 0, 1, 1]]),
        ("0 1.1 0.5 0.5 0.5\n", [[0.85, 0.25, 1, 0.75]]),
    ],
    ids=["empty", "blank", "one", "whole", "spaces", "cut-off", "larger", "centre-outside"],
)
def test_boxes_are_shares_of_the_frame(tmp_path: Path, content: str, boxes: list[list[float]]) -> None:
    (tmp_path / "1.txt").write_text(content, newline="")
    found = read_boxes(tmp_path / "1.txt")
    assert found.dtype == np.float64
    assert found.shape == (len(boxes), 4)
    np.testing.assert_allclose(found, np.array(boxes).reshape(-1, 4))


@pytest.mark.parametrize(
    "content",
    [
        b"ship 0.5 0.5 0.1 0.1\n",
        b"0 0.5 0.5 0.1\n",
        b"0 0.5 0.5 0.1 0.1 0.9\n",
        b"0 0.5 0.5 0.1 0.1 0.9\n" * 5,  # as many values as six boxes have
        b"0 0.5 0.5 0.1 0.1 0 0.5 0.5 0.1 0.1\n",
        b"0 0.5 0.5 0.1\n0 0.5 0.5 0.1 0.1 0.9\n",
        b"0,0.5,0.5,0.1,0.1\n",
        b"0 nan 0.5 0.1 0.1\n",
        b"0 0.5 0.5 inf 0.1\n",
        b"0 inf 0.5 inf 0.1\n",
        b"0 0,5 0.5 0.1 0.1\n",
        "причал 0.5 0.5 0.1 0.1\n".encode(),
        b"\xff\xfe0\x00",
        b"\x89PNG\r\n\x1a\n",
        b"<annotation></annotation>",
    ],
    ids=lambda content: repr(content[:30]),
)
def test_label_files_that_are_none(tmp_path: Path, content: bytes) -> None:
    path = save_frame(tmp_path / "1.png", [])
    path.with_suffix(".txt").write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_boxes(path.with_suffix(".txt"))
    assert str(caught.value).startswith(f"{tmp_path / '1.txt'}: not YOLO boxes (class centre_x centre_y width height")


@pytest.mark.parametrize(
    "line", ["0 320 240 60 40", "0 1.2 0.5 0.1 0.3", "0 0.5 -0.3 0.1 0.3", "0 0.5 0.5 0 0.1", "0 0.5 0.5 -0.1 0.1"]
)
def test_boxes_outside_of_the_frame(tmp_path: Path, line: str) -> None:
    """Pixels, mostly. Passed over, they would make windows with a vessel out of water, or the other way round."""
    path = save_frame(tmp_path / "1.png", [(10, 10, 40, 40)])
    with path.with_suffix(".txt").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DataError) as caught:
        read_boxes(path.with_suffix(".txt"))
    assert str(caught.value) == (
        f"{tmp_path / '1.txt'}: no part of the box {line!r} lies in the frame; give shares of its sides, not pixels"
    )


def test_frames_lie_anywhere_in_the_folders(tmp_path: Path) -> None:
    expected = [
        save_frame(tmp_path / name, []) for name in ("a/1.png", "a/cam1/2.JPG", "a/cam1/day 2/3.jpeg", "b/lock_1.png")
    ]
    save_frame(tmp_path / "a" / "alone.png", []).with_suffix(".txt").unlink()
    save_frame(tmp_path / "a" / "label only.png", []).unlink()
    (tmp_path / "a" / "folder.jpg").mkdir()
    (tmp_path / "a" / "folder.txt").write_text("")
    found = find_frames([tmp_path / "a", tmp_path / "b"], Grouping())
    assert found == dict(zip(expected, (str(expected[0]), "cam1", "cam1/day 2", "lock"), strict=True))
    assert list(found) == expected


def test_a_frame_in_two_folders_counts_once(tmp_path: Path) -> None:
    path = save_frame(tmp_path / "a" / "cam1" / "1.png", [])
    assert list(find_frames([tmp_path / "a", tmp_path / "a" / "cam1", tmp_path / "a"], Grouping())) == [path]


@pytest.mark.parametrize(
    ("name", "group"), [("canal_1.png", "venice"), ("cam1/canal_1.png", "venice"), ("cam1/1.png", "cam1")]
)
def test_groups_by_table(tmp_path: Path, name: str, group: str) -> None:
    (tmp_path / "groups.csv").write_text("pattern,group\ncanal_*,venice\n")
    path = save_frame(tmp_path / "frames" / name, [])
    assert find_frames([tmp_path / "frames"], Grouping(str(tmp_path / "groups.csv"))) == {path: group}


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_folders_that_are_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("")
    with pytest.raises(UsageError, match=f"no folder of frames at {tmp_path / name}"):
        find_frames([tmp_path, tmp_path / name], Grouping())


@pytest.mark.parametrize("pictures", [0, 2])
def test_no_frame_has_boxes(tmp_path: Path, pictures: int) -> None:
    for number in range(pictures):
        save_frame(tmp_path / f"{number}.png", []).with_suffix(".txt").unlink()
    with pytest.raises(
        DataError, match=rf"{tmp_path}: {pictures} pictures, none with its boxes \(YOLO .txt of the same name\) beside"
    ):
        find_frames([tmp_path], Grouping())


@pytest.mark.parametrize("seed", range(6))
def test_a_window_with_a_ship_is_shown_without_it_too(tmp_path: Path, seed: int) -> None:
    """The same place, labelled as empty, with nothing left of the vessel's colour, and the rest untouched."""
    vessel = (300, 200, 360, 240)
    path = save_frame(tmp_path / "1.png", [vessel], (640, 480))
    ships = {sample.crop for sample in cut(path, seed) if sample.label == 1}
    found = emptied(path, seed)
    assert 0 < len(found) <= EMPTIED
    for sample in found:
        assert (sample.label, sample.group) == (0, "lock")
        assert sample.crop in ships
        assert sample.crop is not None
        x_min, y_min, _, _ = sample.crop
        before, after = load(replace(sample, erased=())), load(sample)
        inside = np.zeros(before.shape[:2], bool)
        for left, top, right, bottom in sample.erased:
            inside[max(0, top - y_min) : bottom - y_min, max(0, left - x_min) : right - x_min] = True
        np.testing.assert_array_equal(before[~inside], after[~inside])
        assert (before[inside] != after[inside]).any()


def test_a_window_that_would_be_mostly_paint_is_left_out(tmp_path: Path) -> None:
    vessels = [(x, y, x + 95, y + 95) for x in range(0, 600, 100) for y in range(0, 400, 100)]
    assert not emptied(save_frame(tmp_path / "1.png", vessels, (640, 480)))


def test_a_frame_without_vessels_has_nothing_to_paint_over(tmp_path: Path) -> None:
    assert not emptied(save_frame(tmp_path / "1.png", [], (640, 480)))
