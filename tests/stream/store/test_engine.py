"""Patience is finite, also with a server that answers nothing."""

import time

import pytest

from models.errors import StoreAway
from stream.store.engine import engine_for, transaction
from stream.store.place import place_named
from tests.faults.peers.postgres import PostgresServer


def test_a_server_that_does_not_answer_is_hung_up_on(postgres: PostgresServer) -> None:
    place = place_named(postgres.database())
    engine = engine_for(place, write=True)
    with transaction(engine, place) as connection:
        connection.exec_driver_sql("SELECT 1")
    postgres.pause()
    try:
        began = time.monotonic()
        with pytest.raises(StoreAway), transaction(engine, place, within=0.5) as connection:
            connection.exec_driver_sql("SELECT 1")
        assert 0.4 < time.monotonic() - began < 3
    finally:
        postgres.resume()
    with transaction(engine, place) as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()


def test_a_transaction_in_time_is_not_cut(postgres: PostgresServer) -> None:
    place = place_named(postgres.database())
    engine = engine_for(place, write=True)
    for _ in range(3):
        with transaction(engine, place, within=0.5) as connection:
            connection.exec_driver_sql("SELECT pg_sleep(0.3)")
    time.sleep(0.5)
    with transaction(engine, place, within=0.5) as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()


def test_limits_reach_the_server(postgres: PostgresServer) -> None:
    place = place_named(postgres.database())
    engine = engine_for(place, write=False)
    with transaction(engine, place) as connection:
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name")
        }
    assert list(shown.values()) == ["10s", "5s", "30s", "rivereye"]
    engine.dispose()


def test_who_only_reads_changes_nothing(postgres: PostgresServer, tmp_path: object) -> None:
    for text in (postgres.database(), f"{tmp_path}/river.db"):
        place = place_named(text)
        writing = engine_for(place, write=True)
        with transaction(writing, place) as connection:
            connection.exec_driver_sql("CREATE TABLE one (number INTEGER)")
        reading = engine_for(place, write=False)
        with pytest.raises(StoreAway), transaction(reading, place) as connection:
            connection.exec_driver_sql("INSERT INTO one VALUES (1)")
        for engine in (writing, reading):
            engine.dispose()
