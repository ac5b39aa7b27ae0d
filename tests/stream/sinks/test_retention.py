from pathlib import Path

import pytest

from models.errors import OutputError
from stream.configuration.outputs import Retention
from stream.sinks.retention import DAY_S, LONGEST_LINE, MARKER, MB, Kept, cut_torn, going, kept_in, move_on, remove

NOW = 1_000 * DAY_S
PLENTY = 10_000 * MB


def files(*days: float, mb: float = 1.0) -> list[Kept]:
    """So many days old, named by that."""
    return [Kept(Path(f"{age:g}.jpg"), round(mb * MB), NOW - age * DAY_S) for age in days]


@pytest.mark.parametrize(
    ("limits", "free", "coming", "expected"),
    [
        pytest.param(Retention(), PLENTY, MB, [], id="nothing asked for"),
        pytest.param(Retention(max_mb=3), PLENTY, 0, [], id="size just kept"),
        pytest.param(Retention(max_mb=2.5), PLENTY, 0, ["9"], id="size"),
        pytest.param(Retention(max_mb=3), PLENTY, 1, ["9"], id="size with what comes"),
        pytest.param(Retention(max_mb=1), PLENTY, MB, ["9", "5", "2"], id="size for one only"),
        pytest.param(Retention(days=9), PLENTY, 0, [], id="age just kept"),
        pytest.param(Retention(days=4.9), PLENTY, 0, ["9", "5"], id="age"),
        pytest.param(Retention(days=1), PLENTY, 0, ["9", "5", "2"], id="all too old"),
        pytest.param(Retention(free_mb=200), 200 * MB, 0, [], id="floor just kept"),
        pytest.param(Retention(free_mb=200), 198 * MB + 500_000, 0, ["9", "5"], id="floor"),
        pytest.param(Retention(free_mb=200), 200 * MB, 1, ["9"], id="floor with what comes"),
        pytest.param(Retention(free_mb=200), 0, 0, ["9", "5", "2"], id="floor beyond reach"),
        pytest.param(Retention(free_mb=0), 0, MB, ["9"], id="no floor, no room"),
        pytest.param(Retention(max_mb=2, days=4, free_mb=200), 199 * MB, 0, ["9", "5"], id="the strictest of three"),
    ],
)
def test_the_oldest_go_first_and_no_more_than_must(
    limits: Retention, free: int, coming: int, expected: list[str]
) -> None:
    gone = going(files(2, 9, 5), limits, NOW, free, coming)
    assert [each.path.stem for each in gone] == expected


def test_a_clock_that_was_set_back_deletes_nothing() -> None:
    assert going(files(-0.1, -400), Retention(days=1), NOW, PLENTY) == []


def test_only_our_files_are_seen(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for place in ("north", "foreign", ".hidden"):
        (tmp_path / place).mkdir()
        if place != "foreign":
            (tmp_path / place / MARKER).touch()
        for name in ("a.jpg", "b.c.jpg", ".draft-1", ".a.jpg", "a b.jpg", "a.png", "a.jpg.txt"):
            (tmp_path / place / name).write_bytes(b"12345")
    (tmp_path / "north" / "deep.jpg").mkdir()
    (tmp_path / "north" / "deep.jpg" / "a.jpg").touch()
    (tmp_path / "north" / "link.jpg").symlink_to(tmp_path / "foreign" / "a.jpg")
    (tmp_path / "south").symlink_to(tmp_path / "north", target_is_directory=True)
    (tmp_path / "a.jpg").touch()
    found = kept_in(tmp_path)
    assert sorted(each.path.relative_to(tmp_path).as_posix() for each in found) == ["north/a.jpg", "north/b.c.jpg"]
    assert {each.size for each in found} == {5}


def test_what_cannot_be_deleted_does_not_keep_the_others(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "a.jpg").touch()
    paths = [tmp_path / name for name in ("folder.jpg", "gone.jpg", "a.jpg")]
    removed, trouble = remove([Kept(path, 0, 0.0) for path in paths])
    assert removed == 2
    assert isinstance(trouble, OSError)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.jpg"]


@pytest.mark.parametrize(
    ("there", "keep", "expected"),
    [
        pytest.param("", 3, {}, id="nothing"),
        pytest.param("0", 3, {"1": "0"}, id="first"),
        pytest.param("0123", 3, {"1": "0", "2": "1", "3": "2"}, id="oldest dropped"),
        pytest.param("01245", 9, {"1": "0", "2": "1", "3": "2", "4": "4", "5": "5"}, id="a gap is filled"),
        pytest.param("0235", 4, {"1": "0", "2": "2", "3": "3"}, id="more were kept"),
        pytest.param("02", 1, {"1": "0"}, id="one"),
        pytest.param("123", 3, {"2": "1", "3": "2"}, id="the move failed half-way"),
    ],
)
def test_files_move_on(tmp_path: Path, there: str, keep: int, expected: dict[str, str]) -> None:
    for number in there:
        (tmp_path / ("a.jsonl" if number == "0" else f"a.{number}.jsonl")).write_text(number)
    move_on(tmp_path / "a.jsonl", keep)
    assert {path.name.split(".")[1]: path.read_text() for path in tmp_path.iterdir()} == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"h\n1\n2\n", b"h\n1\n2\n", id="whole"),
        pytest.param(b"h\n1\n2", b"h\n1\n", id="torn"),
        pytest.param(b"h\n" + b"1" * (LONGEST_LINE - 1), b"h\n", id="longest"),
        pytest.param(b"h", b"", id="torn first line"),
        pytest.param(b"", b"", id="empty"),
        pytest.param(b"h\n" + b"1" * LONGEST_LINE, None, id="too long"),
        pytest.param(b"x\n1\n", None, id="foreign"),
    ],
)
def test_torn_lines_are_cut_off(tmp_path: Path, content: bytes, expected: bytes | None) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    if expected is None:
        with pytest.raises(OutputError, match=r"will not go on with .*a\.csv.*give another name"):
            cut_torn(path, b"h\n")
    else:
        cut_torn(path, b"h\n")
    assert path.read_bytes() == (content if expected is None else expected)
