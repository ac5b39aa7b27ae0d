"""Pictures as every stage sees them: read from a file, and brought to the network's size.

Training, export checks and streaming all call the functions below, so that a network meets
the same pixels everywhere.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from models.errors import PictureError

Picture = NDArray[np.uint8]
"""One picture: uint8, shape (height, width, 3), colour order BGR."""

Box = tuple[int, int, int, int]
"""x_min, y_min, x_max, y_max in pixels of a picture; the last two are just outside."""

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
RESIZE = "stretch to width x height; area averaging when shrinking, bilinear when enlarging"


def is_picture(path: Path) -> bool:
    """Whether a file is there whose name is a picture's."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def read_picture(path: Path) -> Picture:
    """Reads a still picture, turned upright as its EXIF data says.

    Returns:
        uint8, shape (height, width, 3), BGR.

    Raises:
        PictureError: the file is missing, no picture, cut short, or absurdly large.
    """
    try:
        with Image.open(path) as opened:
            rgb = _eight_bits(ImageOps.exif_transpose(opened)).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(f"cannot read picture {path}: {error}") from error
    return np.ascontiguousarray(np.asarray(rgb)[:, :, ::-1])


def _eight_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts 16-bit grey off at 255 instead of scaling it."""
    if not image.mode.startswith("I;16"):
        return image
    return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))


def cut(picture: Picture, box: Box) -> Picture:
    """What lies inside the box: a view of the picture, not a copy."""
    x_min, y_min, x_max, y_max = box
    return picture[y_min:y_max, x_min:x_max]


def fit(picture: Picture, width: int, height: int) -> Picture:
    """Brings a picture to the network's size, without keeping its proportions (as the paper does).

    Shrinking averages areas, because bilinear sampling would alias a small ship away; a power of
    two is taken first, for which OpenCV has a path several times faster.

    Args:
        picture: uint8, (height, width, 3).
        width: of the result, in pixels.
        height: of the result, in pixels.

    Returns:
        uint8, shape (height, width, 3), same colour order.
    """
    rows, columns = picture.shape[:2]
    halvings = min(rows // height, columns // width).bit_length() - 1
    if halvings > 0:
        size = (columns >> halvings, rows >> halvings)
        picture = _resize(picture, size, cv2.INTER_AREA)
        columns, rows = size
    # Area averaging works only where both sides shrink, so a side that grows is left for last.
    picture = _resize(picture, (min(columns, width), min(rows, height)), cv2.INTER_AREA)
    return _resize(picture, (width, height), cv2.INTER_LINEAR)


def _resize(picture: Picture, size: tuple[int, int], how: int) -> Picture:
    if picture.shape[1::-1] == size:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)
