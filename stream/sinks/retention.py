"""What stays of old files: the latest, and of each its whole lines."""

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from models.errors import OutputError
from stream.configuration.outputs import Retention

MARKER = ".rivereye-snapshots"
"""Stands in each folder that rivereye made; in others nothing is deleted."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
LONGEST_LINE = 1_048_576
"""Bytes. More than this without an end of line is no torn line of ours, and is not cut off."""
MB, DAY_S = 1_000_000, 86_400


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on disk: bytes, and when it was written (wall clock, seconds since 1970)."""

    path: Path
    size: int
    time: float


def going(files: Sequence[Kept], limits: Retention, now: float, free: int, coming: int = 0) -> list[Kept]:
    """Which of the files must go, oldest first, so that `limits` hold once another has come.

    Age goes by the wall clock. Where even all of them are too little for the free space that must stay, all go.

    Args:
        files: all there are, in any order.
        limits: see Retention.
        now: wall clock, seconds since 1970.
        free: bytes free on the disk.
        coming: bytes of the file that is about to be written.
    """
    total = sum(each.size for each in files) + coming
    free -= coming
    gone: list[Kept] = []
    for each in sorted(files, key=lambda file: (file.time, file.path)):
        old = limits.days is not None and now - each.time > limits.days * DAY_S
        large = limits.max_mb is not None and total > limits.max_mb * MB
        if not old and not large and free >= limits.free_mb * MB:
            break
        gone.append(each)
        total -= each.size
        free += each.size
    return gone


def kept_in(folder: Path) -> list[Kept]:
    """Our files in FOLDER/CAMERA/NAME.jpg, and nothing else that lies there: no links, no folder without our marker."""
    files = []
    for place in folder.iterdir():
        if not NAME.fullmatch(place.name) or place.is_symlink() or not (place / MARKER).is_file():
            continue
        for path in place.glob("*.jpg"):
            if NAME.fullmatch(path.stem):
                with suppress(FileNotFoundError):  # somebody else deleted it meanwhile
                    status = path.lstat()
                    if S_ISREG(status.st_mode):
                        files.append(Kept(path, status.st_size, status.st_mtime))
    return files


def remove(files: Iterable[Kept]) -> tuple[int, OSError | None]:
    """Deletes the files; one that is gone already is fine. Returns how many, and what was in the way of the last that stays."""
    removed, trouble = 0, None
    for each in files:
        try:
            each.path.unlink(missing_ok=True)
            removed += 1
        except OSError as error:
            trouble = error
    return removed, trouble


def move_on(path: Path, keep: int) -> None:
    """`a.jsonl` becomes `a.1.jsonl`, that `a.2.jsonl`, and so on; `keep` such files stay.

    Only files up to the first free number move, so that a move that failed half-way loses nothing when it is repeated.

    Raises:
        OSError: a file cannot be renamed or deleted.
    """
    path = path.resolve()  # a link stays, what it points to is moved

    def old(number: int) -> Path:
        return path.with_name(f"{path.stem}.{number}{path.suffix}")

    beyond = keep + 1
    while old(beyond).exists():  # once more were kept
        old(beyond).unlink()
        beyond += 1
    free = next((number for number in range(1, keep) if not old(number).exists()), keep)
    for number in range(free, 1, -1):
        old(number - 1).replace(old(number))
    if path.exists():
        path.replace(old(1))


def cut_torn(path: Path, begins: bytes) -> None:
    """Cuts off what follows the last newline: a line that was being written when the program was killed.

    Raises:
        OutputError: the file does not begin with `begins`, or has no lines; it is as it was.
        OSError: it cannot be read or written.
    """
    with path.open("r+b") as file:
        start = file.read(len(begins))
        tail = max(0, file.seek(0, os.SEEK_END) - LONGEST_LINE)
        file.seek(tail)
        last = file.read().rfind(b"\n")
        if not begins.startswith(start) or (last < 0 and tail):
            raise OutputError(f"will not go on with {path}: it begins or ends as none of rivereye's; give another name")
        file.truncate(tail + last + 1)
