"""Small copies of pictures that go into a page themselves, so that it opens wherever it is taken."""

import base64
from pathlib import Path

import cv2

from models.errors import PictureError
from models.picture import read_picture

SIDE = 240
"""Longest side in pixels."""
QUALITY = 78


def thumbnail(path: Path) -> str | None:
    """The picture as a `data:` address (JPEG), proportions kept; None where it is gone or cannot be read."""
    try:
        picture = read_picture(path)
    except PictureError:
        return None
    height, width = picture.shape[:2]
    shrink = min(1.0, SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode('ascii')}"
