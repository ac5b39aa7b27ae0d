from pathlib import Path
from threading import Barrier, Thread

import pytest

from models.moving import move_to_free


def test_moves_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine", encoding="utf-8")
    move_to_free(tmp_path / "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_text(encoding="utf-8") == "mine"


def test_never_replaces_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine", encoding="utf-8")
    (tmp_path / "b").write_text("yours", encoding="utf-8")
    with pytest.raises(FileExistsError):
        move_to_free(tmp_path / "a", tmp_path / "b")
    assert [(tmp_path / name).read_text(encoding="utf-8") for name in "ab"] == ["mine", "yours"]


def test_a_missing_file_leaves_the_place_free(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        move_to_free(tmp_path / "a", tmp_path / "b")
    assert not list(tmp_path.iterdir())


def test_of_two_who_move_it_at_once_one_wins(tmp_path: Path) -> None:
    outcomes: list[str] = []

    def move(to: str) -> None:
        ready.wait()
        try:
            move_to_free(tmp_path / "a", tmp_path / to)
        except FileNotFoundError:
            outcomes.append("too late")
        else:
            outcomes.append(to)

    for _ in range(50):
        outcomes.clear()
        (tmp_path / "a").write_text("mine", encoding="utf-8")
        ready = Barrier(2)
        threads = [Thread(target=move, args=(to,)) for to in ("b", "c")]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        (left,) = tmp_path.iterdir()
        assert sorted(outcomes) == sorted([left.name, "too late"])
        assert left.read_text(encoding="utf-8") == "mine"
        left.unlink()
