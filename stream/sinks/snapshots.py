"""Snapshots of passages: pictures in a folder that does not grow for ever."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from errno import EEXIST
from pathlib import Path

import cv2

from models.errors import OutputError
from models.picture import Picture
from stream.configuration.outputs import Retention
from stream.sinks.retention import MARKER, MB, NAME, going, kept_in, remove

JPEG_QUALITY = 90
BLOCK = 4096
"""A file takes up whole blocks of the disk."""


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write to this disk."""
    return shutil.disk_usage(folder).free


class Snapshots:
    """Writes FOLDER/CAMERA/NAME.jpg, and deletes the oldest of them, as `retention` says.

    A full or broken disk is no error, since detections must go on: a picture is left out then, and counted. `shed` counts those
    for which there was no room, `failed` those that could not be written, `deleted` old ones. `troubled` says in a
    sentence why the last picture was left out; None once one is written again.

    Raises:
        OutputError: the folder cannot be made or read.
    """

    def __init__(
        self,
        folder: Path,
        retention: Retention,
        now: Callable[[], float] = time.time,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """
        Args:
            folder: is made where it is missing. Folders in it that rivereye did not make are left alone.
            retention: what stays.
            now: wall clock, seconds since 1970; that of the files' times.
            free: bytes free on the disk of a folder.
        """
        self.folder, self.retention, self._now, self._free = folder, retention, now, free
        self.shed = self.failed = self.deleted = 0
        self.troubled: str | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for marker in folder.glob(f"*/{MARKER}"):
                for draft in marker.parent.glob(f"{_draft('')}*"):  # of a program that was killed
                    draft.unlink(missing_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write snapshots to {folder}: {error.strerror}; choose another folder") from error

    def save(self, camera: str, name: str, picture: Picture) -> Path | None:
        """Writes a picture in the place of an older one of this name, whole or not at all. None: it was left out.

        Args:
            camera, name: letters, digits, `.`, `_` and `-`; neither may begin with one of the last three.
            picture: uint8, (height, width, 3), BGR.

        Raises:
            OutputError: `camera` or `name` is no such name.
        """
        for text in (camera, name):
            if not NAME.fullmatch(text):
                raise OutputError(
                    f"cannot write a snapshot under the name {text!r}: it takes letters, digits, '.', '_' and '-', and begins with a letter or digit; give another name"
                )
        path = self.folder / camera / f"{name}.jpg"
        try:
            content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
            self.folder.mkdir(parents=True, exist_ok=True)
            self.troubled = self._no_room(path, len(content))
            if self.troubled is not None:
                self.shed += 1
                return None
            _write(path, content)
        except OSError as error:
            at = "" if error.filename in (None, str(path)) else f" ({error.filename})"
            self.troubled = (
                f"cannot write {path}: {error.strerror}{at}; make room, or choose another folder for snapshots"
            )
        except cv2.error as error:
            self.troubled = f"cannot write {path}: OpenCV makes no JPEG of {picture.shape}: {error.err}"
        if self.troubled is not None:
            self.failed += 1
            return None
        return path

    def tidy(self) -> None:
        """Deletes what has grown too old since the last picture came. Trouble is told by `troubled`."""
        try:
            self._make_room(self.folder, size=0)
        except OSError as error:
            self.troubled = f"cannot delete old snapshots in {self.folder}: {error.strerror}; delete them by hand"

    def _no_room(self, path: Path, size: int) -> str | None:
        """Deletes old pictures for one that comes; says what is in the way if that is not enough."""
        limits = self.retention
        if limits.max_mb is not None and size > limits.max_mb * MB:
            return f"cannot write {path}: {size / MB:.1f} MB are more than all snapshots may take; raise retention.max_mb from {limits.max_mb:g}"
        left = self._make_room(path, size)
        if left < limits.free_mb * MB:
            return f"cannot write {path}: {max(0, left) / MB:.0f} MB of the disk would stay free; make room, or lower retention.free_mb from {limits.free_mb:g}"
        return None

    def _make_room(self, replaced: Path, size: int) -> int:
        """Returns how many bytes are free once a file of `size` has come."""
        limits = self.retention
        left = self._left(size)
        if limits.max_mb is None and limits.days is None and left >= limits.free_mb * MB:
            return left  # spares a look at every file
        files = [each for each in kept_in(self.folder) if each.path != replaced]
        removed, trouble = remove(going(files, limits, self._now(), left + size, size))
        self.deleted += removed
        if trouble is not None:
            raise trouble
        return self._left(size) if removed else left

    def _left(self, size: int) -> int:
        return self._free(self.folder) - -(-size // BLOCK) * BLOCK


def _draft(process: int | str) -> str:
    return f".draft-{process}"


def _write(path: Path, content: bytes) -> None:
    """Makes the camera's folder where it is missing.

    Raises:
        OSError: the file cannot be written; it is as it was.
    """
    folder = path.parent
    if not (folder / MARKER).is_file():
        folder.mkdir(exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError(
                EEXIST, f"it holds files that rivereye did not write, and lacks {MARKER}", str(folder)
            )
        (folder / MARKER).touch()
    draft = folder / _draft(os.getpid())
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
