"""A PostgreSQL server."""

from tests.stream.store.conftest import postgres

__all__ = ["postgres"]
