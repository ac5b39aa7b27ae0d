"""Where frames come from: `open_source` finds out what was meant."""

import glob
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from models.errors import SourceError
from models.picture import SUFFIXES, is_picture
from stream.frame import Frame
from stream.stills import Stills
from stream.url import SCHEMES, is_url, without_secrets
from stream.video import Video


class Source(Protocol):
    """Frames, one after the other, from one camera, recording or set of pictures.

    `camera`: its name. `files`: what is read, and must not be written. `live`: frames that are not
    taken in time are lost. `timed`: frames have a media time. `fps`: frames a second, None where
    unknown. `expected`: how many frames there should be, None where unknown; a recording's header may
    be wrong about it.
    """

    camera: str
    files: Sequence[Path]
    live: bool
    timed: bool
    fps: float | None
    expected: int | None

    def frames(self) -> Iterator[Frame]:
        """Raises SourceError: the source is lost, or gives nothing at all."""
        ...

    def close(self) -> None:
        """May be called twice."""
        ...


def open_source(text: str) -> Source:
    """Opens a camera index, URL, video file, picture, folder of pictures, or glob of pictures.

    Raises:
        SourceError: there is nothing there, or nothing that can be read.
    """
    if not text.strip():
        raise SourceError("no source given: the name is empty; is a variable unset?")
    if is_url(text):
        return Video.from_url(text)
    if "://" in text:
        raise SourceError(f"cannot open {without_secrets(text)}: unknown kind of address; known: {', '.join(SCHEMES)}")
    if device := re.fullmatch(r"/dev/video(\d+)", text):
        return Video.from_camera(int(device[1]))
    path = Path(text)
    try:
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise SourceError(f"no source at {text}: {error}") from error
    if exists:
        return _open_path(path)
    if text.isascii() and text.isdigit():
        return Video.from_camera(int(text))
    if glob.has_magic(text):
        return Stills(path.parent.name or "pictures", _pictures(_matches(text), f"pattern {text}"))
    raise SourceError(
        f"no source at {text}: no such file or folder; give a video file, a folder or glob of pictures, a URL, or the number of a camera"
    )


def _open_path(path: Path) -> Source:
    if path.is_dir():
        return Stills(path.resolve().name, _pictures(sorted(path.iterdir()), f"folder {path}"))
    if not path.is_file():
        raise SourceError(f"no source at {path}: it is neither a file nor a folder")
    if is_picture(path):
        return Stills(path.stem, [path])
    return Video.from_file(path)


def _matches(pattern: str) -> list[Path]:
    return [Path(each) for each in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - may be absolute


def _pictures(paths: list[Path], where: str) -> list[Path]:
    pictures = [path for path in paths if is_picture(path)]
    if not pictures:
        raise SourceError(f"no pictures in {where}; it needs files ending in {', '.join(SUFFIXES)}")
    return pictures
