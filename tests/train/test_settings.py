"""What run.json keeps of a run's settings brings them back."""

import json
from pathlib import Path

import pytest

from models.errors import UsageError
from train.recipe import Changes
from train.settings import Settings, recorded, settings_of


def test_there_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "groups.csv").write_text("pattern,group\n")
    monkeypatch.chdir(tmp_path)
    settings = Settings(groups="groups.csv", changes=Changes(epochs=(1, 2)), frames=(Path("frames"),), holdout=("a",))
    kept = json.loads(json.dumps(recorded([Path("pictures")], settings)))
    monkeypatch.chdir("/")
    folders, found = settings_of({"settings": kept}, Path("run"))
    assert folders == [tmp_path / "pictures"]
    assert found.groups == str(tmp_path / "groups.csv")
    assert found.frames == (tmp_path / "frames",)
    assert (found.changes.epochs, found.holdout) == ([1, 2], ("a",))


def test_a_rule_of_groups_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert recorded([], Settings(groups="name"))["groups"] == "name"


@pytest.mark.parametrize("record", [{}, {"settings": {}}, {"settings": {"folders": [], "seed": "many"}}])
def test_an_older_run(record: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"run.json does not say with what settings .* train it again"):
        settings_of(record, Path("run"))
