"""What is kept of a training that did not end, and for whom."""

import json
import os
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from models.errors import OutputError
from train.unfinished import fingerprint, unfinished

SETTINGS = {"seed": 1, "frames": (Path("lock"),), "changes": {"epochs": None}}


def enter(out: Path, settings: Mapping[str, Any] = SETTINGS, overwrite: bool = False, stop: bool = False) -> str:
    """Begins or goes on with a run that writes one more line a time. Returns what was said."""
    said = StringIO()
    with unfinished(out, settings, "rivereye train a", overwrite, Console(file=said, width=500)) as folder:
        assert folder.parent == out.parent.resolve()
        with (folder / "lines").open("a") as file:
            file.write("line\n")
        if stop:
            raise KeyboardInterrupt
    return said.getvalue()


def stopped(out: Path, settings: Mapping[str, Any] = SETTINGS, overwrite: bool = False) -> Path:
    with pytest.raises(KeyboardInterrupt):
        enter(out, settings, overwrite, stop=True)
    return out.with_name(f".{out.name}.unfinished")


def lines(folder: Path) -> int:
    return (folder / "lines").read_text().count("line")


def test_it_goes_when_the_block_ends(tmp_path: Path) -> None:
    assert enter(tmp_path / "deep" / "run") == ""
    assert [path.name for path in tmp_path.rglob("*")] == ["deep"]


def test_it_stays_where_the_block_does_not_end(tmp_path: Path) -> None:
    said = StringIO()
    with (
        pytest.raises(KeyboardInterrupt),
        unfinished(tmp_path / "run", SETTINGS, "rivereye train a", False, Console(file=said, width=500)) as folder,
    ):
        raise KeyboardInterrupt
    assert said.getvalue().strip() == (f"what was done so far is kept in {folder}; the same command goes on from there")
    assert [path.name for path in tmp_path.iterdir()] == [".run.unfinished"]


def test_the_same_settings_go_on(tmp_path: Path) -> None:
    folder = stopped(tmp_path / "run")
    assert lines(stopped(tmp_path / "run", dict(reversed(SETTINGS.items())))) == 2
    assert f"going on with the unfinished run in {folder}" in enter(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


OTHERS = [SETTINGS | {"seed": 2}, SETTINGS | {"frames": ()}, SETTINGS | {"changes": {"epochs": (1,)}}, {}]


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_other_settings_are_refused_and_nothing_is_lost(tmp_path: Path, other: Mapping[str, Any]) -> None:
    folder = stopped(tmp_path / "run")
    with pytest.raises(OutputError) as caught:
        enter(tmp_path / "run", other)
    assert str(folder) in str(caught.value)
    assert "unfinished run of other settings" in str(caught.value)
    assert "finish it with its own command (rivereye train a), or give --overwrite to drop it" in str(caught.value)
    assert lines(stopped(tmp_path / "run")) == 2


def test_other_settings_begin_anew_where_that_is_wanted(tmp_path: Path) -> None:
    stopped(tmp_path / "run")
    folder = stopped(tmp_path / "run", OTHERS[0], overwrite=True)
    assert lines(folder) == 1
    assert json.loads((folder / "settings.json").read_text())["seed"] == 2


def test_overwrite_goes_on_with_a_run_of_the_same_settings(tmp_path: Path) -> None:
    stopped(tmp_path / "run")
    assert lines(stopped(tmp_path / "run", overwrite=True)) == 2


def test_a_kill_before_the_settings_were_written_costs_nothing(tmp_path: Path) -> None:
    (tmp_path / ".run.unfinished").mkdir()
    (tmp_path / ".run.unfinished" / "lines").write_text("line\n")
    assert lines(stopped(tmp_path / "run")) == 1


def test_neighbours_are_kept_apart(tmp_path: Path) -> None:
    assert stopped(tmp_path / "one") != stopped(tmp_path / "two", OTHERS[0])


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot write .*unfinished.*; choose another place"):
        enter(tmp_path / "file" / "run")


def test_a_fingerprint_tells_what_was_changed(tmp_path: Path) -> None:
    """Size, time of change, name, order; and a file that came or went."""
    files = [tmp_path / name for name in ("1.png", "2.png", "missing.png")]
    for path in files[:2]:
        path.write_bytes(b"picture")
        os.utime(path, ns=(1, 1))
    prints = [fingerprint(files), fingerprint(files[:2]), fingerprint(files[::-1])]
    assert fingerprint(files) == prints[0]
    os.utime(files[0], ns=(1, 2))
    prints.append(fingerprint(files))
    files[0].write_bytes(b"picture, cut")
    os.utime(files[0], ns=(1, 1))
    prints.append(fingerprint(files))
    files[2].touch()
    prints.append(fingerprint(files))
    assert len(set(prints)) == len(prints)


def test_a_fingerprint_of_a_name_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.png")
    assert fingerprint([path]) == fingerprint([path]) != fingerprint([])
