from pathlib import Path
from typing import Any

import pytest

from models.errors import UsageError
from stream.configuration.choosing import chosen, from_file
from stream.configuration.settings import Settings
from tests.factories import rivereye


def test_all_sources_are_looked_at_in_the_same_way() -> None:
    settings = chosen(["north.mp4", "south.mp4"], {"views": "2x3", "fps": 2.0}, {"batch": 4})
    assert list(settings.cameras) == ["north", "south"]
    assert {(camera.views, camera.fps) for camera in settings.cameras.values()} == {("2x3", 2.0)}
    assert [camera.source.get_secret_value() for camera in settings.cameras.values()] == ["north.mp4", "south.mp4"]
    assert settings.batch == 4


def test_what_is_not_said_is_as_usual() -> None:
    for settings in (chosen(["north.mp4"], {}, {}), chosen(["north.mp4"], {"hwaccel": None}, {"batch": None})):
        assert settings == Settings.model_validate({"cameras": {"north": {"source": "north.mp4"}}})
        assert settings.cameras["north"].model_fields_set == {"source"}, "so that what was tuned may count"


def test_what_is_said_is_known_to_be_said() -> None:
    settings = chosen(["north.mp4"], {"hwaccel": "none"}, {"threads": 0})
    assert "hwaccel" in settings.cameras["north"].model_fields_set
    assert settings.threads == 0


def test_sources_of_one_name_get_names_of_their_own() -> None:
    settings = chosen(["a/north.mp4", "b/north.mp4", "0", "a/north.mp4"], {}, {})
    assert list(settings.cameras) == ["north", "north-2", "camera-0", "north-3"]


def test_no_secret_is_in_a_name_or_shown() -> None:
    settings = chosen(["rtsp://user:hunter2@cam/1?token=hunter2"], {}, {})
    assert list(settings.cameras) == ["cam-1"]
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("sources", "said"),
    [([], "name a video, a folder"), ([""], "a name is empty"), (["a.mp4", " "], "a name is empty")],
)
def test_without_a_source_there_is_nothing_to_look_at(sources: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=f"no source given.*{said}"):
        chosen(sources, {}, {})


@pytest.mark.parametrize(
    ("camera", "watch", "said"),
    [
        ({"views": "3by4"}, {}, "--views: unknown views '3by4'"),
        ({"policy": "some"}, {}, "--policy: unknown policy 'some'"),
        ({"threshold": "1.5"}, {}, "--threshold 1.5: no threshold 1.5"),
        ({"rotate": 45}, {}, "--rotate 45: "),
        ({"hwaccel": "magic"}, {}, "--hwaccel magic: "),
        ({"open_timeout": 0}, {}, "--open-timeout 0: "),
        ({}, {"batch": 0}, "--batch 0: "),
        ({}, {"threads": -1}, "--threads -1: "),
        ({"start": 5.0, "end": 5.0}, {}, "end 5.0 is not after start 5.0"),
    ],
)
def test_an_option_that_makes_no_sense_is_named(camera: dict[str, Any], watch: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(["north.mp4"], camera, watch)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_command_line_makes_a_table_of_is_not_shown_as_one() -> None:
    with pytest.raises(UsageError, match=r"^--web: will not listen at 0\.0\.0\.0:8765 for other machines"):
        chosen(["north.mp4"], {}, {"web": {"listen": "0.0.0.0:8765"}})


def test_a_file_can_be_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "rivereye.toml"
    file.write_text('[cameras.north]\nsource = "test"\n', encoding="utf-8")
    settings, again = from_file(file, [])
    assert list(settings.cameras) == ["north"]
    file.write_text('[cameras.south]\nsource = "test"\n', encoding="utf-8")
    assert list(again().cameras) == ["south"]


def test_a_file_and_sources_are_too_much(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"a\.mp4 besides --config .*; name sources in the file, or leave --config out"
    ):
        from_file(tmp_path / "rivereye.toml", ["a.mp4"])


@pytest.mark.parametrize("option", ["--no-tuned", "--threads=2", "--batch=2"])
def test_a_file_and_options_are_too_much(tmp_path: Path, option: str) -> None:
    done = rivereye("stream", "--config", tmp_path / "river.toml", option)
    assert done.returncode == 2
    assert f"{option.split('=')[0]} besides --config" in done.stderr
