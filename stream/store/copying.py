"""A copy of a store that is a file, whole whatever is written to it meanwhile."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from tempfile import mkstemp

from models.errors import OutputError, StoreError, UsageError, first_line, reason
from stream.store.migrating import check
from stream.store.place import place_named

WAIT_S = 10.0
"""For a writer that is about to begin its log anew."""


def copy(place: str, file: Path, overwrite: bool = False) -> str:
    """Makes `file` a store as it was at one moment. Nobody who writes waits for it. Returns what is in it, for people.

    It is readable by its owner alone, and is put in its place once it is whole and on the disk.

    Args:
        place: a path, or an address of a store.
        file: where the copy goes.
        overwrite: replace what is there.

    Raises:
        UsageError: the store is on a server, or there is none.
        OutputError: `file` exists, or cannot be written.
        StoreError: see `check`; or it cannot be read.
    """
    source = place_named(place).file
    if source is None:
        raise UsageError(f"the store {place_named(place).shown} is on a server; copy it with pg_dump (docs/store.md)")
    found = check(place)
    if found.version is None:
        raise UsageError(f"no store at {found.shown}; give the one that `rivereye stream --store` writes")
    if file.exists() and file.samefile(source):
        raise OutputError(f"{file} is the store itself; give another file")
    if file.exists() and (not overwrite or file.is_dir()):
        raise OutputError(f"{file} exists; give another file{'' if file.is_dir() else ', or --overwrite'}")
    try:
        handle, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)
        os.close(handle)
    except OSError as error:
        raise OutputError(f"cannot write {file}: {reason(error)}; give another file") from error
    whole = Path(name)
    try:
        _copy(source, whole)
        whole.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot copy {found.shown} to {file}: {first_line(error)}; is there room?") from error
    finally:
        with suppress(FileNotFoundError):
            whole.unlink()
    return f"a copy of {found.shown}, boxes: {found.boxes}, cameras: {found.cameras}"


def _copy(file: Path, to: Path) -> None:
    there = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=WAIT_S)
    with closing(there), closing(sqlite3.connect(to)) as copied:
        there.backup(copied)  # in one go: from where it is read, a moment stays as it was
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
    handle = os.open(to, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
