"""Runs as export reads them: whole ones, and everything that is none."""

from collections import Counter
from pathlib import Path
from typing import Any

import keras
import pytest

from deploy.convert import load_network
from deploy.run import Run, open_run
from models.errors import DataError, UsageError
from tests.deploy.runs import decision, toy_network, write_record, write_table
from tests.pictures import DRAWN

HINT = "give the folder that `rivereye train --out` wrote"


def run_of(folder: Path, ships: int, others: int, part: str = "test") -> Run:
    """A run whose pictures exist, as empty files."""
    rows = []
    for number in range(ships + others):
        path = folder / f"{number}.png"
        path.touch()
        rows.append({"path": str(path), "label": "ship" if number < ships else "no_ship", "part": part})
    return Run(folder, {}, rows)


def test_a_real_run(trained: Path) -> None:
    run = open_run(trained)
    assert run.data.sha256 == run.record["data"]["sha256"]
    assert list(run.stages) == ["transfer", "fine-tuning", "at the threshold"]
    assert len(run.labelled("test", 1000)) == len(run.labelled("validation", 1000)) == 4
    assert len(run.labelled("train", 1000)) == DRAWN - 8
    assert load_network(trained).count_params() == 14_714_688 + 2_097_665


@pytest.mark.parametrize("name", ["missing", "empty", "file.txt"])
def test_folders_that_are_no_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").touch()
    with pytest.raises(UsageError, match=f"no finished training run at .*{name}: .*{HINT}"):
        open_run(tmp_path / name)


def test_a_run_without_its_table(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"no finished training run at .*pictures.csv.*{HINT}"):
        open_run(write_record(tmp_path))


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "3", '{"schema": "rivereye/run/1"}', "\x00"])
def test_records_that_are_none(tmp_path: Path, content: str) -> None:
    (write_table(tmp_path, []) / "run.json").write_text(content)
    with pytest.raises(UsageError, match=f"no finished training run at .*{HINT}"):
        open_run(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {}},
        {"stages": [{"name": "transfer"}]},
        {"stages": None},
        {"decision": None},
        {"decision": {"threshold": 0.5}},
        {"decision": decision(threshold=1.5)},
        {"decision": decision(temperature=0.0)},
        {"decision": decision() | {"shift": float("inf")}},
        {"network": None},
        {"weights": None},
        {"versions": None},
    ],
    ids=str,
)
def test_records_that_lack_something(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Said at once, not after minutes of converting."""
    with pytest.raises(UsageError, match=f"no finished training run at .*{HINT}"):
        open_run(write_record(write_table(tmp_path, []), **changes))


def test_a_schema_of_another_day(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown schema 'rivereye/run/2'"):
        open_run(write_record(write_table(tmp_path, []), schema="rivereye/run/2"))


@pytest.mark.parametrize(
    ("columns", "row"),
    [(("file", "label", "part"), ("1.png", "ship", "test")), (("path", "label", "part"), (__file__, "boat", "test"))],
    ids=["columns", "label"],
)
def test_tables_that_are_none(tmp_path: Path, columns: tuple[str, ...], row: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=f"no finished training run at .*{HINT}"):
        open_run(write_record(write_table(tmp_path, [row], columns)))


@pytest.mark.parametrize(
    ("ships", "others", "at_most", "expected"),
    [
        (5, 5, 1000, (5, 5)),
        (5, 50, 10, (5, 5)),
        (50, 5, 10, (5, 5)),
        (2, 50, 10, (2, 8)),
        (50, 2, 10, (8, 2)),
        (2, 3, 10, (2, 3)),
        (0, 9, 4, (0, 4)),
        (9, 0, 4, (4, 0)),
        (9, 9, 2, (1, 1)),
        (0, 0, 5, (0, 0)),
    ],
)
def test_pictures_are_drawn_evenly(
    tmp_path: Path, ships: int, others: int, at_most: int, expected: tuple[int, int]
) -> None:
    run = run_of(tmp_path, ships, others)
    chosen = [int(path.stem) < ships for path, _ in run.labelled("test", at_most)]
    assert (sum(chosen), len(chosen) - sum(chosen)) == expected


@pytest.mark.parametrize("at_most", [1, 3, 7])
def test_an_odd_number_of_pictures(tmp_path: Path, at_most: int) -> None:
    chosen = run_of(tmp_path, 20, 20).labelled("test", at_most)
    counts = Counter(int(path.stem) < 20 for path, _ in chosen)
    assert len(set(chosen)) == at_most
    assert abs(counts[True] - counts[False]) == 1


def test_pictures_are_shuffled_alike_each_time(tmp_path: Path) -> None:
    run = run_of(tmp_path, 10, 10)
    first = run.labelled("test", 20)
    assert first == run.labelled("test", 20)
    assert sorted(first) != first
    labels = [label for _, label in first]
    assert labels == [int(path.stem) < 10 for path, _ in first]
    assert labels != sorted(labels)
    assert labels != sorted(labels, reverse=True)


def test_only_the_part_that_is_asked_for(tmp_path: Path) -> None:
    run = run_of(tmp_path, 2, 2, part="validation")
    assert run.labelled("test", 9) == []
    assert len(run.labelled("validation", 9)) == 4


def test_vanished_pictures_are_left_out(tmp_path: Path) -> None:
    run = run_of(tmp_path, 3, 3)
    (tmp_path / "0.png").unlink()
    (tmp_path / "5.png").unlink()
    assert {path.name for path, _ in run.labelled("test", 9)} == {"1.png", "2.png", "3.png", "4.png"}


def damage(path: Path, kind: str) -> None:
    content = bytearray(path.read_bytes())
    if kind == "cut short":
        del content[len(content) // 2 :]
    elif kind == "bit flipped":
        content[len(content) // 2] ^= 1
    elif kind == "text":
        content[:] = b"404 Not Found"
    path.unlink()
    if kind != "missing":
        path.write_bytes(content)


@pytest.mark.parametrize("kind", ["missing", "text", "cut short", "bit flipped"])
def test_networks_that_are_none(tmp_path: Path, kind: str) -> None:
    toy_network().save(tmp_path / "network.keras")
    damage(tmp_path / "network.keras", kind)
    with pytest.raises(DataError, match="cannot load network .*network.keras: .+; train it again"):
        load_network(tmp_path)


def test_a_network_as_it_was_saved(tmp_path: Path) -> None:
    network: keras.Model = toy_network()
    network.save(tmp_path / "network.keras")
    loaded = load_network(tmp_path)
    for ours, other in zip(loaded.get_weights(), network.get_weights(), strict=True):
        assert (ours == other).all()
