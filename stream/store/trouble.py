"""What an error of a store means: come back later, this record is wrong, or the store is."""

import sqlite3
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from models.errors import RecordRefused, StoreAway, StoreBarred, StoreError, first_line
from stream.store.place import Place

PLACE = "is its folder there, and may this user write in it?"
SQLITE_AWAY: Mapping[int, str] = {
    sqlite3.SQLITE_BUSY: "another program holds it",
    sqlite3.SQLITE_LOCKED: "another program holds it",
    sqlite3.SQLITE_PROTOCOL: "another program holds it",
    sqlite3.SQLITE_FULL: "make room",
    sqlite3.SQLITE_IOERR: "is its disk well, and is there room?",
    sqlite3.SQLITE_CANTOPEN: PLACE,
    sqlite3.SQLITE_READONLY: PLACE,
    sqlite3.SQLITE_PERM: PLACE,
    sqlite3.SQLITE_NOMEM: "memory is short",
}
"""Primary result codes that may pass, and what to do about them."""
SQLITE_REFUSED = (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH)
BARRED = "password authentication failed"
POSTGRES_HINTS: Mapping[str, str] = {
    BARRED: "give the user and password that it knows",
    "does not exist": "create it, or give another",
    "permission denied": "let the user create tables and write",
    "too many": "let it have more connections",
    "No space left": "make room",
}
"""By what the server says: of a connection that it refuses, it gives no code."""
POSTGRES_REFUSED = ("22", "23", "54")
"""Of an SQLSTATE, its first two letters: wrong data, a broken constraint, beyond a limit."""
CHANGED = ("42P01", "42703")
"""A table or column is not there."""


def trouble_of(error: SQLAlchemyError, place: Place) -> StoreError:
    cause = getattr(error, "orig", None)
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause, place)
    if isinstance(error, DBAPIError) and error.statement is not None:
        return _of_postgres(error, place)
    if cause is not None and not isinstance(error, DBAPIError):  # a value that cannot be sent
        return refused(cause, place)
    return _away(cause or error, place, _hint(str(cause)))  # no connection


def refused(error: BaseException, place: Place) -> RecordRefused:
    return RecordRefused(f"the store {place.shown} does not take a record: {_why(error, place)}; it is left out")


def _of_sqlite(cause: sqlite3.Error, place: Place) -> StoreError:
    code = getattr(cause, "sqlite_errorcode", None)
    primary = -1 if code is None else int(code) & 0xFF
    if primary in SQLITE_AWAY:
        return _away(cause, place, SQLITE_AWAY[primary])
    if code is None or primary in SQLITE_REFUSED:
        return refused(cause, place)
    return StoreError(
        f"the store {place.shown} cannot be used: {_why(cause, place)}; restore it from a copy, or give another place"
    )


def _of_postgres(error: DBAPIError, place: Place) -> StoreError:
    cause = error.orig or error
    state = getattr(cause, "sqlstate", None)
    if state in CHANGED:
        return StoreError(
            f"the store {place.shown} lacks what rivereye put there: {_why(cause, place)}; restore it from a copy, or give another place"
        )
    # Without a state, the driver itself would not send the data, or has lost the server.
    wrong = type(cause).__name__ in ("DataError", "ProgrammingError", "NotSupportedError")
    if wrong if state is None else state[:2] in POSTGRES_REFUSED:
        return refused(cause, place)
    return _away(cause, place, _hint(str(cause)))


def _hint(said: str) -> str:
    return next((hint for words, hint in POSTGRES_HINTS.items() if words in said), "")


def _away(cause: BaseException, place: Place, hint: str) -> StoreAway:
    kind = StoreBarred if BARRED in str(cause) else StoreAway
    return kind(f"the store {place.shown} cannot be used now: {_why(cause, place)}{f'; {hint}' if hint else ''}")


def _why(error: BaseException, place: Place) -> str:
    """What the driver says, in a line. A secret would be in it only by mistake, and is not then either."""
    text = first_line(error) if isinstance(error, Exception) else type(error).__name__
    for secret in place.server.secrets if place.server is not None else ():
        text = text.replace(secret, "***")
    return text
