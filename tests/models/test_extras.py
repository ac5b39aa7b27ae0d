"""What is said where an extra is not installed."""

import sys

import pytest

from models.errors import MissingExtra
from models.extras import check_installed, importing


@pytest.fixture(autouse=True)
def verb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["rivereye", "export"])


def test_a_library_that_is_not_there_is_told_without_loading_the_others() -> None:
    check_installed("deploy", "numpy", "json")
    with pytest.raises(
        MissingExtra, match=r"`rivereye export` needs no_such_library, .*pip install 'rivereye\[deploy\]'"
    ):
        check_installed("deploy", "antigravity", "no_such_library")
    assert "antigravity" not in sys.modules


def test_a_stage_whose_library_is_not_there() -> None:
    with (
        pytest.raises(MissingExtra, match=r"needs no_such_library, .*pip install 'rivereye\[deploy\]'"),
        importing("deploy"),
    ):
        import no_such_library  # type: ignore[import-not-found]  # noqa: F401


def test_a_program_without_a_verb_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["lock-desk"])
    with pytest.raises(MissingExtra, match=r"`rivereye` needs no_such_library, "):
        check_installed("deploy", "no_such_library")
