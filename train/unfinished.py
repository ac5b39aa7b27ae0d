"""What a training keeps beside its output until it ends, so that the same command goes on after a kill."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from rich.console import Console

from models.errors import OutputError, RivereyeError
from models.say import say

SETTINGS = "settings.json"
COMMAND = "command.txt"
"""What began the run, for people: another command with the same settings goes on as well."""


@contextmanager
def unfinished(
    out: Path, settings: Mapping[str, Any], command: str, overwrite: bool, console: Console
) -> Iterator[Path]:
    """Gives a folder that outlives a kill, and goes when the block ends well or refuses before the first stage.

    Args:
        out: where the run will stand; the folder is its hidden neighbour.
        settings: all that the result depends on. Only a run of the very same is gone on with.
        command: the command line, named where a run of other settings is in the way.
        overwrite: begin anew where an unfinished run of other settings is there.
        console: says what is gone on with, or kept.

    Raises:
        OutputError: an unfinished run of other settings is there, or the folder cannot be made.
    """
    folder = out.resolve().with_name(f".{out.resolve().name}.unfinished")
    text = json.dumps(settings, indent=2, sort_keys=True, default=str) + "\n"
    with alone_in(folder):
        try:
            _enter(folder, text, command, overwrite, console)
        except OSError as error:
            raise OutputError(f"cannot write {folder}: {error.strerror}; choose another place") from error
        try:
            yield folder
        except BaseException as error:
            if isinstance(error, RivereyeError) and not any(folder.glob("stage-*")):
                shutil.rmtree(folder)  # refused before it began: there is nothing to go on with
            else:
                say(console, f"what was done so far is kept in {folder}; the same command goes on from there")
            raise
        shutil.rmtree(folder)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keeps every other training out of the folder, by a lock file beside it.

    Raises:
        OutputError: another one is in it, or no lock can be written there.
    """
    lock = FileLock(folder.with_name(f"{folder.name}.lock"), timeout=0)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise OutputError(f"another training is using {folder}; wait for it, or choose another folder") from error
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror}; choose another place") from error
    try:
        yield
    finally:
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def fingerprint(files: Iterable[Path]) -> str:
    """Of names, sizes and times of change: tells in a moment whether files are still those of the first start."""
    digest = hashlib.sha256()
    for path in files:
        state = path.stat() if path.is_file() else None
        digest.update(repr((str(path), state and (state.st_size, state.st_mtime_ns))).encode(errors="surrogateescape"))
    return digest.hexdigest()


def _enter(folder: Path, text: str, command: str, overwrite: bool, console: Console) -> None:
    kept = folder / SETTINGS
    if kept.is_file() and kept.read_text(encoding="utf-8") == text:
        say(console, f"going on with the unfinished run in {folder}")
        return
    if kept.is_file() and not overwrite:
        raise OutputError(
            f"{folder} holds an unfinished run of other settings, pictures or versions; finish it with its own command{_said(folder)}, "
            f"or give --overwrite to drop it"
        )
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / COMMAND).write_text(command, encoding="utf-8", errors="surrogateescape")
    kept.write_text(text, encoding="utf-8")


def _said(folder: Path) -> str:
    path = folder / COMMAND
    return f" ({path.read_text(encoding='utf-8', errors='replace')})" if path.is_file() else ""
