"""Which pictures count as one source."""

from pathlib import Path

import pytest

from models.errors import UsageError
from train.groups import Grouping

FOLDER = Path("data/ship")


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("harbour_0012.jpg", "harbour"),
        ("harbour_0013.png", "harbour"),
        ("harbour-12.jpg", "harbour"),
        ("harbour 12.jpg", "harbour"),
        ("harbour12.jpg", "harbour"),
        ("harbour.jpg", "harbour"),
        ("lock_2_0012.jpg", "lock_2"),
        ("lock_2 (12).jpg", "lock_2 (12)"),
        ("шлюз_0012.jpg", "шлюз"),
        ("0012.jpg", "data/ship/0012.jpg"),
        ("_12.jpg", "data/ship/_12.jpg"),
        ("cam1/0012.jpg", "cam1"),
        ("cam1/day2/harbour_0012.jpg", "cam1/day2"),
    ],
)
def test_by_name(name: str, group: str) -> None:
    assert Grouping().of(FOLDER / name, FOLDER) == group


def test_a_source_is_the_same_in_both_classes() -> None:
    ship, no_ship = Path("data/ship"), Path("data/no_ship")
    assert Grouping().of(ship / "lock_1.jpg", ship) == Grouping().of(no_ship / "lock_2.jpg", no_ship)


def test_every_picture_alone() -> None:
    paths = [
        FOLDER / "harbour_1.jpg",
        FOLDER / "harbour_2.jpg",
        FOLDER / "cam1" / "1.jpg",
        Path("b/ship/harbour_1.jpg"),
    ]
    assert len({Grouping("picture").of(path, FOLDER) for path in paths}) == len(paths)


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("canal_0012.jpg", "venice"),  # the first pattern that fits decides
        ("canal_west_1.jpg", "venice"),
        ("photo_0012.jpg", "data/ship/photo_0012.jpg"),  # an empty group: alone
        ("cam1/photo_0012.jpg", "data/ship/cam1/photo_0012.jpg"),
        ("harbour_0012.jpg", "harbour"),  # no pattern: by name
        ("cam1/0012.jpg", "cam1"),
        ("my canal_1.jpg", "my canal"),  # a pattern fits the whole name
    ],
)
def test_by_table(tmp_path: Path, name: str, group: str) -> None:
    table = tmp_path / "groups.csv"
    table.write_text("group,pattern,remark\n venice , canal_* ,\nwest,canal_west_*,never\n,photo_*,\n")
    assert Grouping(str(table)).of(FOLDER / name, FOLDER) == group


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (b"", "received no rows"),
        (b"pattern,group\n", "received no rows"),
        (b"glob,source\na*,a\n", r"needs the columns pattern,group; received \['glob', 'source'\]"),
        (b"pattern;group\na*;a\n", r"received \['pattern;group'\]"),
        (b"pattern,group\n\xff*,a\n", "cannot be read .*; give name, picture, or a CSV file"),
        (b"group,pattern\nvenice\n", "pattern"),
    ],
    ids=["empty", "header", "columns", "semicolons", "encoding", "short-row"],
)
def test_tables_that_are_none(tmp_path: Path, content: bytes, received: str) -> None:
    table = tmp_path / "groups.csv"
    table.write_bytes(content)
    with pytest.raises(UsageError, match=received):
        Grouping(str(table))


def test_a_table_saved_by_a_spreadsheet(tmp_path: Path) -> None:
    """Which begins UTF-8 with a byte order mark."""
    table = tmp_path / "groups.csv"
    table.write_text("pattern,group\r\ncanal_*,venice\r\n", encoding="utf-8-sig")
    assert Grouping(str(table)).of(FOLDER / "canal_1.jpg", FOLDER) == "venice"


@pytest.mark.parametrize("rule", ["nmae", "missing.csv", "."])
def test_unknown_rule(rule: str) -> None:
    with pytest.raises(UsageError, match=f"--groups {rule}: cannot be read .*; give name, picture, or a CSV file"):
        Grouping(rule)
