from pathlib import Path
from typing import Any

import numpy as np
import pytest

from train.features import Features, digests_of

SHAPE = (2, 3)


def digest(number: int) -> bytes:
    return digests_of([np.full((2, 2, 3), number, np.uint8)])[0]


def values(*numbers: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.stack([np.full(SHAPE, number, np.float32) for number in numbers])


def filled(folder: Path, *numbers: int) -> Features:
    features = Features(folder, SHAPE)
    features.add([digest(number) for number in numbers], values(*numbers))
    return features


def test_rows_are_found_by_their_pixels(tmp_path: Path) -> None:
    features = filled(tmp_path / "deep" / "block4", 5, 6, 7)
    rows = features.rows([digest(7), digest(5), digest(7)])
    np.testing.assert_array_equal(features.values[rows], values(7, 5, 7))


def test_another_process_finds_what_was_kept_and_adds_to_it(tmp_path: Path) -> None:
    filled(tmp_path, 1, 2)
    again = Features(tmp_path, SHAPE)
    assert len(again) == 2
    again.add([digest(3)], values(3))
    np.testing.assert_array_equal(Features(tmp_path, SHAPE).values, values(1, 2, 3))


def test_what_is_missing_is_named_once(tmp_path: Path) -> None:
    features = filled(tmp_path, 1)
    assert features.missing([digest(each) for each in (2, 1, 2, 3, 1)]).tolist() == [0, 3]
    assert features.missing([]).tolist() == []


@pytest.mark.parametrize(("file", "cut"), [("values", 1), ("values", 25), ("digests", 1), ("digests", 40)])
def test_a_kill_in_the_middle_of_writing_loses_the_last_rows_only(tmp_path: Path, file: str, cut: int) -> None:
    filled(tmp_path, 1, 2, 3)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(content[:-cut])
    features = Features(tmp_path, SHAPE)
    whole = 3 - (2 if cut > 24 else 1)
    assert len(features) == whole
    lost = range(whole + 1, 4)
    assert features.missing([digest(each) for each in (1, 2, 3)]).tolist() == [each - 1 for each in lost]
    features.add([digest(each) for each in lost], values(*lost))
    np.testing.assert_array_equal(features.values, values(1, 2, 3))


def test_an_empty_store_has_no_rows(tmp_path: Path) -> None:
    assert Features(tmp_path, SHAPE).values.shape == (0, *SHAPE)
    with pytest.raises(KeyError):
        Features(tmp_path, SHAPE).rows([digest(1)])


@pytest.mark.parametrize("wrong", [values(1, 2), values(1)[:, :1], values(1)[0]])
def test_rows_of_another_shape_are_refused_and_nothing_is_written(
    tmp_path: Path, wrong: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> None:
    features = Features(tmp_path, SHAPE)
    with pytest.raises(ValueError, match="values must have the shape"):
        features.add([digest(1)], wrong)
    assert (len(Features(tmp_path, SHAPE)), (tmp_path / "values").stat().st_size) == (0, 0)


def test_half_precision_takes_half_the_room(tmp_path: Path) -> None:
    for dtype in ("float32", "float16"):
        Features(tmp_path / dtype, SHAPE, dtype).add([digest(1), digest(2)], values(1, 2) / 3)
    again = Features(tmp_path / "float16", SHAPE, "float16")
    assert (len(again), again.values.dtype.name, again.values.nbytes) == (2, "float16", 2 * 6 * 2)
    assert 2 * again.values.nbytes == (tmp_path / "float32" / "values").stat().st_size
    np.testing.assert_array_equal(again.values, (values(1, 2) / 3).astype(np.float16))


def test_what_is_too_large_for_half_precision_becomes_its_largest_number(tmp_path: Path) -> None:
    features = Features(tmp_path, SHAPE, "float16")
    features.add([digest(number) for number in range(4)], values(70_000, -70_000, 65_504, 3))
    np.testing.assert_array_equal(features.values[:, 0, 0], np.array([65_504, -65_504, 65_504, 3], np.float16))


@pytest.mark.parametrize("given", [np.float16, np.float64])
def test_any_float_is_taken(tmp_path: Path, given: type[np.floating[Any]]) -> None:
    features = Features(tmp_path, SHAPE)
    features.add([digest(1)], values(1).astype(given))
    assert features.values.dtype == np.float32
    np.testing.assert_array_equal(features.values, values(1))
