"""Detections as a table."""

import csv
import io
from pathlib import Path

from models.closing import Closing
from stream.looking.detection import Detection
from stream.sinks.jsonl import LineFile

COLUMNS = (
    "camera",
    "frame_id",
    "media_time",
    "time",
    "state",
    "reason",
    "confidence",
    "class_id",
    "x_min",
    "y_min",
    "x_max",
    "y_max",
)
"""The box and `class_id` are named as in supervision's tables."""
CLASS_IDS = {"ship": 1, "no_ship": 0, "unknown": None}


class CsvFile(Closing):
    """One line a detection, whole at once. The box is that of the surest view; what is not known is empty.

    Raises:
        OutputError: the file cannot be written; `errno` says why.
    """

    def __init__(self, path: Path, append: bool = False) -> None:
        """`append`: go on after what is there; a torn last line is cut off, and a table of other columns left alone."""
        self._lines = LineFile(str(path), _line(COLUMNS), append)

    def write(self, detection: Detection) -> None:
        box = detection.surest.box if detection.views else (None,) * 4
        self._lines.write(
            _line(
                (
                    detection.camera,
                    detection.frame_id,
                    detection.media_time,
                    detection.time,
                    detection.state,
                    detection.reason,
                    detection.confidence,
                    CLASS_IDS[detection.state],
                    *box,
                )
            )
        )

    def close(self) -> None:
        """May be called twice."""
        self._lines.close()


def _line(cells: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode()
