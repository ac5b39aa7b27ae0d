"""What names a store, and what never shows of it."""

from pathlib import Path

import pytest

from models.errors import UsageError
from stream.store.place import place_named, spool_of


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("river.db", "river.db"),
        ("/var/lib/river.db", "/var/lib/river.db"),
        ("sqlite:///river.db", "river.db"),
        ("sqlite:////var/lib/river.db", "/var/lib/river.db"),
        ("SQLite:///a%20b.db", "a b.db"),
    ],
)
def test_files(text: str, path: str) -> None:
    place = place_named(text)
    assert (place.kind, place.file, place.shown) == ("sqlite", Path(path), path)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg", "PostgreSQL"])
def test_servers(scheme: str) -> None:
    place = place_named(f"{scheme}://me:p%40ss%2Fw@db.example:5433/river?sslmode=require")
    assert place.server is not None
    assert (place.server.host, place.server.port, place.server.database) == ("db.example", 5433, "river")
    assert (place.server.user, place.server.password) == ("me", "p@ss/w")
    assert place.server.options == {"sslmode": "require"}
    assert place.shown == "postgresql://***@db.example:5433/river"
    assert "p@ss" not in repr(place)
    assert "me" not in repr(place)


def test_servers_without_user_or_host() -> None:
    assert place_named("postgresql://db.example/river").shown == "postgresql://db.example/river"
    place = place_named("postgresql:///river?host=/run/postgresql")
    assert place.server is not None
    assert (place.server.host, place.server.options) == (None, {"host": "/run/postgresql"})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        ("mysql://h/d", "no store of the kind 'mysql'"),
        ("sqlite://", "sqlite:///PATH"),
        ("sqlite:///", "sqlite:///PATH"),
        ("sqlite:///a.db?mode=ro", "without options"),
        ("postgresql://h", "names no database"),
        ("postgresql://h/a/b", "names no database"),
        ("postgresql://h:port/d", "not understood"),
        ("/", "it is a folder"),
    ],
)
def test_what_is_no_place(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        place_named(text)


@pytest.mark.parametrize(
    "secret", ["hun/ter2", "hun#ter2", "hun?ter2", "hun@ter2", "h[unter2", "hun/t@er2", "hun:ter/2@"]
)
def test_a_password_that_is_not_encoded_is_never_shown(secret: str) -> None:
    """Parts of it may pass for a host or a path; no message may have them."""
    with pytest.raises(UsageError) as caught:
        place_named(f"postgresql://me:{secret}@db.example/river")
    said = f"{caught.value!r} {caught.value.__cause__!r} {caught.value}"
    assert "percent-encoded" in said
    assert not [piece for piece in ("hun", "ter2", "er2", "unter") if piece in said]


def test_records_wait_beside_a_file() -> None:
    assert spool_of(place_named("/var/lib/river.db"), "box") == Path("/var/lib/river.db.spool")


def test_records_for_a_server_wait_where_state_is_kept(tmp_path: Path) -> None:
    def spool(text: str, box: str = "box") -> Path:
        return spool_of(place_named(text), box, {"XDG_STATE_HOME": str(tmp_path)})

    one = spool("postgresql://me:old@h/river")
    assert one.parent == tmp_path / "rivereye" / "spool"
    assert one == spool("postgresql://me:new@h/river"), "another password is no other store"
    assert len({one, spool("postgresql://me:old@h/sea"), spool("postgresql://me:old@h/river", "other")}) == 3
    home = spool_of(place_named("postgresql://h/river"), "box", {"XDG_STATE_HOME": "relative"})
    assert home.parent == Path.home() / ".local" / "state" / "rivereye" / "spool"
