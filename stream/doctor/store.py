"""The store: that it is there, and of a version that this rivereye knows."""

from collections.abc import Iterator

from stream.configuration.settings import Settings
from stream.doctor.finding import Finding


def store(settings: Settings) -> Iterator[Finding]:
    """Changes nothing. Raises UsageError, MissingExtra, StoreError: it cannot be used."""
    if settings.outputs.store is None:
        return
    from stream.store.migrating import check  # with SQLAlchemy

    found = check(settings.outputs.store.get_secret_value())
    if found.version is None:
        yield Finding("store", "ok", f"{found.shown}: none yet; the watch makes it")
    elif found.version != found.newest:
        text = f"{found.shown}: tables of version {found.version}, {found.newest} is known; the watch brings them there"
        yield Finding("store", "ok", text)
    else:
        text = f"{found.shown}: {found.kind}, version {found.version}, boxes: {found.boxes}, cameras: {found.cameras}"
        yield Finding("store", "ok", text)
