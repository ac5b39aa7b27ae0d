"""Outputs are written whole or not at all, and never over what is there unless that is wanted."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import OutputError, reason


def check_file(path: Path, overwrite: bool) -> None:
    """Makes sure that `path` can be written, before any work is done. Creates missing folders.

    Raises:
        OutputError: it exists and `overwrite` is false, is a folder, or cannot be written.
    """
    try:
        if path.is_dir():
            raise OutputError(f"cannot write {path}: it is a folder; give the name of a file")
        _refuse_existing(path, overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise OutputError(f"cannot write {path}: permission denied; choose another place")


def replace_text(path: Path, text: str) -> None:
    """Puts `text` (UTF-8) in the place of what the file held; whoever reads it sees the one or the other.

    Raises:
        OutputError: the file cannot be written; it is as it was.
    """
    path = path.resolve()  # a link stays, what it points to is replaced
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error


def check_folder(path: Path, overwrite: bool, marker: str) -> None:
    """Makes sure that `new_folder` could put a folder there, before any work is done.

    Raises:
        OutputError: see new_folder.
    """
    try:
        path = path.resolve()
        occupied = path.exists() and not (path.is_dir() and not any(path.iterdir()))
        # Whether a folder can be made there, only making one can tell: root may write to places that take none.
        above = next(each for each in path.parents if each.exists())
        Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=above)).rmdir()
    except (OSError, RuntimeError) as error:  # the latter: links in a circle, before Python 3.13
        raise OutputError(f"cannot write {path}: {reason(error)}; choose another place") from error
    if occupied:
        _refuse_existing(path, overwrite)
        if not (path / marker).is_file():
            raise OutputError(
                f"will not replace {path}: it holds no {marker}, so rivereye did not make it; remove it by hand or choose another place"
            )


@contextmanager
def new_folder(path: Path, overwrite: bool, marker: str) -> Iterator[Path]:
    """Gives an empty folder to write into; it becomes `path` only when the block ends well.

    Args:
        path: where the folder shall stand at last.
        overwrite: replace a folder that is there already.
        marker: a file that such a folder always holds. A folder without it is somebody else's and
            is never replaced.

    Raises:
        OutputError: `path` exists and may not be replaced, or cannot be written.
    """
    check_folder(path, overwrite, marker)
    try:
        path = path.resolve()  # a link stays, what it points to is replaced
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another place") from error
    try:
        yield draft
        draft.chmod(0o755)  # mkdtemp keeps others out
        if path.exists():
            shutil.rmtree(path)
        draft.rename(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _refuse_existing(path: Path, overwrite: bool) -> None:
    if path.exists() and not overwrite and (path.is_file() or path.is_dir()):  # a device is written to, not replaced
        raise OutputError(f"{path} exists and was kept; give --overwrite to replace it, or another name")
