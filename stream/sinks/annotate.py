"""What is known about a frame, drawn onto it."""

import cv2
import numpy as np

from models.picture import Picture
from stream.looking.detection import Detection

FONT = cv2.FontFace("sans")
WEIGHT = 500
COLOURS = {"ship": (60, 160, 20), "no_ship": (110, 100, 90), "unknown": (30, 110, 230)}
"""BGR."""
WHITE = (255, 255, 255)


def annotate(picture: Picture, detection: Detection) -> Picture:
    """A copy of the picture with a bar: state, confidence, time. Where ships are is framed.

    Args:
        picture: uint8, (height, width, 3), BGR.
        detection: of this picture.
    """
    drawn = picture.copy()
    size = text_size(drawn)
    bar = 2 * size
    colour = COLOURS[detection.state]
    _frame(drawn, detection, below=bar)
    drawn[:bar] = (drawn[:bar] * 0.25 + np.array(colour) * 0.75).astype(np.uint8)
    if detection.confidence is not None:  # a gauge along the bar's lower edge
        cv2.rectangle(
            drawn, (0, bar - max(2, size // 6)), (round(drawn.shape[1] * detection.confidence), bar), WHITE, cv2.FILLED
        )
    write(drawn, caption(detection), (size // 2, round(1.35 * size)), size)
    if detection.media_time is not None:
        write(drawn, clock(detection.media_time), (drawn.shape[1] - 5 * size, round(1.35 * size)), size)
    return drawn


def framed(picture: Picture, detection: Detection) -> Picture:
    """A copy of the picture, on which only is framed where ships are. See `annotate`."""
    drawn = picture.copy()
    _frame(drawn, detection)
    return drawn


def _frame(picture: Picture, detection: Detection, below: int = 0) -> None:
    colour, size = COLOURS[detection.state], text_size(picture)
    for x_min, y_min, x_max, y_max in detection.boxes:
        if y_max > below:  # a part that the bar hides would be framed upside down, below itself
            cv2.rectangle(picture, (x_min, max(y_min, below)), (x_max - 1, y_max - 1), colour, max(2, size // 6))


def caption(detection: Detection) -> str:
    if detection.confidence is None:
        return f"unknown: {detection.reason}"
    return f"{'ship' if detection.state == 'ship' else 'no ship'}  {detection.confidence:.2f}"


def clock(seconds: float) -> str:
    """Seconds as people read them: `1:02.5`, `1:00:02.5`. `seconds` >= 0."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    tail = f"{minutes:02d}" if hours else f"{minutes}"
    return f"{f'{hours}:' if hours else ''}{tail}:{rest / 10:04.1f}"


def text_size(picture: Picture) -> int:
    """Height of letters in pixels that reads well on a picture of this size."""
    return max(10, int(picture.shape[0]) // 22)


def write(picture: Picture, text: str, at: tuple[int, int], size: int) -> None:
    """Writes white text onto the picture; `at` is the left end of its base line."""
    cv2.putText(picture, text, at, WHITE, FONT, size, WEIGHT)
