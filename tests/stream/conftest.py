"""A PostgreSQL server that all tests share."""

from collections.abc import Iterator

import pytest

from tests.faults.peers.postgres import PostgresServer, missing, postgres_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Started once; a test that stops it starts it again."""
    if why := missing():
        pytest.skip(why)
    with postgres_server() as server:
        yield server
