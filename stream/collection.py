"""A folder of collected pictures, and the table beside them that says why each was kept."""

import csv
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2

from models.closing import Closing
from models.errors import OutputError
from models.moving import move_to_free
from models.picture import Picture, is_picture
from stream.looking.detection import Detection

TABLE = "collected.csv"
COLUMNS = ("file", "media_time", "time", "probability", "decided", "reasons")
JPEG_QUALITY = 95
LONGEST = 100
"""Characters of a camera's name that go into a file name; file systems take 255 bytes in all."""


class Collection(Closing):
    """An old or new folder that pictures are added to. Close it, or use it as a context manager.

    Nothing in it is ever replaced: numbers go on after those that are there, in sub-folders into which pictures
    were sorted, or in the table.

    Raises:
        OutputError: the folder or its table cannot be written, or the table is somebody else's.
    """

    def __init__(self, folder: Path, camera: str) -> None:
        self.folder, self.camera = folder, camera
        self._numbers: dict[str, int] = {}
        path = folder / TABLE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._rows = _rows_of(path)
            self._table = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
            self._open = True
            self._begin_table()
        except OSError as error:
            raise OutputError(f"cannot collect into {folder}: {error.strerror}; choose another folder") from error

    def add(self, picture: Picture, detection: Detection, reasons: tuple[str, ...]) -> str:
        """Writes the picture, then its line. Returns the file's name.

        Args:
            picture: the whole frame, uint8, (height, width, 3), BGR.
            detection: its record, with a state other than unknown.
            reasons: why it is kept.

        Raises:
            OutputError: the picture or its line cannot be written; neither is left half.
        """
        written, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not written:
            raise OutputError(f"cannot write a JPEG of {picture.shape[1]} x {picture.shape[0]} pixels, as a frame has")
        try:
            name = self._place(content.tobytes(), group_of(self.camera, detection.time))
            self._write_line(
                (
                    name,
                    "" if detection.media_time is None else detection.media_time,
                    detection.time or "",
                    detection.confidence,
                    detection.state,
                    " ".join(reasons),
                )
            )
        except OSError as error:
            raise OutputError(
                f"cannot write to {self.folder}: {error.strerror}; what was collected until now is kept"
            ) from error
        return name

    def latest(self, most: int) -> Iterator[tuple[Path, bool | None]]:
        """The pictures kept last, oldest first, wherever in the folder they were sorted to.

        Beside each, where the decision flipped at it, whether to a ship; else None.
        """
        places = (self.folder, *sorted(each for each in self.folder.iterdir() if each.is_dir()))
        for row in self._rows[-most:]:
            flipped = "flipped" in row.get("reasons", "").split()
            decided = row.get("decided") == "ship" if flipped else None
            name = row["file"]
            yield from [(place / name, decided) for place in places if is_picture(place / name)][:1]

    def close(self) -> None:
        """May be called twice."""
        if self._open:
            os.close(self._table)
        self._open = False

    def _place(self, content: bytes, group: str) -> str:
        draft = self.folder / f".collecting-{os.getpid()}"
        try:
            draft.write_bytes(content)
            while True:
                name = f"{group}_{self._next(group):05d}.jpg"
                try:
                    move_to_free(draft, self.folder / name)
                except FileExistsError:  # another program collects here too
                    continue
                return name
        finally:
            draft.unlink(missing_ok=True)

    def _next(self, group: str) -> int:
        if group not in self._numbers:
            names = [*(row["file"] for row in self._rows), *(path.name for path in self.folder.rglob("*.jpg"))]
            matches = [re.fullmatch(rf"{re.escape(group)}_(\d+)\.jpg", name) for name in names]
            self._numbers[group] = max((int(match[1]) for match in matches if match), default=0)
        self._numbers[group] += 1
        return self._numbers[group]

    def _begin_table(self) -> None:
        size = os.fstat(self._table).st_size
        if size == 0:
            self._write_line(COLUMNS)
        elif os.pread(self._table, 1, size - 1) != b"\n":  # a line that was being written when the machine died
            os.write(self._table, b"\n")

    def _write_line(self, cells: tuple[object, ...]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(cells)
        line = text.getvalue().encode()
        while line:
            line = line[os.write(self._table, line) :]


def group_of(camera: str, time: str | None) -> str:
    """What the names of pictures begin with, which training keeps together: a camera's day (UTC), or a clip.

    `time` is a live frame's, ISO 8601; None for a recording.
    """
    name = re.sub(r"[^\w.-]+", "-", camera)[:LONGEST].strip("-.") or "camera"
    return f"{name}_{time[:10]}" if time else name


def _rows_of(path: Path) -> list[dict[str, str]]:
    """The lines of the table, of which a broken one may lack its end; none where there is no table yet."""
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            rows = list(csv.reader(file))
    except csv.Error as error:
        raise OutputError(f"cannot go on with {path}: {error}; move it away, or choose another folder") from error
    if rows and tuple(rows[0]) != COLUMNS:
        raise OutputError(
            f"{path} is no table of `rivereye collect`: its columns are {','.join(rows[0])}; choose another folder"
        )
    return [dict(zip(COLUMNS, row, strict=False)) for row in rows[1:] if row]
