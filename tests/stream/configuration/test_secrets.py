"""Secrets in a source: put into their places, never into a message."""

from pathlib import Path

import pytest

from models.errors import UsageError
from stream.configuration.secrets import expand, plain_secrets, shown

ENVIRON = {
    "PW": "p@ss/w:rd %?#",
    "USER_2": "watch",
    "EMPTY": "",
    "URL": "rtsp://a:b@h/1",
    "CAMERA": "2",
    "BYTES": "a\udcff",
}


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ("clip.mp4", "clip.mp4"),
        ("rtsp://u:p@h/a%20b", "rtsp://u:p@h/a%20b"),
        ("rtsp://{USER_2}:{PW}@h/1", "rtsp://watch:p%40ss%2Fw%3Ard%20%25%3F%23@h/1"),
        ("rtsp://u:{file:pw}@h/1", "rtsp://u:fr%C3%BCh%20er@h/1"),
        ("http://h/s?token={PW}", "http://h/s?token=p%40ss%2Fw%3Ard%20%25%3F%23"),
        ("rtsp://u:{BYTES}@h/1", "rtsp://u:a%FF@h/1"),
        ("{URL}", "rtsp://a:b@h/1"),
        ("{URL}?t={CAMERA}", "rtsp://a:b@h/1?t=2"),
        ("{CAMERA}", "2"),
        ("/data/{PW}.mp4", "/data/p@ss/w:rd %?#.mp4"),
        ("rtsp://u:a{{b}@h", "rtsp://u:a{b}@h"),
        ("{{{CAMERA}}", "{2}"),
        ("{{PW}}", "{PW}}"),
        ("a}b", "a}b"),
    ],
)
def test_expands(tmp_path: Path, template: str, expanded: str) -> None:
    (tmp_path / "pw").write_text("  früh er\n", encoding="utf-8")
    assert expand(template, ENVIRON, tmp_path, "key") == expanded


def test_a_value_with_braces_is_not_expanded_again(tmp_path: Path) -> None:
    assert expand("{A}", {"A": "{B}", "B": "no"}, tmp_path, "key") == "{B}"


def test_a_whole_path_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("x")
    assert expand(f"{{file:{tmp_path}/pw}}", {}, Path("/nowhere"), "key") == "x"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("rtsp://u:{LOST}@h", "the environment variable LOST is not set"),
        ("rtsp://u:{EMPTY}@h", "the environment variable EMPTY is empty"),
        ("rtsp://u:{file:lost}@h", "lost: No such file"),
        ("rtsp://u:{file:.}@h", "Is a directory"),
        ("rtsp://u:{file:blank}@h", "blank is empty"),
        ("rtsp://u:{file:binary}@h", "binary holds no text"),
        ("rtsp://u:hunt{er2@h", "the brace at character 14 is neither"),
        ("rtsp://u:hunt{file:}er2@h", "the brace at character 14"),
        ("rtsp://u:hunt{}er2@h", "the brace at character 14"),
    ],
)
def test_what_is_missing_is_named_and_no_value(tmp_path: Path, template: str, said: str) -> None:
    (tmp_path / "blank").write_text(" \n")
    (tmp_path / "binary").write_bytes(b"hunter2\xff")
    with pytest.raises(UsageError) as raised:
        expand(template, ENVIRON, tmp_path, "cameras.north.source")
    assert str(raised.value).startswith("cameras.north.source: ")
    assert said in str(raised.value)
    assert "hunt" not in str(raised.value)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("rtsp://u:{PW}@h/{TOKEN}?a=b", "rtsp://***@h/{TOKEN}?***"),
        ("{URL}", "{URL}"),
        ("clip.mp4", "clip.mp4"),
        ("0", "0"),
    ],
)
def test_shows_what_was_written(template: str, expected: str) -> None:
    assert shown(template) == expected


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("rtsp://u:hunter2@h/1", ["its password"]),
        ("rtsp://:hunter2@h/1", ["its password"]),
        ("rtsp://u:hun/ter@2@h/1", ["its password"]),
        ("rtsp://u:x{PW}@h/1", ["its password"]),
        ("http://h/s?user=a&Password=hunter2", ["Password in its query"]),
        ("http://u:p@h/s?api_key=1&x=2&token=3", ["its password", "api_key in its query", "token in its query"]),
        ("rtsp://u:{PW}@h/1", []),
        ("rtsp://{U}:{file:/run/x}@h/1", []),
        ("rtsp://u@h/1", []),
        ("http://h/s?token={T}&x=1", []),
        ("http://h/s?size=3", []),
        ("rtsp://h:554/1", []),
        ("clip.mp4", []),
        ("0", []),
    ],
)
def test_finds_secrets_in_plain_text(template: str, found: list[str]) -> None:
    assert plain_secrets(template) == found
