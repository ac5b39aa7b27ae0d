"""What docs/telling.md shows works."""

import re
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.telling.settings import TellingSettings
from stream.telling.webhook import signature

PAGE = (Path(__file__).parents[3] / "docs" / "telling.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("secret", "body", "late", "genuine"),
    [
        ("right", b'{"id":"a-1"}', 0, True),
        ("wrong", b'{"id":"a-1"}', 0, False),
        ("right", b'{"id":"a-2"}', 0, False),
        ("right", b'{"id":"a-1"}', 1000, False),
    ],
)
def test_the_check_of_a_signature(secret: str, body: bytes, late: int, genuine: bool) -> None:
    names: dict[str, Callable[..., bool]] = {}
    exec(block("python"), names)  # noqa: S102 - our own page
    stamp = str(int(time.time()) - late)
    headers = {
        "X-Rivereye-Timestamp": stamp,
        "X-Rivereye-Signature": signature("right", stamp, b'{"id":"a-1"}'),
    }
    assert names["is_genuine"](secret, headers, body) is genuine


def test_the_example_of_a_configuration() -> None:
    settings = TellingSettings.model_validate(tomllib.loads(block("toml")))
    assert settings.mqtt is not None
    assert settings.webhook is not None
    assert settings.outbox.max_mb == 50
