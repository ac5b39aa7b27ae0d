"""The verbs about a store."""

import time
from pathlib import Path
from typing import Any

import pytest

from models.errors import StoreError, UsageError
from stream.store.records import PassageRecord
from stream.store.store import Store
from stream.store.storeverbs import DAY_S, check, copy, forget, upgrade
from tests.stream.store.makers import ended


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


def filled(place: Path) -> str:
    """A passage that ended now, and one of two days before."""
    with Store(str(place), "lock") as store:
        for number, days in enumerate((0, 2)):
            at = time.time() - days * DAY_S
            passage = ended(number).after.model_copy(update={"start_time": at, "frame_time": at, "end_time": at})
            store.write([PassageRecord(passage=passage, revision=number + 1)])
    return str(place)


def test_a_store_is_made_looked_at_and_cleared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "river.db"
    check(str(place))
    assert "no store yet" in said(capsys)
    assert not place.exists()
    upgrade(str(place))
    assert "tables of version" in said(capsys)
    filled(place)
    check(str(place))
    assert "(up to date) boxes: 1, cameras: 1" in said(capsys)
    forget(str(place), 1.0)
    assert "deleted: 1 passages, 0 minutes, 0 hours" in said(capsys)


def test_a_configuration_file_names_its_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path / "river.db")
    config = tmp_path / "river.toml"
    config.write_text('[cameras.north]\nsource = "test"\n[outputs]\nstore = "river.db"\n')
    check(str(config))
    assert "boxes: 1, cameras: 1" in said(capsys)
    config.write_text('[cameras.north]\nsource = "test"\n')
    with pytest.raises(UsageError, match="has no store; put store ="):
        check(str(config))


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("of somebody else\n" * 100)
    for verb in (check, upgrade):
        with pytest.raises(StoreError):
            verb(str(tmp_path / "x.db"))


def test_only_the_secret_of_the_store_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path / "river.db")
    config = tmp_path / "river.toml"
    cameras = '[cameras.north]\nsource = "rtsp://watch:{NOT_SET}@192.0.2.10/1"\n'
    config.write_text(f'{cameras}[outputs]\nstore = "river.db"\n[web]\ntoken = "{{NOT_SET_EITHER}}"\n')
    check(str(config))
    assert "boxes: 1, cameras: 1" in said(capsys)


def test_a_box_or_camera_can_be_forgotten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = filled(tmp_path / "river.db")
    forget(place, box="lock", camera="north")
    assert "deleted: 2 passages, 0 minutes, 0 hours, 1 cameras" in said(capsys)


@pytest.mark.parametrize("given", [{}, {"days": 1.0, "box": "lock"}, {"camera": "north"}])
def test_what_is_to_be_forgotten_has_to_be_said(tmp_path: Path, given: dict[str, Any]) -> None:
    place = filled(tmp_path / "river.db")
    with pytest.raises(UsageError, match="Give --days N, or --box BOX, or --box BOX --camera NAME"):
        forget(place, **given)


def test_a_store_is_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy(filled(tmp_path / "river.db"), tmp_path / "copy.db")
    assert "copy.db: a copy of" in said(capsys)
    check(str(tmp_path / "copy.db"))
    assert "(up to date) boxes: 1, cameras: 1" in said(capsys)
