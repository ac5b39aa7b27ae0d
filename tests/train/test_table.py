"""The paper's table beside ours."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import train.table as module
from models.errors import OutputError, UsageError
from train.dataset import list_samples
from train.groups import Grouping
from train.settings import Settings, recorded
from train.table import PUBLISHED, TEST_PICTURES, lines, markdown, row_of, tabulate


def report(right: int) -> dict[str, Any]:
    """Of 100 pictures, 90 of them right after the first stage."""
    stages = [
        {"accuracy": each / 100, "accuracy_low": each / 100 - 0.02, "accuracy_high": 0.99} for each in (90, right)
    ]
    return {"n": 100, "stages": stages, "mcnemar": {"p": 0.0123}}


def test_published_figures_are_whole_pictures() -> None:
    """As the two digits that were printed allow."""
    for shares in PUBLISHED.values():
        for share in shares:
            assert abs(round(share * TEST_PICTURES) / TEST_PICTURES - share) < 5e-5


def test_both_lines_of_a_network() -> None:
    paper, ours = lines([row_of("vgg16", report(95))])
    assert paper == ("vgg16", "paper", "94.38\xa0%", "95.21\xa0%", "+0.83", "", "(2048)")
    assert ours == (
        "vgg16",
        "ours",
        "90.00\xa0% (88.00\xa0% to 99.00\xa0%)",
        "95.00\xa0% (93.00\xa0% to 99.00\xa0%)",
        "+5.00",
        "0.012",
        "100",
    )


def test_a_loss_is_a_loss() -> None:
    assert lines([row_of("vgg19", report(89))])[1][4] == "-1.00"


def test_markdown_has_a_line_each() -> None:
    text = markdown([row_of(network, report(95)) for network in PUBLISHED])
    assert len(text.splitlines()) == 2 + 4
    assert len({line.count("|") for line in text.splitlines()}) == 1


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """What each training was asked for; it leaves a report and no more."""
    asked: list[Settings] = []

    def pretend(folders: Sequence[Path], out: Path, settings: Settings, overwrite: bool, console: Console) -> None:
        asked.append(settings)
        out.mkdir(parents=True, exist_ok=True)
        data = {"pictures": len(list_samples(folders, "ship", Grouping("name"))), "quarantined": []}
        (out / "run.json").write_text(json.dumps({"settings": recorded(folders, settings), "data": data}))
        (out / "report.json").write_text(json.dumps(report(95)))

    monkeypatch.setattr(module, "train", pretend)
    return asked


def test_each_network_has_its_own_weights(trained: list[Settings], tmp_path: Path) -> None:
    said = StringIO()
    weights = [tmp_path / "vgg16.h5", tmp_path / "vgg19.h5"]
    for each in weights:
        each.touch()
    settings = Settings(weights=str(tmp_path / "{network}.h5"))
    tabulate([tmp_path], tmp_path / "table", settings, False, Console(file=said, width=200))
    assert [(each.network, each.weights) for each in trained] == [
        ("vgg16", str(weights[0])),
        ("vgg19", str(weights[1])),
    ]
    written = json.loads((tmp_path / "table" / "table.json").read_text())
    assert [row["network"] for row in written["rows"]] == ["vgg16", "vgg19"]
    assert (tmp_path / "table" / "table.md").read_text() == markdown(written["rows"])
    assert "94.38" in said.getvalue()


def test_finished_runs_are_taken_as_they_are(trained: list[Settings], tmp_path: Path) -> None:
    for overwrite, trainings in ((False, 2), (False, 2), (True, 4)):
        tabulate([tmp_path], tmp_path / "table", Settings(), overwrite, Console(file=StringIO()))
        assert len(trained) == trainings


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(seed=2), "seed 1, not 2"),
        (Settings(groups="picture"), "groups name, not picture"),
        (Settings(test_share=0.4), "test share 0.15, not 0.4"),
        (Settings(mixed_precision=False), "mixed precision None, not False"),
    ],
)
def test_runs_of_other_settings_are_not_taken_for_these(
    trained: list[Settings], tmp_path: Path, settings: Settings, words: str
) -> None:
    tabulate([tmp_path], tmp_path / "table", Settings(), False, Console(file=StringIO()))
    with pytest.raises(OutputError, match=f"was made with {words}; choose another --out"):
        tabulate([tmp_path], tmp_path / "table", settings, False, Console(file=StringIO()))
    assert len(trained) == 2


def test_nor_are_runs_from_fewer_pictures(trained: list[Settings], tmp_path: Path) -> None:
    tabulate([tmp_path], tmp_path / "table", Settings(), False, Console(file=StringIO()))
    (tmp_path / "ship").mkdir()
    (tmp_path / "ship" / "new.png").touch()
    with pytest.raises(OutputError, match="was made with pictures 0, not 1; choose another --out"):
        tabulate([tmp_path], tmp_path / "table", Settings(), False, Console(file=StringIO()))
    tabulate([tmp_path], tmp_path / "other", Settings(features=tmp_path / "kept"), False, Console(file=StringIO()))
    assert len(trained) == 4


@pytest.mark.parametrize(
    ("weights", "words"), [("{network}.h5", "no weights of vgg16"), ("one.h5", "of one network only")]
)
def test_weights_that_are_not_both_there_are_missed_at_once(
    trained: list[Settings], tmp_path: Path, weights: str, words: str
) -> None:
    (tmp_path / "one.h5").touch()
    with pytest.raises(UsageError, match=words):
        tabulate(
            [tmp_path], tmp_path / "table", Settings(weights=str(tmp_path / weights)), False, Console(file=StringIO())
        )
    assert trained == []
    assert not (tmp_path / "table").exists()
