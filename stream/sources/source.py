"""Where frames come from: `open_source` finds out what was meant."""

import glob
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from models.errors import SourceError
from models.picture import SUFFIXES, is_picture
from stream.sources.frame import Frame
from stream.sources.opening import Opening
from stream.sources.pattern import Pattern
from stream.sources.stills import Stills
from stream.sources.url import SCHEMES, is_url, name_of, without_secrets
from stream.sources.video import Video

STDIN, TEST = "-", "test"
DEVICE = re.compile(r"/dev/video(\d{1,9})")


class Source(Protocol):
    """Frames, one after the other, from one camera, recording or set of pictures.

    `camera`: its name. `files`: what is read, and must not be written. `live`: frames that are not
    taken in time are lost. `timed`: frames have a media time. `fps`: frames a second, None where
    unknown. `expected`: how many frames there should be, None where unknown; a recording's header may
    be wrong about it.  `decoder`: what decodes. `killable`: `close` may be
    called from another thread while this one waits for a frame, which then ends with a SourceError.
    """

    camera: str
    files: Sequence[Path]
    live: bool
    timed: bool
    fps: float | None
    expected: int | None
    killable: bool

    @property
    def decoder(self) -> str: ...

    def frames(self) -> Iterator[Frame | None]:
        """None stands for a frame that came and that the pace leaves out.

        Raises SourceError: the source is lost, or gives nothing at all."""
        ...

    def close(self) -> None:
        """May be called twice."""
        ...


def is_live(text: str) -> bool:
    """Whether the source is one that may come back when it is lost: an address, a camera, the test pattern."""
    return (
        is_url(text)
        or (text == TEST and not Path(TEST).exists())
        or DEVICE.fullmatch(text) is not None
        or _is_number(text)
    )


def default_name(text: str) -> str:
    """What to call the camera of a source that was given no name. Shows no secret."""
    if is_url(text):
        return name_of(text)
    if text == STDIN:
        return "stdin"
    if device := DEVICE.fullmatch(text):
        return f"camera-{device[1]}"
    if _is_number(text):
        return f"camera-{text}"
    path = Path(text)
    if glob.has_magic(text):
        return path.parent.name or "pictures"
    with suppress(OSError, ValueError):  # too long, say; `open_source` tells
        if path.is_dir():
            return path.resolve().name
    return path.stem


def open_source(text: str, opening: Opening = Opening()) -> Source:  # noqa: B008 - frozen
    """Opens a camera index, URL, video file, picture, folder of pictures, glob of pictures, `-` (standard input) or `test`.

    Raises:
        SourceError: there is nothing there, or nothing that can be read.
    """
    if not text.strip():
        raise SourceError("no source given: the name is empty; is a variable unset?")
    if is_url(text):
        return Video.from_url(text, opening)
    if "://" in text:
        raise SourceError(f"cannot open {without_secrets(text)}: unknown kind of address; known: {', '.join(SCHEMES)}")
    if (found := _open_special(text, opening)) is not None:
        return found
    path = Path(text)
    try:
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise SourceError(f"no source at {text}: {error}") from error
    if exists:
        return _open_path(path, opening)
    if glob.has_magic(text):
        return Stills(path.parent.name or "pictures", _pictures(_matches(text), f"pattern {text}"), opening.pace)
    raise SourceError(
        f"no source at {text}: no such file or folder; give a video file, a folder or glob of pictures, a URL, the number of a camera, - for standard input, or test"
    )


def _open_special(text: str, opening: Opening) -> Source | None:
    """What is no file; None for all else."""
    if text == STDIN:
        return Video.from_stdin(opening)
    if device := DEVICE.fullmatch(text):
        return Video.from_camera(int(device[1]), opening)
    if _is_number(text):
        return Video.from_camera(int(text), opening)
    return Pattern(opening.pace) if text == TEST and not Path(TEST).exists() else None


def _open_path(path: Path, opening: Opening) -> Source:
    if path.is_dir():
        return Stills(path.resolve().name, _pictures(sorted(path.iterdir()), f"folder {path}"), opening.pace)
    if not path.is_file():
        raise SourceError(f"no source at {path}: it is neither a file nor a folder")
    if is_picture(path):
        return Stills(path.stem, [path], opening.pace)
    from stream.sources.recording import Recording  # with PyAV, which no camera needs

    return Recording.opened(path, opening) or Video.from_file(path, opening)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None and not Path(text).exists()


def _matches(pattern: str) -> list[Path]:
    return [Path(each) for each in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207 - may be absolute


def _pictures(paths: list[Path], where: str) -> list[Path]:
    pictures = [path for path in paths if is_picture(path)]
    if not pictures:
        raise SourceError(f"no pictures in {where}; it needs files ending in {', '.join(SUFFIXES)}")
    return pictures
