from pathlib import Path

import pytest

from models.errors import OutputError
from models.outputs import check_file, check_folder, new_folder, replace_text

MARKER = "card.json"


def made(path: Path, content: str = "old") -> Path:
    """A folder as rivereye makes it."""
    path.mkdir(parents=True)
    (path / MARKER).write_text(content, encoding="utf-8")
    return path


def test_a_folder_appears_when_its_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "bundle"
    with new_folder(path, overwrite=False, marker=MARKER) as draft:
        (draft / MARKER).write_text("new", encoding="utf-8")
        assert not path.exists()
    assert [each.name for each in path.iterdir()] == [MARKER]
    assert path.stat().st_mode & 0o777 == 0o755
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_of_a_block_that_fails(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), new_folder(tmp_path / "bundle", overwrite=False, marker=MARKER) as draft:  # noqa: PT012
        (draft / MARKER).touch()
        raise error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_the_old_folder(tmp_path: Path, error: type[BaseException]) -> None:
    path = made(tmp_path / "bundle")
    with pytest.raises(error), new_folder(path, overwrite=True, marker=MARKER):
        raise error
    assert list(tmp_path.iterdir()) == [path]
    assert (path / MARKER).read_text(encoding="utf-8") == "old"


def test_an_own_folder_is_replaced_only_when_told(tmp_path: Path) -> None:
    path = made(tmp_path / "bundle")
    (path / "left over").touch()
    with pytest.raises(OutputError, match="exists and was kept"), new_folder(path, overwrite=False, marker=MARKER):
        pytest.fail("was let in")
    assert (path / MARKER).read_text(encoding="utf-8") == "old"
    with new_folder(path, overwrite=True, marker=MARKER) as draft:
        (draft / MARKER).write_text("new", encoding="utf-8")
    assert [each.name for each in path.iterdir()] == [MARKER]
    assert (path / MARKER).read_text(encoding="utf-8") == "new"


def test_a_foreign_folder_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "wedding.jpg").touch()
    with (
        pytest.raises(OutputError, match=f"will not replace .*photos: it holds no {MARKER}"),
        new_folder(tmp_path / "photos", overwrite=True, marker=MARKER),
    ):
        pytest.fail("was let in")
    assert (tmp_path / "photos" / "wedding.jpg").exists()


def test_a_file_is_never_replaced_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("years", encoding="utf-8")
    with pytest.raises(OutputError), new_folder(tmp_path / "thesis", overwrite=True, marker=MARKER):
        pytest.fail("was let in")
    assert (tmp_path / "thesis").read_text(encoding="utf-8") == "years"


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    with new_folder(tmp_path, overwrite=False, marker=MARKER) as draft:
        (draft / MARKER).touch()
    assert [each.name for each in tmp_path.iterdir()] == [MARKER]


def test_a_link_to_a_folder_is_replaced_or_refused(tmp_path: Path) -> None:
    target = made(tmp_path / "disk" / "bundle")
    link = tmp_path / "bundle"
    link.symlink_to(target)
    try:
        with new_folder(link, overwrite=True, marker=MARKER) as draft:
            (draft / MARKER).write_text("new", encoding="utf-8")
    except OutputError:
        assert (link / MARKER).read_text(encoding="utf-8") == "old"
    else:
        assert (link / MARKER).read_text(encoding="utf-8") == "new"


def test_the_folder_one_stands_in_is_filled_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        with new_folder(Path(), overwrite=False, marker=MARKER) as draft:
            (draft / MARKER).touch()
    except OutputError:
        assert list(tmp_path.iterdir()) == []
    else:
        assert (tmp_path / MARKER).exists()


@pytest.mark.parametrize("place", ["file/bundle", "file/deep/bundle", "x" * 300])
def test_an_impossible_folder_is_told_before_work_begins(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write"), new_folder(tmp_path / place, overwrite=True, marker=MARKER):
        pytest.fail("was let in")


@pytest.mark.parametrize(
    ("place", "overwrite", "said"),
    [
        ("bundle", False, "exists and was kept; give --overwrite"),
        ("photos", False, "exists and was kept"),
        ("photos", True, f"will not replace .*photos: it holds no {MARKER}"),
        ("thesis", False, "exists and was kept"),
        ("thesis", True, "will not replace"),
        ("x" * 300, True, "cannot write"),
    ],
)
def test_a_folder_is_refused_before_any_work(tmp_path: Path, place: str, overwrite: bool, said: str) -> None:
    """By the same rules as when it is made; what is there stays."""
    made(tmp_path / "bundle")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "wedding.jpg").touch()
    (tmp_path / "thesis").touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match=said):
        check_folder(tmp_path / place, overwrite, MARKER)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "place", ["/proc/bundle", "/proc/deep/bundle", "file/bundle", "file/deep/bundle", "circle", "circle/bundle"]
)
def test_where_no_folder_can_be_made_is_told_before_any_work(tmp_path: Path, place: str) -> None:
    """Root is refused by none of these but the attempt."""
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match="cannot write .*; choose another place"):
        check_folder(tmp_path / place, True, MARKER)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("place", ["bundle", "empty", "new", "deep/er/new"])
def test_a_folder_that_may_be_made_is_not_made_yet(tmp_path: Path, place: str) -> None:
    made(tmp_path / "bundle")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    check_folder(tmp_path / place, overwrite=True, marker=MARKER)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_new_file_may_be_written_and_its_folder_is_made(tmp_path: Path) -> None:
    check_file(tmp_path / "deep" / "er" / "a.jsonl", overwrite=False)
    assert (tmp_path / "deep" / "er").is_dir()
    assert not (tmp_path / "deep" / "er" / "a.jsonl").exists()


def test_a_file_that_is_there_is_kept_unless_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(OutputError, match=r"a\.jsonl exists and was kept; give --overwrite"):
        check_file(path, overwrite=False)
    check_file(path, overwrite=True)
    assert path.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (".", "it is a folder"),
        ("file/a.jsonl", "cannot write"),
        ("file/deep/a.jsonl", "cannot write"),
        ("x" * 300, "cannot write"),
    ],
)
def test_an_impossible_file_is_told_at_once(tmp_path: Path, place: str, said: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=said):
        check_file(tmp_path / place, overwrite=True)


def test_a_text_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old", encoding="utf-8")
    replace_text(path, "Fluß")
    assert path.read_text(encoding="utf-8") == "Fluß"
    (tmp_path / "folder").mkdir()
    for wrong in (tmp_path / "nowhere" / "run.json", tmp_path / "folder"):
        with pytest.raises(OutputError, match=f"cannot write {wrong}"):
            replace_text(wrong, "{}")
    assert {each.name for each in tmp_path.iterdir()} == {"run.json", "folder"}
