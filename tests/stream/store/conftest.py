"""Both kinds of store, real ones: a file, and a database of a PostgreSQL server that all tests share."""

from pathlib import Path

import pytest

from tests.faults.peers.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a store that is not there yet, of either kind."""
    if request.param == "sqlite":
        return str(tmp_path / "river.db")
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()
