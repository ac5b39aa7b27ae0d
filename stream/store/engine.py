"""How a store is reached: connections whose patience is finite."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from sqlite3 import SQLITE_BUSY, OperationalError
from sqlite3 import Connection as SqliteConnection
from threading import Timer
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from models.extras import check_installed
from stream.store.place import Place, Server
from stream.store.trouble import refused, trouble_of

CONNECT_S, STATEMENT_S, LOCK_S, IDLE_S = 5, 10, 5, 30
"""Of PostgreSQL: for a connection, for a statement, for a lock in it; a transaction in which nothing happens for so long is ended by the server."""
LOCK = 0x7269766572657965
"""`rivereye`, as a number that no other program is likely to have."""
HUNG_S = 15.0
"""A server that is there and says nothing for so long is hung up on: its own time-outs sleep when it does."""
BUSY_S = 0.3
"""SQLite: how long a writer waits for another one. What it has waits in the spool then, so that a kill loses no more than a second."""
TURN_S = 0.01


def engine_for(place: Place, write: bool, fsync: bool = False, busy_s: float = BUSY_S) -> Engine:
    """Connects when it is first used.

    Args:
        place: where the store is.
        write: false: nothing can be changed through it.
        fsync: SQLite: every transaction reaches the disk before it counts, which a power cut would ask for; else the system decides when.
        busy_s: SQLite: seconds to wait for another writer.

    Raises:
        MissingExtra: PostgreSQL's driver is not installed.
    """
    if place.server is not None:
        return _postgres(place.server, write)
    url = URL.create("sqlite", database=str(place.file))
    engine = create_engine(
        url,
        connect_args={"timeout": busy_s, "check_same_thread": False},
        hide_parameters=True,
        pool_timeout=STATEMENT_S,
    )

    def prepare(connection: SqliteConnection, _: object) -> None:
        connection.isolation_level = None  # who begins a transaction is SQLAlchemy, below, and not the driver
        if write:
            _write_ahead(connection, busy_s)
            connection.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA query_only = {'OFF' if write else 'ON'}")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)
    return engine


def _write_ahead(connection: SqliteConnection, busy_s: float) -> None:
    """Of a new file, SQLite itself does not wait here for others who do the same."""
    until = time.monotonic() + busy_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except OperationalError as error:
            if error.sqlite_errorcode & 0xFF != SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(TURN_S)


@contextmanager
def transaction(engine: Engine, place: Place, within: float = HUNG_S) -> Iterator[Connection]:
    """A transaction that is committed where the block ends well, and of which nothing stays where it does not.

    Raises:
        StoreAway: the store cannot be reached, or not now, or took longer than `within` seconds.
        RecordRefused: it does not take what was given to it.
        StoreError: it is broken.
    """
    try:
        with engine.connect() as connection, _watched(connection, within), connection.begin():
            yield connection
    except SQLAlchemyError as error:
        raise trouble_of(error, place) from error
    except (OverflowError, UnicodeError) as error:  # by the drivers, for numbers and letters that they cannot send
        raise refused(error, place) from error


@contextmanager
def _watched(connection: Connection, within: float) -> Iterator[None]:
    """Cuts a connection to a server that never answers."""
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    with closing(socket.socket(fileno=os.dup(driver.fileno()))) as line:
        timer = Timer(within, _cut, (line,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _cut(line: socket.socket) -> None:
    with suppress(OSError):  # it was closed meanwhile
        line.shutdown(socket.SHUT_RDWR)


def _postgres(server: Server, write: bool) -> Engine:
    check_installed("postgres", "psycopg")
    seconds = {"statement_timeout": STATEMENT_S, "lock_timeout": LOCK_S, "idle_in_transaction_session_timeout": IDLE_S}
    limits = {name: f"{each}s" for name, each in seconds.items()}
    limits["default_transaction_read_only"] = "off" if write else "on"
    usual = {
        "connect_timeout": str(CONNECT_S),
        "application_name": "rivereye",
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        # Of a peer that has gone without a word, TCP itself would tell after a quarter of an hour.
        "keepalives_idle": "5",
        "keepalives_interval": "3",
        "keepalives_count": "3",
        "tcp_user_timeout": str(1000 * STATEMENT_S),
    }
    url = URL.create("postgresql+psycopg", server.user, server.password, server.host, server.port, server.database)
    arguments = usual | dict(server.options) | {"prepare_threshold": None}  # a pooler before the server may know none
    return create_engine(url, connect_args=arguments, hide_parameters=True, pool_timeout=STATEMENT_S)


def wait_for_all(connection: Connection, seconds: int) -> None:
    """Until the end of the transaction nobody else has this lock; for SQLite a transaction is one.

    Raises:
        SQLAlchemyError: somebody had it for longer than `seconds`.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{seconds}s'")
        connection.exec_driver_sql("SET LOCAL statement_timeout = '1h'")  # tables may be long
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
