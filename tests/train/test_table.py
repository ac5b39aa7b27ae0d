"""The paper's table beside ours."""

import json
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import train.table as module
from models.errors import OutputError
from train.settings import Settings
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
        record = {"weights": settings.weights, "recipe": {"name": settings.recipe}, "seed": settings.seed}
        (out / "run.json").write_text(json.dumps(record | {"data": {"folders": [str(each) for each in folders]}}))
        (out / "report.json").write_text(json.dumps(report(95)))

    monkeypatch.setattr(module, "train", pretend)
    return asked


def test_each_network_has_its_own_weights(trained: list[Settings], tmp_path: Path) -> None:
    said = StringIO()
    tabulate([tmp_path], tmp_path / "table", Settings(weights="{network}.h5"), False, Console(file=said, width=200))
    assert [(each.network, each.weights) for each in trained] == [("vgg16", "vgg16.h5"), ("vgg19", "vgg19.h5")]
    written = json.loads((tmp_path / "table" / "table.json").read_text())
    assert [row["network"] for row in written["rows"]] == ["vgg16", "vgg19"]
    assert (tmp_path / "table" / "table.md").read_text() == markdown(written["rows"])
    assert "94.38" in said.getvalue()


def test_finished_runs_are_taken_as_they_are(trained: list[Settings], tmp_path: Path) -> None:
    for overwrite, trainings in ((False, 2), (False, 2), (True, 4)):
        tabulate([tmp_path], tmp_path / "table", Settings(), overwrite, Console(file=StringIO()))
        assert len(trained) == trainings


def test_runs_of_other_settings_are_not_taken_for_these(trained: list[Settings], tmp_path: Path) -> None:
    tabulate([tmp_path], tmp_path / "table", Settings(), False, Console(file=StringIO()))
    with pytest.raises(OutputError, match="was made with seed 1, not 2; choose another --out"):
        tabulate([tmp_path], tmp_path / "table", Settings(seed=2), False, Console(file=StringIO()))
    assert len(trained) == 2
