"""Which pictures count as one source."""

from pathlib import Path

import pytest

from models.errors import UsageError
from train.groups import Grouping, begin_alike

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
    grouping = Grouping(str(table))
    assert grouping.of(FOLDER / name, FOLDER) == group
    assert grouping.fitted == (Path(name).name.startswith(("canal_", "photo_")))


@pytest.mark.parametrize(
    ("part_of", "words"),
    [
        ({"harbour_boat": "train", "harbour_empty": "test", "lock": "train"}, ["harbour"]),
        ({"harbour": "train", "harbour-2": "validation"}, ["harbour"]),
        ({"harbour_boat": "train", "harbour_empty": "train"}, []),
        ({"harbour": "train", "harbours": "test"}, []),
        ({"_a": "train", "_b": "test"}, []),
        ({}, []),
    ],
    ids=str,
)
def test_groups_that_may_be_one_camera(part_of: dict[str, str], words: list[str]) -> None:
    assert begin_alike(part_of) == words


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (b"", "received no rows"),
        (b"pattern,group\n", "received no rows"),
        (b"glob,source\na*,a\n", r"needs the columns pattern,group or path,group; received \['glob', 'source'\]"),
        (b"pattern;group\na*;a\n", r"received \['pattern;group'\]"),
        (b"pattern,group\n\xff*,a\n", "cannot be read .*; give name, picture, or a CSV file"),
        (b"group,pattern\nvenice\n", "pattern"),
        (b"pattern,group\na*,a\nb*\n", "line 3 has no group; an empty one, .*, is written pattern,$"),
    ],
    ids=["empty", "header", "columns", "semicolons", "encoding", "short-row", "no-group"],
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


def manifest(folder: Path, *rows: str, header: str = "path,group") -> Grouping:
    table = folder / "manifest.csv"
    table.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return Grouping(str(table))


def test_by_manifest(tmp_path: Path) -> None:
    """Exactly these files; paths start at the table's folder. The others go by name, and are known."""
    ship = tmp_path / "ship"
    grouping = manifest(
        tmp_path,
        "ship/lock_1.jpg,canal",
        f"{ship / 'lock_2.jpg'},canal",
        "ship/../ship/lock_3.jpg, ",
        "ship/cam/*,river",
    )
    files = [ship / f"lock_{number}.jpg" for number in range(1, 5)] + [
        ship / "cam" / "1.jpg",
        tmp_path / "b" / "lock_1.jpg",
    ]
    assert [grouping.of(path, ship) for path in files[:5]] == ["canal", "canal", str(files[2]), "lock", "cam"]
    assert grouping.of(files[5], tmp_path / "b") == "lock"
    assert grouping.unnamed == {files[3], files[4], files[5]}
    grouping.of(files[3], ship)
    assert len(grouping.unnamed) == 3
    assert grouping.used == str(tmp_path / "manifest.csv")


def test_a_manifest_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data" / "ship").mkdir(parents=True)
    manifest(tmp_path / "data", "ship/1.jpg,canal", header="path,group")
    monkeypatch.chdir(tmp_path)
    assert Grouping("data/manifest.csv").of(Path("data/ship/1.jpg"), Path("data/ship")) == "canal"


def test_nothing_is_unnamed_without_a_manifest(tmp_path: Path) -> None:
    grouping = manifest(tmp_path, "canal_*,venice", header="pattern,group")
    assert grouping.of(FOLDER / "lock_1.jpg", FOLDER) == "lock"
    assert not grouping.unnamed
    assert grouping.used == "name"  # no pattern fitted


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("path,source", ["a.jpg,a"], r"pattern,group or path,group; received \['path', 'source'\]"),
        ("path,pattern,group", ["a.jpg,a*,a"], "has both columns pattern and path; keep the one"),
        ("path,group", ["a.jpg,a", ",b"], "a row has no path; every row needs path,group"),
        ("group,path", ["a"], "a row has no path"),
        ("path,group", ["a.jpg,a", "./a.jpg,b"], "./a.jpg is named twice, for 'a' and for 'b'; keep one of the rows"),
    ],
    ids=["columns", "both", "no-path", "short-row", "twice"],
)
def test_manifests_that_are_none(tmp_path: Path, header: str, rows: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=f"--groups .*manifest.csv: .*{said}"):
        manifest(tmp_path, *rows, header=header)


def test_a_file_may_be_named_twice_alike(tmp_path: Path) -> None:
    assert manifest(tmp_path, "1.jpg,a", "./1.jpg,a").of(tmp_path / "1.jpg", tmp_path) == "a"
