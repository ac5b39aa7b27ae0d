"""What went wrong is told, and the password is not."""

import traceback
from collections.abc import Callable

import pytest

from models.errors import StoreAway, StoreError
from stream.store.migrating import check, upgrade
from stream.store.reading import Reader
from stream.store.store import Store
from tests.faults.peers.ports import reserved_port
from tests.faults.peers.postgres import ENCODED, PASSWORD, PostgresServer
from tests.stream.store.makers import minute


def attempts(place: str) -> list[Callable[[], object]]:
    return [
        lambda: upgrade(place),
        lambda: check(place),
        lambda: Store(place, "lock").write([minute()]),
        lambda: Reader(place).cameras(),
    ]


def told(place: str) -> set[str]:
    """The sentences; they and all that hangs on them are free of secrets."""
    sentences = set()
    for attempt in attempts(place):
        with pytest.raises(StoreError) as caught:
            attempt()
        assert isinstance(caught.value, StoreAway)
        whole = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        for secret in (PASSWORD, ENCODED, "s3cret", "w?rd", "wrong-one"):
            assert secret not in whole.replace(__file__, "")
        sentences.add(str(caught.value))
    return sentences


def test_a_server_that_is_not_there() -> None:
    with reserved_port() as port:
        (said,) = told(f"postgresql://rivereye:{ENCODED}@127.0.0.1:{port}/river")
    assert said.startswith(f"the store postgresql://***@127.0.0.1:{port}/river cannot be used now: ")
    assert "refused" in said


def test_a_wrong_password(postgres: PostgresServer) -> None:
    (said,) = told(postgres.url("postgres", password="wrong-one"))  # noqa: S106
    assert "password authentication failed" in said
    assert said.endswith("; give the user and password that it knows")


def test_a_database_that_is_not_there(postgres: PostgresServer) -> None:
    (said,) = told(postgres.url("nowhere"))
    assert 'database "nowhere" does not exist' in said


def test_an_option_that_libpq_does_not_know(postgres: PostgresServer) -> None:
    (said,) = told(f"{postgres.url('postgres')}?sslmode=mistaken&password=wrong-one")
    assert "cannot be used now" in said
