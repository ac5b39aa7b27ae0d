"""One river that no test changes, and pages over it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stream.web.web import Web
from tests.stream.web.rooms import client, fill, hostile, pictures, served


@pytest.fixture(scope="session")
def river(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of a day, with a camera whose name means harm."""
    place = str(tmp_path_factory.mktemp("river") / "river.db")
    fill(place, *hostile())
    return place


@pytest.fixture(scope="session")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pictures(tmp_path_factory.mktemp("snapshots"))


@pytest.fixture(scope="session")
def web(river: str, snapshots: Path) -> Iterator[Web]:
    with served(river, snapshots=snapshots) as web:
        yield web


@pytest.fixture
def asking(web: Web) -> Iterator[httpx.Client]:
    with client(web) as asking:
        yield asking
